"""No secret and no personal data is written for people, whatever goes wrong and however closely they look."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, quote_plus

import pytest
from singer_sdk.exceptions import ConfigurationError
from typing_extensions import override

from sandbox import Fault, RandomFaults, Sandbox
from sandbox.faults import Kind
from sandbox.vendor import Vendor
from tap_callrecords.tap import SETTINGS, TapCallRecords
from tests.support.forked import forked
from tests.support.tap import Output, sync
from tests.test_schemas import walk

VENDORS = sorted(Sandbox().vendors)
DEBUG = {"TAP_CALLRECORDS_LOGLEVEL": "DEBUG"}
SECRET_SETTINGS = [name for name, each in SETTINGS.properties.items() if each.get("secret")]
NUMBER, ADDRESS = "+1 (212) 555-0147", "marta.caller@people.example"
ODD = "p@ss w\"ör\\d/+=&%41'"
"""A secret that looks different in a URL, in JSON and in Python."""


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(days=3, calls_per_day=12, samples=True) as box:
        box.eightx8_work.password = ODD
        box.webex.switches.rotation = "old_lives"
        box.voiso.switches.echo_key = True
        yield box


@pytest.fixture
def box(served: Sandbox) -> Iterator[Sandbox]:
    yield served
    served.faults.clear()


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest, box: Sandbox) -> Vendor:
    return box.vendors[request.param]


def config_of(source: Vendor | Sandbox, **more: Any) -> dict[str, Any]:
    start = datetime.now(UTC) - timedelta(days=3)
    return {
        **source.config,
        "start_date": start.isoformat(),
        "max_attempts": 20,
        "pii_hash_key": "pepper-pepper",
        **more,
    }


# What must not be seen


def secrets_of(source: Vendor | Sandbox) -> set[str]:
    """Every secret setting, and every token that was issued."""
    config = config_of(source)
    found = {str(config[name]) for name in SECRET_SETTINGS if name in config}
    for vendor in source.vendors.values() if isinstance(source, Sandbox) else [source]:
        if tokens := getattr(vendor, "tokens", None):
            found |= {*tokens.issued, *tokens.refresh_tokens}
    return found


def forms(secret: str) -> set[str]:
    coded = {coding(secret.encode()).decode().rstrip("=") for coding in (base64.b64encode, base64.urlsafe_b64encode)}
    # Of a JSON web token the beginning is the same for all.
    middle = {secret[len(secret) // 2 :][:24]} if len(secret) > 60 else set()
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]} | coded | middle


def personal_data_in(out: Output, tap: TapCallRecords) -> set[str]:
    """Every value of a personal property in the records of a run, short ones aside: they are in any text by chance."""
    found: set[str] = set()
    for name, stream in tap.streams.items():
        marked = [each.path.split(".") for each in walk(stream.schema) if "x-pii" in each.schema]
        found.update(value for record in out.records(name) for path in marked for value in values_at(record, path))
    return {value for value in found if len(value) > 5}


def values_at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, path)
    elif isinstance(value, dict) and path:
        yield from values_at(value.get(path[0]), path[1:])
    elif isinstance(value, str):
        yield value


def seen_in(out: Output) -> str:
    """All that is meant for people, and the state."""
    states = [each for each in out.messages if each["type"] == "STATE"]
    return out.stderr + json.dumps(states, ensure_ascii=False)


def assert_discreet(out: Output, source: Vendor | Sandbox, personal: set[str]) -> None:
    seen = seen_in(out)
    assert [form for secret in secrets_of(source) for form in forms(secret) if form in seen] == []
    assert [value for value in personal | {NUMBER, ADDRESS} if value in seen] == []
    digits = re.sub(r"[^\d\s:]", "", seen)
    assert [value for value in personal if value.startswith("+") and value[1:] in digits] == []


@pytest.fixture(scope="module")
def personal(served: Sandbox) -> dict[str, set[str]]:
    """Each vendor's personal data, as a good run brings it."""
    found = {}
    for name, vendor in served.vendors.items():
        out = sync(config_of(vendor))
        assert out.error is None
        found[name] = personal_data_in(out, TapCallRecords(config=config_of(vendor)))
        assert len(found[name]) > 20
    return found


