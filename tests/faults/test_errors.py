"""Every error that a run can end with: told in one readable line, word for word as it is documented.

Errors stand in `docs/errors.md`, or under "Errors" on a vendor's own page. The cases of each vendor are in a module
`tests/sources/errors_*.py`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import certifi
import pytest

import tests.sources
from sandbox import Fault, Sandbox
from tap_callrecords.tap import TapCallRecords
from tests.faults.cases import Case, always, refusal
from tests.faults.documented import ASIDE, FOLLOWS, ROWS, pattern
from tests.support.forked import forked
from tests.support.tap import ROOT, Output

MET_ELSEWHERE = (
    *("the TLS certificate", "the proxy", "the name of the proxy", "There is no usable proxy", "SOCKS"),
    "Error: ",  # of tap-callrecords-drift: tests/test_drift_errors.py
)


WORK, CENTER, ANALYTICS = "eightx8_work", "eightx8_contact_center", "eightx8_analytics"
READY = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": "https://127.0.0.1:1"}
VOISO_OFF = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": "http://127.0.0.1:1", "max_attempts": 1}
CONFIG_FILE = ("--config", "{folder}/config.json")
NO_NAMES = """
import socket
def resolve(*_, **__):
    raise socket.gaierror(socket.{}, "no name")
socket.getaddrinfo = resolve
"""
DOT_ENV = """
import tempfile
from singer_sdk.configuration import _dict_config
file = os.path.join(tempfile.mkdtemp(), ".env")
_dict_config.find_dotenv = lambda **_: file
"""
SMALL_BODIES = "session.LARGEST_BODY = 2**20"
NOTHING_TO_EXPLAIN = """
from tap_callrecords.http.client import VendorApi
from tap_callrecords.sources.voiso.api import VoisoApi
VoisoApi.refusal, VoisoApi.credentials = VendorApi.refusal, ("voiso_api_key",)
"""
GONE_TARGET = "reading, writing = os.pipe(); os.close(reading); os.dup2(writing, 1)"
FULL_DISK = 'os.dup2(os.open("/dev/full", os.O_WRONLY), 1)'
NO_PYARROW = "sys.modules['pyarrow'] = None"
NO_OUTPUT = "os.close(1); sys.stdout = None"
BUG = "from tap_callrecords.rows.builder import RecordBuilder; RecordBuilder.read = None"

SETTINGS = (
    Case("…: the file can't be read", config=None, arguments=CONFIG_FILE),
    Case("…: the file is not JSON (", config=None, arguments=CONFIG_FILE, files={"config.json": '{"a": 1,}'}),
    Case("…: the file is not JSON (", config=READY, arguments=("--state", "{folder}/s.json"), files={"s.json": "{"}),
    Case("…: the file is not JSON (", config=READY, arguments=("--catalog", "{folder}/c.json"), files={"c.json": ""}),
    Case("…: the file is not JSON.", config=None, arguments=CONFIG_FILE, files={"config.json": "[" * 100_000}),
    Case("…: the file does not hold", config=None, arguments=CONFIG_FILE, files={"config.json": "[1]"}),
    Case("…: the file does not hold", config=READY, arguments=("--state", "{folder}/s.json"), files={"s.json": "5"}),
    *(
        Case(
            "Configuration: environment variable", config=None, arguments=("--config", "ENV"), environment={name: value}
        )
        for name, value in (
            ("TAP_CALLRECORDS_LOOKBACK_HOURS", "a day"),
            ("TAP_CALLRECORDS_STREAM_MAPS", "{"),
            ("TAP_CALLRECORDS_FLATTENING_ENABLED", "perhaps"),
            ("TAP_CALLRECORDS_WEBEX_LOCATIONS", '["a"'),
        )
    ),
    *(
        Case(f"Configuration: setting batch_config {says}", config={**READY, "batch_config": value}, before=before)
        for says, value, before in (
            ("lacks", {"encoding": {"format": "jsonl"}}, ""),
            ("asks for … with", {"encoding": {"format": "arrow", "compression": "gzip"}, "storage": {"root": "x"}}, ""),
            ("asks for …, which", {"encoding": {"format": "parquet"}, "storage": {"root": "x"}}, NO_PYARROW),
            ("names …, which needs", {"storage": {"root": "s3://bucket"}}, ""),
            ("names …, which is", {"storage": {"root": "nowhere://bucket"}}, ""),
        )
    ),
    Case("Configuration: no source is configured."),
    Case("Configuration: no source is configured.", config=None),
    Case("Configuration: … is configured in part", config={"voiso_api_key": "abcdef"}),
    Case("Configuration: … must be of type", config={**READY, "lookback_hours": "24"}),
    Case("Configuration: … must be at least", config={**READY, "parallel_windows": 0}),
    Case("Configuration: … must be at most", config={**READY, "voiso_page_size": 10_001}),
    Case("Configuration: … must be at most", config={**READY, "lookback_hours": 1e8}),
    Case(
        "Configuration: setting end_date lies",
        config={**READY, "start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
    ),
    Case("Configuration: … must be one of", config={**READY, "pii_mode": "blur"}),
    Case("Configuration: … is not valid", config={**READY, "faker_config": {"locale": 5}}),
    Case("Configuration: setting optional_streams", config={**READY, "optional_streams": ["webex_live_history"]}),
    Case("Configuration: setting … must be a date", config={**READY, "start_date": "last week"}),
    Case("Configuration: setting … is not a URL.", config={**READY, "voiso_api_url": "https://[::1"}),
    Case("Configuration: setting … must be a URL", config={**READY, "voiso_api_url": "cluster1.voiso.com"}),
    Case("Configuration: setting … must be a plain URL", config={**READY, "voiso_api_url": "https://a.example/?b=1"}),
    Case("Configuration: setting … must begin with", config={**READY, "voiso_api_url": "http://vendor.example"}),
    Case("Configuration: setting … has leading or trailing whitespace", config={**READY, "voiso_api_key": "abcdef\n"}),
    Case("Configuration: setting flattening_max_depth", config={**READY, "flattening_enabled": True}),
    Case("Configuration: … must be at least", config={**READY, "flattening_max_depth": -1}),
    Case("Configuration: … must be at most", config={**READY, "flattening_max_key_length": 1e11}),
    Case(
        "Configuration: the .env",
        config=None,
        arguments=("--config", "ENV"),
        before=f"{DOT_ENV}open(file, 'wb').write(b'TAP_CALLRECORDS_VOISO_CLUSTER=\\xff')",
    ),
    Case("Configuration: setting pii_hash_key is missing", config={**READY, "pii_mode": "hash"}),
    *(
        Case("The environment variable … names …, which does", config=READY, environment={name: "/no/such/file"})
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    ),
    *(
        Case("The environment variable … names …, which is not a readable", config=READY, environment={name: file})
        for name, file in (("REQUESTS_CA_BUNDLE", __file__), ("CURL_CA_BUNDLE", "/dev/null"))
    ),
    *(
        Case("The environment variable … must be critical", config=READY, environment={name: level})
        for name in ("LOGLEVEL", "TAP_CALLRECORDS_LOGLEVEL")
        for level in ("verbose", "10", "debug!")
    ),
    *(
        Case("The environment variable SINGER", config=READY, environment={"SINGER_SDK_LOG_CONFIG": file})
        for file in ("/dev/null", "/", __file__)
    ),
)
STATES = (
    Case("State: it must be", config=READY, state={"bookmarks": []}),
    Case("State: the bookmark of", config=READY, state={"bookmarks": {"voiso_cdr": "2026-01-31"}}),
    Case("State: the replication", config=READY, state={"bookmarks": {"voiso_cdr": {"replication_key_value": "soon"}}}),
    Case("State: the replication", config=READY, state={"bookmarks": {"voiso_cdr": {"replication_key_value": 5}}}),
    Case(
        "Catalog: stream",
        config=READY,
        arguments=("--catalog", "{folder}/c.json"),
        files={"c.json": '{"streams": [{"tap_stream_id": "voiso_cdr", "schema": {"properties": {"uuid": {}}}}]}'},
    ),
    Case("Stream map of", "voiso", config={"stream_maps": {"voiso_cdr": {"from_party": "1 / 0"}}}),
    Case("Stream map of", "voiso", config={"stream_maps": {"voiso_*": {"_rescued_data": "self + 1"}}}),
    Case("Stream map of", "voiso", config={"stream_maps": {"voiso_cdr": {"__filter__": "nothing.such"}}}),
    Case("Stream maps…: …", config={**READY, "stream_maps": {"voiso_cdr": {"from_party": "1 +"}}}),
    Case("Stream maps…: …", config={**READY, "stream_maps": {"voiso_cdr": {"uuid": "__NULL__"}}}),
    Case("Configuration: … is not valid", config={**READY, "stream_maps": {"__else__": "x"}}),
    Case("Stream maps… can't", config={**READY, "stream_maps": {"voiso_cdr": {"__alias__": "1 / 0"}}}),
    Case(
        "No stream is selected in the catalog: there is nothing to test",
        config=READY,
        streams=["webex_live_call_history"],
        arguments=("--test",),
    ),
    Case(
        "No stream is selected in the catalog: there is nothing to take",
        config=READY,
        streams=["webex_live_call_history"],
        arguments=("--sample",),
    ),
    Case("--sample: … can't be written", "voiso", arguments=("--sample", "{folder}/none/sample.jsonl")),
    Case("Catalog: it is not", config=READY, arguments=("--catalog", "{folder}/c.json"), files={"c.json": "{}"}),
)
CONNECTIONS = (
    Case("… refused the credentials (…).", "voiso", config={"voiso_api_key": "another"}, before=NOTHING_TO_EXPLAIN),
    Case(
        "… did not answer",
        WORK,
        always(kind="slow", delay_seconds=1.3),
        config={"request_timeout_seconds": 1, "max_attempts": 1},
    ),
    Case("the name … could not be resolved; gave up", config=VOISO_OFF, before=NO_NAMES.format("EAI_AGAIN")),
    Case("the name … could not be resolved; there", config=VOISO_OFF, before=NO_NAMES.format("EAI_NONAME")),
    Case("… refused the connection", config=VOISO_OFF),
    Case("the connection to … broke (…); gave", WORK, always(kind="reset")),
    Case("… answered …; gave", WORK, refusal(503)),
    Case("… answered …; gave", CENTER, refusal(429, retry_after="0")),
    *(Case("… answered … with a body", vendor, always(kind="html")) for vendor in (WORK, CENTER, ANALYTICS, "webex")),
    Case("… answered … with a body", "voiso", always(kind="empty")),
    Case("… answered …; asks", WORK, refusal(429, retry_after="7200")),
    Case(
        "the connection to … broke (…). Check", WORK, always(kind="redirect", location="/analytics/work/v1/oauth/token")
    ),
    *(
        Case("… answered with a redirect", vendor, always(kind="redirect", location="https://elsewhere.example/"))
        for vendor in (WORK, CENTER, ANALYTICS, "webex", "voiso")
    ),
    Case("… sent an answer", WORK, always(kind="status", status=200, body=" " * 2**21, after=1), before=SMALL_BODIES),
    *(
        Case("… refused a request with status …: …", vendor, refusal(418, "I am a teapot", after=1))
        for vendor in (WORK, CENTER, ANALYTICS, "webex")
    ),
    Case("… refused a request with status …", WORK, refusal(418, after=1)),
)
COMPLETENESS = (
    Case(
        "… announced … rows from",
        WORK,
        switches={"overcount": 3, "overcount_reads": None},
        streams=["eightx8_call_legs"],
    ),
    Case("… announced … rows from", CENTER, switches={"withhold": 2, "withhold_reads": None}),
    Case("The vendor keeps returning", WORK, switches={"endless": True}),
    Case(
        "The vendor returned the same cursor",
        WORK,
        switches={"repeat_cursor": True},
        config={"eightx8_work_page_size": 2},
    ),
    Case(
        "The vendor's rows",
        CENTER,
        switches={"order": "unstable", "withhold": 1, "withhold_reads": None},
        config={"eightx8_contact_center_page_size": 5},
    ),
    Case(
        "The vendor announced", CENTER, switches={"ignore_page": True}, config={"eightx8_contact_center_page_size": 2}
    ),
    Case(
        "The vendor's link",
        "webex",
        always(
            kind="status",
            status=200,
            body={"items": []},
            headers={"Link": '<https://elsewhere.example/>; rel="next"'},
            after=1,
        ),
    ),
)
FILES_AT_A_FILE = {"storage": {"root": "/dev/null/files"}}
REST = (
    Case("The files of setting batch_config", "voiso", config={"batch_config": FILES_AT_A_FILE}),
    Case(
        "Property … has a value",
        "voiso",
        config={
            "batch_config": {"encoding": {"format": "arrow"}, "storage": {"root": "{folder}"}},
            "stream_maps": {"voiso_cdr": {"added": "int(1) if uuid == '' else 'text'"}},
        },
    ),
    Case("The target has stopped", "voiso", before=GONE_TARGET),
    Case("Standard output can't", "voiso", before=FULL_DISK),
    Case("Standard output is", "voiso", before=NO_OUTPUT),
    Case("A bug in tap-callrecords", WORK, before=BUG),
)
CASES = (
    *(*SETTINGS, *STATES, *CONNECTIONS, *COMPLETENESS, *REST),
    *(
        case
        for module in iter_modules(tests.sources.__path__)
        if module.name.startswith("errors_")
        for case in import_module(f"tests.sources.{module.name}").CASES
    ),
)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(days=3, calls_per_day=20) as box:
        yield box


def run(case: Case, box: Sandbox, folder: Path) -> Output:
    for name, text in case.files.items():
        (folder / name).write_text(text)
    config = case.config
    if case.vendor:
        vendor = box.vendors[case.vendor]
        vendor.set_switches(dict(case.switches))
        for name, value in case.traits.items():
            assert hasattr(vendor, name)
            setattr(vendor, name, value)
        box.faults.add(*(Fault(**fault) for fault in case.faults))
        start = datetime.now(UTC) - timedelta(days=3)
        given = {**vendor.config, "start_date": start.isoformat(), "max_attempts": 2, **(case.config or {})}
        config = {name: value for name, value in given.items() if value is not None}
    return forked(
        json.loads(json.dumps(config).replace("{folder}", str(folder))),
        *(argument.format(folder=folder) for argument in case.arguments),
        state=case.state,
        catalog=selecting(config or {}, case.streams) if case.streams else None,
        environment={"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", **case.environment},
        before=case.before,
    )


def selecting(config: Mapping[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    catalog: dict[str, Any] = TapCallRecords(config={**config, "optional_streams": list(streams)}).catalog_dict
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["selected"] = entry["stream"] in streams
    return catalog


def row_of(case: Case) -> str:
    """The documented sentence that a case leads to: of those that begin so, the shortest."""
    return min((row for row in ROWS if row.startswith(case.says)), key=len)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.vendor}: {case.says}")
def test_an_error_is_told_word_for_word_in_one_line(case: Case, box: Sandbox, tmp_path: Path) -> None:
    out = run(case, box, tmp_path)
    assert out.exit_code == 1
    errors = re.findall(r"^\S+ \S+ \| ERROR    \| [\w.-]+ +\| (.*)$", out.stderr, re.MULTILINE)
    follows = "|".join(map(pattern, FOLLOWS))
    assert len(errors) == 1, out.stderr
    assert re.fullmatch(f"{pattern(row_of(case))}(?:{follows})*", errors[0]), errors[0]
    assert ("Traceback" in out.stderr) == case.says.startswith("A bug")


def test_a_certificate_that_is_not_verified_is_told_as_documented(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    from tests.faults.test_tls import serving

    with serving(tmp_path) as stranger:
        out = forked(stranger.config, environment={"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""})
        told = [out, forked(stranger.config, environment={"REQUESTS_CA_BUNDLE": certifi.where()})]
    rows = [row for row in ROWS if row.startswith("the TLS certificate")]
    for row, out in zip(rows, told, strict=True):
        assert re.search(pattern(row), out.stderr)


def test_every_documented_error_has_been_met() -> None:
    met = {row_of(case) for case in CASES}
    assert [row for row in ROWS if row not in met and not row.startswith(MET_ELSEWHERE)] == []
    assert len(ROWS) == len(set(ROWS))


# No sentence without its place in the document


NOT_ERRORS = (
    *("the vendor's host", "An unhandled error occurred", "US and Canada", "Webex allows one initial request a minute"),
    *(
        "tap-callrecords … - …",
        "a whole number",
        "true or false",
        "a JSON object",
        "… through …",
        " (host …)",
        "… From 1 to ….",
        "setting stream_maps is not valid (__else__)",
        "Stream maps of …",
        'a JSON array like ["a", "b"]',
        "8x8 Contact Center",
        "8x8 Analytics for Contact Center",
    ),
    *("does not have access to pbxId", "105-400-038|does not have access to api category"),
)
NO_SENTENCES = {
    "check.py",
    "command.py",
    "conversions.py",
    "findings.py",
    "forecast.py",
    "forms.py",
    "progress.py",
    "redaction.py",
}
SAID_OTHERWISE = re.compile(
    r".*logger\.(debug|info|warning)|click\.Option|whole|text|secret|setting|th\.Property|re\.compile|BrokenBody"
)
SQL = re.compile(r"select .+|cast\(.+| or |.+ is not null|.+ as stream", re.IGNORECASE)


def template(node: ast.AST) -> str | None:
    """A text with `…` for what varies."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return None


def sentences_in(node: ast.AST) -> Iterator[str]:
    """Texts of three words and more, but for docstrings, log lines, descriptions and patterns."""
    if isinstance(node, ast.Call) and SAID_OTHERWISE.fullmatch(ast.unparse(node.func)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    text = template(node)
    if text is not None:
        if text.count(" ") > 1:
            yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from sentences_in(child)


def sentences() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "tap_callrecords").rglob("*.py")):
        if file.name not in NO_SENTENCES:
            for sentence in sentences_in(ast.parse(file.read_text())):
                if sentence not in NOT_ERRORS and not SQL.fullmatch(sentence):
                    yield file.name, sentence


def test_every_sentence_that_the_tap_can_say_is_documented() -> None:
    documented = [*ROWS, *ASIDE]
    missing = [
        f"{file}: {sentence}"
        for file, sentence in sentences()
        if not any(re.search(re.escape(sentence).replace("…", ".*"), each) for each in documented)
    ]
    assert missing == []


def test_the_walk_finds_sentences() -> None:
    found = {sentence for _, sentence in sentences()}
    assert len(found) > 80
    assert "8x8 Work no longer accepts the cursor." in found
    assert "…; …. Nothing was skipped: run again to continue." in found
