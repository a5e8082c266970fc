"""How to run into the errors of Voiso."""

from __future__ import annotations

from tests.faults.cases import Case, always, refusal

SHORT_BLOCK = "from tap_callrecords.sources.voiso.streams import Interactions; Interactions.block = 2"
LONG_QUERIES = """
from datetime import timedelta
from tap_callrecords.sources.voiso import streams
streams.SHORTEST_QUERY = timedelta(days=30)
"""
CASES = (
    Case("Setting voiso_cluster must be", config={"voiso_api_key": "abcdef", "voiso_cluster": "vendor.example"}),
    Case("Voiso refused the API key", "voiso", config={"voiso_api_key": "another"}),
    Case("Voiso refused the API key", "voiso", switches={"bad_key_status": 403}, config={"voiso_api_key": "another"}),
    Case("Voiso refused the API key", "voiso", switches={"error": "Invalid User API Key"}),
    Case("The Voiso user", "voiso", refusal(403, match="/cdr")),
    Case("Voiso has no", "voiso", refusal(404, match="/cdr?")),
    Case("Voiso does not serve", "voiso", refusal(404, match="/cdr/agents")),
    Case("Voiso refused a request", "voiso", refusal(418, "I am a teapot", match="/cdr/agents")),
    Case(
        "Voiso refuses pages",
        "voiso",
        switches={"refused_page": 2},
        config={"voiso_page_size": 5},
        streams=["voiso_cdr"],
        before=LONG_QUERIES,
    ),
    Case(
        "Voiso's list for stream … is cut: … e",
        "voiso",
        switches={"lists": "metadata", "list_total_off": 3},
        streams=["voiso_agents"],
    ),
    Case(
        "Voiso's list for stream … is cut: a",
        "voiso",
        switches={"lists": "metadata", "list_page": 2, "list_pages_given": 1, "list_total_off": -100},
        streams=["voiso_agents"],
    ),
    Case(
        "Voiso has more",
        "voiso",
        always(kind="status", status=200, body={"records": [{"uuid": "1"}, {"uuid": "2"}]}, match="/cdr?"),
        config={"voiso_page_size": 2},
        streams=["voiso_cdr"],
        before=SHORT_BLOCK,
    ),
)