# Runs in which much goes wrong


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_run_of_all_sources_under_all_faults_tells_nothing(
    box: Sandbox, personal: dict[str, set[str]], at_once: int
) -> None:
    quoting = {"message": f"no {ADDRESS}, no {NUMBER}", "error": sorted(secrets_of(box))}
    passing: dict[str, Any] = {"status": 503, "body": quoting, "delay_seconds": 0.01, "piece": 4096, "retry_after": "0"}
    kinds = [kind for kind in get_args(Kind) if kind != "redirect"]
    each = 0.6 / len(kinds)
    box.faults.schedule = RandomFaults([(Fault(kind, **passing), each) for kind in kinds], seed=at_once, in_a_row=4)
    out = forked(config_of(box, parallel_windows=at_once), environment=DEBUG)
    assert out.exit_code == 0
    assert "METRIC" in out.stderr
    assert "DEBUG" in out.stderr
    assert out.stderr.count("trying again") > 5
    assert_discreet(out, box, set().union(*personal.values()))


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_that_quotes_secrets_and_numbers_tells_neither(
    box: Sandbox, vendor: Vendor, personal: dict[str, set[str]], status: int
) -> None:
    config = config_of(vendor)
    said = f"no {ADDRESS} {NUMBER} " + " ".join(secrets_of(vendor))
    body = {"message": said, "error_description": said, "errors": [{"description": said}]}
    box.faults.add(Fault("status", status=status, body=body, times=None, after=1))
    out = forked(config, environment=DEBUG)
    assert out.exit_code == 1
    assert_discreet(out, vendor, personal[vendor.name])


BUG = """
from tap_callrecords.rows.builder import RecordBuilder

def quote(rows):
    raise ValueError(f"can't make sense of {rows[0]} {sys.argv} {open(sys.argv[2]).read()}")

def build(builder, rows, *_):
    if not rows:
        return []  # at night a window may have none
    try:
        quote(rows)
    except ValueError as error:
        raise KeyError(str(error)) from error

RecordBuilder._from_typed = RecordBuilder.build = build
"""


def logging_as_text_and_as_json(folder: Path) -> dict[str, str]:
    """Both of the SDK's ways, by a file of the user's."""
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "singer_sdk.logging.ConsoleFormatter"},
            "json": {"()": "singer_sdk.logging.StructuredFormatter"},
        },
        "handlers": {name: {**handler, "formatter": name} for name in ("text", "json")},
        "root": {"level": "DEBUG", "handlers": ["text", "json"]},
    }
    (folder / "logging.yaml").write_text(json.dumps(config))
    return {"SINGER_SDK_LOG_CONFIG": str(folder / "logging.yaml")}


def test_a_fault_of_our_own_is_told_with_where_it_happened_and_without_what_it_happened_to(
    box: Sandbox, vendor: Vendor, personal: dict[str, set[str]], tmp_path: Path
) -> None:
    config = config_of(vendor, parallel_windows=2)
    out = forked(config, environment=DEBUG | logging_as_text_and_as_json(tmp_path), before=BUG)
    assert out.exit_code == 1
    assert out.stderr.count("please report it with this traceback") >= 2
    assert "KeyError" in out.stderr
    assert "in read" in out.stderr
    assert_discreet(out, vendor, personal[vendor.name])


def test_the_fault_that_is_put_in_would_leak_if_nobody_took_care(box: Sandbox) -> None:
    careless = BUG + "\nfrom tap_callrecords.commands import command_line\ncommand_line.redact_logs = lambda: None\n"
    out = forked(config_of(box.eightx8_work), before=careless)
    assert json.dumps(ODD)[1:-1] in out.stderr
    assert "callerName" in out.stderr or "field_" in out.stderr


def test_names_of_new_fields_are_told_but_no_numbers_in_them(box: Sandbox) -> None:
    work = box.eightx8_work
    work.add_record(work.new_record(callId="1", **{NUMBER: "x", ADDRESS: "y", "newField": 1}))
    out = forked(config_of(work), environment=DEBUG)
    assert out.exit_code == 0
    assert "newField" in out.stderr
    assert NUMBER not in out.stderr
    assert ADDRESS not in out.stderr


