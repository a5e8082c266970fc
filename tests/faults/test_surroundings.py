"""What is around the tap: proxies that do not work, and log settings that are empty."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from typing_extensions import override

from tap_callrecords.http.proxies import proxy_for
from tests.faults.documented import ROWS, pattern
from tests.faults.test_errors import NO_NAMES
from tests.support.forked import forked
from tests.support.tap import Output

PASSWORD = "pass-word-of-the-proxy"
USER = f"anna:{PASSWORD}"
VENDOR = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": "https://vendor.example", "max_attempts": 3}
CLEAR = {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": "http://127.0.0.1:1", "max_attempts": 3}
ONLY = """
for name in [*os.environ]:
    if name.lower().endswith("_proxy") and name not in {}:
        del os.environ[name]
"""
pytestmark = pytest.mark.xdist_group("surroundings")  # the last test looks at what the others have met
MET: set[str] = set()


class ProxyServer(socketserver.ThreadingTCPServer):
    """Answers every request with one answer, and counts them; after the first one it may be gone."""

    def __init__(self, answer: bytes, *, gone_after_one: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answer = answer
        self.gone_after_one = gone_after_one
        self.asked = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Answering(socketserver.StreamRequestHandler):
    server: ProxyServer

    @override
    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.server.asked += 1
        if self.server.gone_after_one:
            self.server.socket.close()
        self.wfile.write(self.server.answer)


@contextmanager
def proxy(answer: str, *, gone_after_one: bool = False) -> Iterator[ProxyServer]:
    text = f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" if answer else ""
    with ProxyServer(text.encode(), gone_after_one=gone_after_one) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        if not gone_after_one:
            server.shutdown()


def run(config: Mapping[str, Any], variables: Mapping[str, str], before: str = "") -> Output:
    return forked(config, environment=variables, before=ONLY.format(list(variables)) + before)


def told(out: Output, says: str) -> str:
    """The only error, which is the documented sentence that begins and goes on so."""
    assert out.exit_code == 1
    assert "Traceback" not in out.stderr
    assert PASSWORD not in out.stderr
    (error,) = re.findall(r"\| ERROR    \| [\w.-]+ +\| (.*)$", out.stderr, re.MULTILINE)
    (row,) = (row for row in ROWS if re.match(pattern(says), row) and re.fullmatch(pattern(row), error))
    MET.add(row)
    return str(error)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_that_is_dead_is_named_with_its_variable(variable: str) -> None:
    error = told(run(VENDOR, {variable: f"http://{USER}@127.0.0.1:1"}), "the proxy … (…) can't be reached; correct")
    assert f"the proxy http://127.0.0.1:1 (environment variable {variable})" in error
    assert "vendor.example" not in error


def test_the_variable_in_small_letters_goes_first() -> None:
    both = {"HTTPS_PROXY": "http://127.0.0.1:2", "https_proxy": "http://127.0.0.1:1"}
    error = told(run(VENDOR, both), "the proxy … (…) can't be reached; correct")
    assert "the proxy http://127.0.0.1:1 (environment variable https_proxy)" in error


def test_a_host_that_needs_no_proxy_is_not_asked_through_one() -> None:
    out = run({**CLEAR, "max_attempts": 1}, {"http_proxy": "http://127.0.0.1:2", "no_proxy": "127.0.0.1"})
    assert "127.0.0.1 refused the connection; gave up" in out.stderr


@pytest.mark.parametrize(("kind", "end"), [("EAI_NONAME", "correct"), ("EAI_AGAIN", "gave up")])
def test_a_proxy_without_an_address_is_named(kind: str, end: str) -> None:
    out = run(VENDOR, {"ALL_PROXY": f"http://{USER}@proxy.example:3128"}, NO_NAMES.format(kind))
    error = told(out, f"the name of the proxy … (…) could not be resolved; {end}")
    assert "http://proxy.example:3128 (environment variable ALL_PROXY)" in error


@pytest.mark.parametrize("config", [VENDOR, CLEAR], ids=["https", "http"])
def test_a_proxy_that_asks_for_credentials_is_asked_once(config: dict[str, Any]) -> None:
    with proxy("407 Proxy Authentication Required") as server:
        out = run(config, dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), f"http://{USER}@{server.place}"))
    error = told(out, "the proxy … (…) asks for credentials")
    assert "vendor.example" not in error
    assert server.asked == 1


@pytest.mark.parametrize(
    ("answer", "end", "asked"), [("403 Forbidden", "ask who", 1), ("502 Bad Gateway", "gave up", 3 * 7)]
)
def test_a_proxy_that_does_not_connect_is_named_with_its_status(answer: str, end: str, asked: int) -> None:
    with proxy(answer) as server:
        out = run(VENDOR, {"HTTPS_PROXY": f"http://{USER}@{server.place}"})
    told(out, f"the proxy … (…) does not connect to … (…); {end}")
    assert server.asked == asked  # what can't pass ends the source, what may ends a stream: Voiso has seven


def test_a_connection_that_breaks_behind_a_proxy_names_both() -> None:
    with proxy("") as server:
        out = run(CLEAR, {"HTTP_PROXY": f"http://{USER}@{server.place}"})
    error = told(out, "the connection to … broke (…); gave up")
    assert f"127.0.0.1 through the proxy http://{server.place} (environment variable HTTP_PROXY)" in error


def test_a_proxy_that_goes_during_a_run_is_asked_again() -> None:
    with proxy("503 Busy", gone_after_one=True) as server:
        out = run(CLEAR, {"HTTP_PROXY": f"http://{USER}@{server.place}"})
    told(out, "the proxy … (…) can't be reached; gave up")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
def test_socks_without_its_package_is_told_as_that(scheme: str) -> None:
    try:
        import socks  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        told(run(VENDOR, {"ALL_PROXY": f"{scheme}://{USER}@127.0.0.1:1080"}), "SOCKS proxies require")
    else:
        pytest.skip("PySocks is there")


@pytest.mark.parametrize(
    "url",
    [
        *("htp://{}@proxy.example:3128", "http://{}@proxy.example:31x8", "http://{}@proxy.example:99999", "http://{}@"),
        *("http:/{}@proxy.example:3128", "http://{}/x@proxy.example:3128", "http://{}#x@proxy.example:3128"),
        *("http://[::1", "http://{}?@proxy.example", "socks6://{}@proxy.example:1080", "http://proxy.example/{}"),
    ],
)
def test_a_proxy_that_is_misspelt_is_told_by_its_variable(url: str) -> None:
    error = told(run(VENDOR, {"HTTPS_PROXY": url.format(USER)}), "There is no usable proxy")
    assert "environment variable HTTPS_PROXY" in error
    if url.endswith(("example:3128", "example:31x8")):
        assert "(host proxy.example)" in error


def test_a_password_of_a_proxy_is_in_no_line_at_any_level() -> None:
    with proxy("502 Bad Gateway") as server:
        variables = {"HTTPS_PROXY": f"http://{USER}@{server.place}", "LOGLEVEL": "DEBUG"}
        out = run(VENDOR, variables)
    assert "does not connect" in out.stderr
    assert PASSWORD not in out.stderr


def test_every_documented_sentence_about_proxies_has_been_met() -> None:
    if len(MET) < 2:
        pytest.skip("the other tests of this file were not asked for")
    about = ("the proxy", "the name of the proxy", "There is no usable proxy", "SOCKS")
    assert [row for row in ROWS if row.startswith(about) and row not in MET] == []


def test_settings_of_the_system_are_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tap_callrecords.http.proxies.get_environ_proxies", lambda *_, **__: {"https": "http://127.0.0.1:1"}
    )
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert str(proxy_for("https://vendor.example")) == "the proxy http://127.0.0.1:1 (system settings)"


@pytest.mark.parametrize("variable", ["LOGLEVEL", "TAP_CALLRECORDS_LOGLEVEL", "SINGER_SDK_LOG_CONFIG"])
def test_an_empty_log_setting_is_not_set(variable: str) -> None:
    out = run({**CLEAR, "max_attempts": 1}, {variable: ""})
    assert "127.0.0.1 refused the connection; gave up after 1 tries" in out.stderr
    assert "Traceback" not in out.stderr


@pytest.mark.parametrize("level", ["debug", " Warning "])
def test_a_log_level_may_be_written_in_small_letters(level: str) -> None:
    out = run({**CLEAR, "max_attempts": 1}, {"LOGLEVEL": level})
    assert "127.0.0.1 refused the connection; gave up after 1 tries" in out.stderr
