"""Voiso: refusals are told in words, and the key, which travels in the URL, is told to nobody (VO 1, 10)."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from singer_sdk.exceptions import ConfigurationError, FatalAPIError

from sandbox import Fault, Sandbox
from tap_callrecords.errors import Refused
from tap_callrecords.sources.voiso.api import TokenDemanded, cluster_url
from tap_callrecords.tap import TapCallRecords
from tests.sources.voiso import STREAM, ago, asked, box, fill, read, small_block
from tests.support.forked import forked
from tests.support.tap import Output, sync

__all__ = ["box", "small_block"]
WRONG_KEY = (
    "Voiso refused the API key. Check settings voiso_api_key and voiso_cluster: the key is that of a user (not of the "
    "contact center), and it belongs to the cluster at whose address that user signs in."
)


def refusal(out: Output, kind: type[Exception] = ConfigurationError) -> str:
    """What a failed run says."""
    assert isinstance(out.error, kind), repr(out.error)
    assert out.bookmarks(STREAM) == []
    return str(out.error)


@pytest.mark.parametrize("status", [401, 403, 400, 200])
def test_a_wrong_key_is_told_whatever_the_status(box: Sandbox, status: int) -> None:
    box.voiso.switches.bad_key_status = status
    out = read(box, voiso_api_key="another key")
    assert refusal(out) == WRONG_KEY
    assert len(box.requests) == 1


@pytest.mark.parametrize("status", [401, 200])
def test_a_wrong_key_is_told_by_lists_too(box: Sandbox, status: int) -> None:
    box.voiso.switches.bad_key_status = status
    out = sync({**box.voiso.config, "voiso_api_key": "another key"}, streams=["voiso_teams"])
    assert refusal(out) == WRONG_KEY


def test_a_user_without_the_right_is_told(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="/cdr", status=403, body={"error": "Forbidden"}))
    assert refusal(read(box)) == (
        "The Voiso user of setting voiso_api_key may not read call detail records. In Voiso, give the user a role and "
        "a security access group with access to CDRs."
    )


@pytest.mark.parametrize(
    "fault", [{"retry_after": 0, "body": {"error": "Forbidden"}}, {"body": {"error": "Rate limit exceeded"}}]
)
def test_a_403_that_asks_to_wait_is_waited_out(box: Sandbox, fault: dict[str, Any]) -> None:
    fill(box, 3)
    box.faults.add(Fault("status", match="/cdr", status=403, times=2, **fault))
    out = read(box)
    assert out.error is None
    assert len(out.records(STREAM)) == 3


DEMANDS = (
    {"errors": {"search_token": ["can't be blank"]}},
    {"error": "search_token is required"},
    {"error": "Missing parameter: search_token"},
    {"error": "param is missing or the value is empty: search_token"},
)


@pytest.mark.parametrize("body", DEMANDS)
def test_a_demand_for_a_search_token_is_answered_with_an_empty_one(box: Sandbox, body: Any) -> None:
    fill(box, 3)
    box.faults.add(Fault("status", match="/cdr", status=422, body=body))
    out = read(box, start=ago(days=3))
    assert out.error is None
    assert [each.query.get("search_token") for each in asked(box)][:2] == [None, ""]
    assert {each.query.get("search_token") for each in asked(box)[1:]} == {""}


@pytest.mark.parametrize(
    "body",
    [
        {"error": "search_token expired"},
        {"error": "per_page is too large without search_token"},
        {"errors": {"page": ["is out of range, go on with search_token"]}},
    ],
)
def test_a_refusal_that_only_speaks_of_the_search_token_sends_no_empty_one(box: Sandbox, body: Any) -> None:
    fill(box, 3)
    box.faults.add(Fault("status", match="page=2", status=422, body=body))
    out = read(box, start=ago(days=3))
    assert out.error is None
    assert {each.query.get("search_token") for each in asked(box)} == {None}


def test_a_demand_that_an_empty_token_does_not_meet_is_told_as_it_is(box: Sandbox) -> None:
    body = {"errors": {"search_token": ["can't be blank"]}}
    box.faults.add(Fault("status", match="/cdr", status=422, body=body, times=None))
    out = read(box, voiso_page_size=1000)
    assert refusal(out, TokenDemanded).startswith("Voiso refused a request with status 422")
    assert [each.query.get("search_token") for each in asked(box)] == [None, ""]


def test_an_address_without_the_api_is_told(box: Sandbox) -> None:
    out = read(box, voiso_api_url=box.url + "/elsewhere")
    assert "Check setting voiso_cluster" in refusal(out, Refused)


def test_a_list_that_is_no_longer_served_is_told(box: Sandbox) -> None:
    box.faults.add(Fault("status", match="/cdr/agents", status=404, body="gone"))
    out = sync(box.voiso.config, streams=["voiso_agents"])
    assert str(out.error) == "Voiso does not serve the list agents at this address. Deselect stream voiso_agents."


def test_refused_parameters_are_told_in_the_vendors_words(box: Sandbox) -> None:
    body = {"errors": {"start_datetime": ["is invalid"]}}
    box.faults.add(Fault("status", match="/cdr", status=422, body=body, times=None))
    message = str(read(box, voiso_page_size=1000).error)
    assert message == 'Voiso refused a request with status 422: {"errors":{"start_datetime":["is invalid"]}}'
    assert len(asked(box)) == 1


def test_an_error_with_status_200_is_no_empty_page(box: Sandbox) -> None:
    fill(box, 3)
    box.voiso.switches.error = "Something went wrong"
    out = read(box, max_attempts=3)
    assert "a body that is not what it documents" in refusal(out, FatalAPIError)
    assert len(asked(box)) == 3


BROKEN = ("{}", '{"records":null}', "null", "[1", '{"a":[],"b":[]}', '{"error":"try later"}')


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        *((stream, body) for stream in (STREAM, "voiso_teams") for body in BROKEN),
        (STREAM, "[]"),
        (STREAM, '{"data":[]}'),
    ],
)
def test_a_body_without_its_rows_is_asked_for_again(box: Sandbox, stream: str, body: str) -> None:
    box.faults.add(Fault("status", status=200, body=body, content_type="application/json"))
    out = sync({**box.voiso.config, "start_date": ago(hours=5).isoformat()}, streams=[stream])
    assert out.error is None
    assert box.requests[0].fault == "status"
    assert len(box.requests) == 2


@pytest.mark.parametrize(
    "cluster",
    [
        "cluster1",
        " cluster1 ",
        "Cluster1",
        "cluster1.voiso.com",
        "cluster1.voiso.com.voiso.com",
        "https://cluster1.voiso.com",
        "https://cluster1.voiso.com/login?x=1",
        "http://cluster1.voiso.com/",
    ],
)
def test_a_cluster_may_be_given_as_label_host_or_url(cluster: str) -> None:
    assert cluster_url(cluster) == "https://cluster1.voiso.com/api/v2"


@pytest.mark.parametrize(
    "cluster",
    [
        "example.com",
        "https://cluster1.voiso.com.example.com",
        "cluster1.voiso.com@example.com",
        "https://example.com/cluster1.voiso.com",
        "voiso.com",
        "cluster1.eu",
        "-",
        "a b",
        "[",
        "https://",
    ],
)
def test_the_key_goes_to_no_foreign_host(cluster: str) -> None:
    out = sync({"voiso_api_key": "secret-key", "voiso_cluster": cluster}, streams=["voiso_teams"])
    assert refusal(out).startswith("Setting voiso_cluster must be the first label")


def names_of(config: dict[str, Any]) -> set[str]:
    return {name for name in TapCallRecords(config=config).streams if name.startswith("voiso_")}


def test_a_key_and_a_cluster_or_a_key_and_a_url_configure_voiso() -> None:
    for more in ({"voiso_cluster": "cluster1"}, {"voiso_api_url": "https://proxy.example.com/api/v2"}):
        assert len(names_of({"voiso_api_key": "key", **more})) == 7


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ({"voiso_api_key": "key"}, "voiso_cluster"),
        ({"voiso_cluster": "cluster1"}, "voiso_api_key"),
        ({"voiso_cluster": "cluster1", "voiso_api_url": "https://proxy.example.com"}, "voiso_api_key"),
    ],
)
def test_half_a_configuration_names_what_is_missing(config: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Voiso is configured in part; missing: setting {missing}"):
        TapCallRecords(config=config)


def test_a_url_alone_configures_nothing() -> None:
    with pytest.raises(ConfigurationError, match="no source is configured"):
        TapCallRecords(config={"voiso_api_url": "https://proxy.example.com"})


def told(key: str, *texts: str) -> list[str]:
    """The forms of the key that are found in texts."""
    forms = {key, quote(key), quote(key, safe=""), quote_plus(key), key[:12], quote_plus(key)[:14]}
    return [form for form in forms for text in texts if form in text]


TROUBLES = (
    Fault("status", match="/cdr", status=422, body={"error": "key sandbox+voiso/user=key is odd"}, times=None),
    Fault("status", match="/cdr", status=500, times=None),
    Fault("reset", match="/cdr", times=None),
    Fault("redirect", match="/cdr", location="https://example.com/?key=sandbox%2Bvoiso%2Fuser%3Dkey", times=None),
    Fault("redirect", match="/cdr", location="/api/v2/elsewhere?key=sandbox%2Bvoiso%2Fuser%3Dkey", times=None),
    Fault("truncated_length", match="/cdr", times=None),
    Fault("html", match="/cdr", times=None),
)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda fault: f"{fault.kind} {fault.status} {fault.location[:5]}")
def test_no_trouble_tells_the_key(box: Sandbox, trouble: Fault, caplog: pytest.LogCaptureFixture) -> None:
    fill(box, 3)
    trouble.seen = trouble.struck = 0
    box.faults.add(trouble)
    with caplog.at_level(logging.DEBUG):
        out = read(box, max_attempts=2)
    assert out.error is not None
    assert "urllib3.connectionpool" in {record.name for record in caplog.records}
    assert told(box.voiso.api_key, caplog.text, str(out.error), repr(out.error), out.raw.decode()) == []


def test_a_good_run_at_the_most_talkative_level_tells_the_key_to_nobody(box: Sandbox) -> None:
    fill(box, 3)
    level = {"TAP_CALLRECORDS_LOGLEVEL": "DEBUG", "LOGLEVEL": "DEBUG"}
    config = {**box.voiso.config, "start_date": ago(hours=5).isoformat()}
    out = forked(config, environment=level)
    assert out.exit_code == 0
    assert "[redacted]" in out.stderr
    assert told(box.voiso.api_key, out.stderr, out.raw.decode()) == []


def test_a_vendor_that_quotes_the_key_tells_it_to_nobody(box: Sandbox) -> None:
    box.voiso.switches.echo_key = True
    box.voiso.switches.error = None
    key = "another+key/with=signs"
    out = forked({**box.voiso.config, "voiso_api_key": key, "start_date": ago(hours=5).isoformat()})
    assert out.exit_code == 1
    assert WRONG_KEY in out.stderr
    assert told(key, out.stderr, out.raw.decode()) == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_takes_the_key_to_another_host(box: Sandbox, status: int) -> None:
    with Sandbox(empty=True) as other:
        box.faults.add(Fault("redirect", status=status, location=f"{other.voiso.url}/cdr", times=None))
        out = read(box)
        assert "redirect" in str(out.error)
        assert other.requests == []


def test_the_key_is_sent_once_and_encoded(box: Sandbox) -> None:
    read(box)
    assert {each.query["key"] for each in asked(box)} == {box.voiso.api_key}
    assert not any("key" in name.lower() or "auth" in name.lower() for each in asked(box) for name in each.headers)


def test_no_state_and_no_metric_holds_the_key(small_block: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    fill(small_block, 50)
    with caplog.at_level(logging.INFO, "singer_sdk.metrics"):
        out = read(small_block)
    metrics = [record.getMessage() for record in caplog.records if record.name == "singer_sdk.metrics"]
    assert metrics
    assert told(small_block.voiso.api_key, *metrics, json.dumps(out.states)) == []