# What is said about settings


@pytest.mark.parametrize("arguments", [("--about",), ("--about", "--format", "json"), ("--discover",)], ids=str)
def test_about_and_discovery_show_no_values(box: Sandbox, arguments: tuple[str, ...]) -> None:
    out = forked(box.config, *arguments, environment=DEBUG)
    assert out.exit_code == 0
    told = out.stderr + out.raw.decode()
    assert [form for secret in secrets_of(box) for form in forms(secret) if form in told] == []


@pytest.mark.parametrize("value", [["hidden"], {"hidden": 1}, "hidden\n", " hidden", "hiddenß", "hid\0den"], ids=repr)
def test_errors_about_settings_show_no_values(value: Any) -> None:
    for name in SECRET_SETTINGS:
        with pytest.raises(ConfigurationError) as error:
            TapCallRecords(config={name: value})
        assert "hid" not in str(error.value)


def test_a_broken_settings_file_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"webex_access_token": "hidden-value", }')
    out = forked(None, "--config", str(tmp_path / "config.json"), environment=DEBUG)
    assert out.exit_code == 1
    assert "hidden" not in out.stderr


# Where credentials go


URLS = [name for name in SETTINGS.names if name.endswith("_url")]
ELSEWHERE = [
    "http://api.vendor.example/v1",
    "HTTP://API.VENDOR.EXAMPLE",
    "http://127.0.0.1.vendor.example",
    "http://localhost.vendor.example",
    "http://[::ffff:8.8.8.8]/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://localhost@vendor.example/",
    "http://vendor.example#@localhost/",
    "http://vendor.example\\@localhost/",
    "ftp://localhost/",
    "//localhost/",
    "localhost",
    "https://",
    "https://user:pass@vendor.example",
    "https://vendor.example/?key=1",
    "http://[::1",
]


@pytest.mark.parametrize("name", URLS)
def test_credentials_never_travel_in_clear(name: str) -> None:
    for url in ELSEWHERE:
        with pytest.raises(ConfigurationError, match=name):
            TapCallRecords(config={name: url})


class Recorder(BaseHTTPRequestHandler):
    """Notes every request, and answers as if all were well."""

    noted: list[str]

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        type(self).noted.append(f"{self.requestline}\n{self.headers}\n{self.rfile.read(length)!r}")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET  # noqa: N815 - the name that the base class looks for

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Another host: its address, and what it is sent."""
    noted: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Noting", (Recorder,), {"noted": noted}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", noted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("after", [0, 1], ids=["first", "second"])
def test_a_redirect_of_a_request_to_another_host_carries_nothing(box: Sandbox, vendor: Vendor, after: int) -> None:
    with listening() as (host, noted):
        locations = (f"http://{host}/v1", f"//{host}/v1?a=b", f"http://{box.url[7:]}@{host}/", f"http:\\\\{host}/")
        for status, location in zip((301, 302, 303, 307, 308), (*locations, locations[0]), strict=True):
            box.faults.clear()
            box.faults.add(Fault("redirect", status=status, location=location, times=None, after=after))
            assert sync(config_of(vendor, max_attempts=2)).exit_code == 1
    assert noted == []


def test_a_link_to_another_host_is_not_followed(box: Sandbox, vendor: Vendor) -> None:
    bodies = [{"items": []}, {"records": []}, [], {"meta": {}, "data": []}, {"hits": 0, "data": []}]
    with listening() as (host, noted):
        for body in bodies:
            box.faults.clear()
            link = {"Link": f'<http://{host}/next?page=2>; rel="next"'}
            box.faults.add(Fault("status", status=200, body=body, headers=link, times=None, after=1, method="GET"))
            sync(config_of(vendor, max_attempts=2))
    assert noted == []


def test_a_password_file_of_the_machine_is_not_used(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    box.requests.clear()
    out = forked(config_of(box.eightx8_work), environment={"HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")})
    assert out.exit_code == 0
    sent = {request.headers.get("authorization", "")[:7] for request in box.requests}
    assert sent == {"", "Bearer "}
