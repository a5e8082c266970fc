"""Whatever goes wrong on the way, each of the vendor's rows is delivered once, or the run ends before the gap."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sandbox import Clock, Fault, RandomFaults, Sandbox
from sandbox.subject import Subject
from tap_callrecords.http.client import VendorApi
from tap_callrecords.paging.base import Page
from tap_callrecords.stream import CallRecordStream
from tap_callrecords.windows.plan import TimeWindow
from tests.faults.clocks import client_clock
from tests.faults.judge import Judge, delivered, key_of, visible
from tests.faults.subjects import KNOWN, REGISTERED, SUBJECTS, TOKENED, VENDORS, WINDOWED
from tests.support.tap import Output, sync

PASSING: dict[str, dict[str, Any]] = {
    **{f"status_{status}": {"kind": "status", "status": status} for status in (429, 500, 502, 503, 504)},
    "retry_after_seconds": {"kind": "status", "status": 429, "retry_after": "0"},
    "retry_after_date": {"kind": "status", "status": 503, "retry_after": "0", "retry_as_date": True},
    "reset_before_the_body": {"kind": "reset"},
    "reset_in_the_body": {"kind": "reset_mid_body"},
    "reset_after_the_body": {"kind": "reset_after_body"},
    "close": {"kind": "close"},
    "truncated_json": {"kind": "truncated_json"},
    "truncated_length": {"kind": "truncated_length"},
    "empty": {"kind": "empty"},
    "html": {"kind": "html"},
    "content_type": {"kind": "content_type", "content_type": "text/html; charset=latin-1"},
    "slow": {"kind": "slow", "delay_seconds": 0.02},
}
HARMLESS = ("reset_after_the_body", "content_type", "slow")
LASTING = [name for name in PASSING if name not in HARMLESS]


OFFSET = datetime(2026, 3, 11, 17, tzinfo=UTC) - datetime.now(UTC)
"""Tests run on a Wednesday afternoon, when there are many calls."""
SIZE: dict[str, Any] = {"seed": 4, "days": 2, "calls_per_day": 15}


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with Sandbox(**SIZE, clock=Clock(OFFSET.total_seconds())) as box:
        yield box


@pytest.fixture
def box(served: Sandbox) -> Sandbox:
    """The module's sandbox as it was in the beginning, but for rows."""
    served.clock.skew_seconds = OFFSET.total_seconds()
    served.faults.clear()
    served.requests.clear()
    for subject in VENDORS:
        subject.reset(served)
    return served


@pytest.fixture
def own_box() -> Iterator[Sandbox]:
    """A sandbox whose rows the test may change."""
    with Sandbox(**SIZE, clock=Clock(OFFSET.total_seconds())) as box:
        for subject in VENDORS:
            subject.reset(box)
        yield box


def now() -> datetime:
    return datetime.now(UTC) + OFFSET


def config_of(box: Sandbox, subject: Subject, **more: Any) -> dict[str, Any]:
    start = now() - min(timedelta(days=3), subject.reach)
    common = {"start_date": start.isoformat(), "max_attempts": 20}
    return {**subject.of(box).config, **common, **subject.small_pages, **more}


def run(box: Sandbox, subject: Subject, *, state: dict[str, Any] | None = None, **more: Any) -> Output:
    """Run and judge; a run that fails has to keep its bookmark before the gap."""
    config = config_of(box, subject, **more)
    rows = visible(box, subject)
    assert rows
    with client_clock(OFFSET):
        out = sync(config, state=state, streams=[subject.stream])
    assert Judge(subject, config).faults(out, rows, state or {}, now()) == []
    return out


def complete(box: Sandbox, subject: Subject, **more: Any) -> Output:
    """Run, and expect a good end."""
    out = run(box, subject, **more)
    assert out.error is None
    return out


def struck(box: Sandbox) -> int:
    return sum(1 for request in box.requests if request.fault)


def test_every_registered_stream_is_covered() -> None:
    assert [name for name in REGISTERED if name not in KNOWN] == []


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_bursts_of_a_passing_trouble_cost_no_row(box: Sandbox, subject: Subject, fault: str) -> None:
    fields = {**PASSING[fault], "match": subject.path}
    box.faults.add(Fault(**fields, times=2), Fault(**fields, after=4), Fault(**fields, after=7, times=3))
    complete(box, subject)
    assert struck(box) >= 2


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_storm_of_all_troubles_costs_no_row(box: Sandbox, subject: Subject, at_once: int) -> None:
    each = 0.5 / len(PASSING)
    mixed = [(Fault(**fields), each) for fields in PASSING.values()]
    box.faults.schedule = RandomFaults(mixed, seed=at_once, in_a_row=5, match=subject.path)
    box.faults.add(Fault("reset", match=subject.path))
    complete(box, subject, parallel_windows=at_once)
    assert struck(box)


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("subject", [each for each in VENDORS if each.incremental], ids=str)
def test_a_lasting_trouble_ends_the_run_before_the_gap_and_the_next_run_completes(
    box: Sandbox, subject: Subject, fault: str
) -> None:
    box.faults.add(Fault(**PASSING[fault], match=subject.path, after=4, times=None))
    first = run(box, subject, max_attempts=2)
    assert first.exit_code == 1
    box.faults.clear()
    complete(box, subject, state=first.bookmark)


@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_window_that_fails_among_several_at_once_leaves_the_bookmark_before_it(
    box: Sandbox, subject: Subject
) -> None:
    box.faults.add(Fault("reset", match=subject.path, after=5, times=None))
    first = run(box, subject, max_attempts=1, parallel_windows=4, window_hours=6)
    assert first.exit_code == 1
    box.faults.clear()
    complete(box, subject, state=first.bookmark, parallel_windows=4, window_hours=6)


@pytest.mark.parametrize("kind", ["slow_headers", "slow_body"])
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_an_answer_that_trickles_in_is_given_up_after_the_time_out_and_asked_for_again(
    box: Sandbox, subject: Subject, kind: Any
) -> None:
    box.faults.add(Fault(kind, match=subject.path, piece=3, delay_seconds=0.2, after=1))
    before = now()
    complete(box, subject, request_timeout_seconds=1)
    assert now() - before < timedelta(seconds=30)  # the whole of it would take minutes
    trickled = [request for request in box.requests if request.fault]
    assert len(trickled) == 1
    again = box.requests[box.requests.index(trickled[0]) + 1]
    assert (again.path, again.query, again.body) == (trickled[0].path, trickled[0].query, trickled[0].body)


@pytest.mark.parametrize("where", ["a look-up", "a handshake"])
def test_a_connection_that_takes_longer_than_the_time_out_is_given_up(
    box: Sandbox, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = VENDORS[-1]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes a connection and says nothing
        config = config_of(box, subject, request_timeout_seconds=1, max_attempts=1)
        if where == "a handshake":
            config[f"{subject.vendor}_api_url"] = f"https://127.0.0.1:{silent.getsockname()[1]}"
        else:
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: threading.Event().wait(9))
        before = now()
        out = sync(config, streams=[subject.stream])
    assert "127.0.0.1 did not answer within 1 seconds" in str(out.error)
    assert now() - before < timedelta(seconds=8)


TOO_LONG: dict[str, Any] = {
    "kind": "status",
    "status": 400,
    "body": {"message": "The time range exceeds what is served at once"},
}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_time_range_that_is_refused_as_too_long_is_read_in_parts(
    box: Sandbox, subject: Subject, at_once: int
) -> None:
    box.faults.add(Fault(**TOO_LONG, match=subject.path, times=3))
    complete(box, subject, parallel_windows=at_once)
    assert struck(box) == 3


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.withholding], ids=str)
def test_a_row_that_is_missing_in_a_part_of_a_window_is_missed(box: Sandbox, subject: Subject) -> None:
    box.faults.add(Fault(**TOO_LONG, match=subject.path))
    subject.switch(box, subject.withholding)
    out = run(box, subject, window_hours=72)
    assert struck(box) == 1
    assert "announced" in str(out.error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_redirect_on_the_same_host_keeps_method_and_body(
    box: Sandbox, subject: Subject, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    router, asked = box.app._router, list[str]()

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        if subject.path in scope["path"] and not scope["path"].startswith("/moved"):
            query = scope["query_string"].decode()
            location = f"/moved{scope['path']}" + (f"?{query}" if query else "")
            await Response(status_code=status, headers={"Location": location})(scope, receive, send)
            return
        if scope["path"].startswith("/moved"):
            asked.append(scope["method"])
            scope["path"] = scope["path"].removeprefix("/moved")
        await router(scope, receive, send)

    monkeypatch.setattr(box.app, "_router", moved)
    complete(box, subject)
    assert len(asked) > 3
    assert set(asked) <= {request.method for request in box.requests if not request.path.startswith("/moved")}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["http://127.0.0.1:9/", "https://127.0.0.1/", "//localhost/", "https://[::1"])
def test_a_redirect_to_another_place_is_refused_in_words(box: Sandbox, status: int, place: str) -> None:
    subject = VENDORS[0]
    box.faults.add(Fault("redirect", match=subject.path, status=status, location=place))
    out = run(box, subject)
    assert "which is not followed: credentials go to the configured host only" in str(out.error)


THROTTLED: dict[str, dict[str, Any]] = {
    "when": {"retry_after": "0", "body": {"message": "Forbidden"}},
    "words": {"body": {"message": "Too many requests from this account"}},
    "rate": {"body": "Rate limit exceeded", "content_type": "text/plain"},
}


@pytest.mark.parametrize("status", [400, 403, 420])
@pytest.mark.parametrize("throttled", THROTTLED)
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_refusal_that_asks_to_wait_is_waited_for(
    box: Sandbox, subject: Subject, throttled: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    box.faults.add(Fault("status", match=subject.path, status=status, after=1, times=2, **THROTTLED[throttled]))
    complete(box, subject)
    assert struck(box) == 2


def test_a_throttling_that_lasts_is_told_in_the_vendors_words(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    body = {"message": "Too many requests"}
    box.faults.add(Fault("status", match=VENDORS[0].path, status=403, times=None, body=body))
    out = run(box, VENDORS[0], max_attempts=3)
    assert "answered 403: Too many requests; gave up after 3 tries" in str(out.error)


@pytest.mark.parametrize("ahead", [-600, 600])
@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_retry_after_date_is_meant_by_the_vendor_s_clock(
    own_box: Sandbox, subject: Subject, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    own_box.clock.skew_seconds += ahead
    own_box.faults.add(Fault("status", match=subject.path, status=429, retry_after="20", retry_as_date=True))
    complete(own_box, subject)
    assert [round(pause) for pause in pauses] in ([19], [20])


@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_name_that_can_not_be_resolved_for_a_while_costs_no_row(
    box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = socket.getaddrinfo, iter([socket.gaierror(-3, "Temporary failure in name resolution")] * 3)

    def resolve(*args: Any, **kwargs: Any) -> Any:
        for failure in failures:
            raise failure
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    complete(box, subject)
    assert next(failures, None) is None


@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_name_that_does_not_exist_ends_the_run_at_once_with_a_readable_line(
    box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def resolve(*args: Any, **__: Any) -> Any:
        asked.append(args)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    config = config_of(box, subject, max_attempts=8)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    out = sync(config, streams=[subject.stream])
    assert "the name 127.0.0.1 could not be resolved; there is no such host" in str(out.error)
    assert len(asked) <= config.get("parallel_windows", 1)
    assert not out.bookmarks(subject.stream)


@pytest.mark.parametrize("subject", VENDORS, ids=str)
def test_a_vendor_that_refuses_connections_for_a_while_costs_no_row(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(**SIZE) as gone:
        config = config_of(gone, subject)
        port = int(gone.url.rpartition(":")[2])
    back = Sandbox(**SIZE, clock=Clock(OFFSET.total_seconds()), port=port)
    subject.reset(back)
    announced: list[str] = []

    def announce(_: Any, trouble: str, *__: Any) -> None:
        announced.append(trouble)
        if len(announced) == 2:
            back.start()

    monkeypatch.setattr(VendorApi, "_announce", announce)
    try:
        with client_clock(OFFSET):
            out = sync(config, streams=[subject.stream])
        rows = visible(back, subject)
    finally:
        back.stop()
    assert out.error is None
    assert announced == ["127.0.0.1 refused the connection"] * 2
    assert Judge(subject, config).faults(out, rows, {}, now()) == []


@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_token_may_expire_at_any_request(box: Sandbox, subject: Subject) -> None:
    short = {"start_date": (now() - timedelta(hours=14)).isoformat()}
    complete(box, subject, **short)
    requests = sum(1 for request in box.requests if subject.path in request.path)
    assert requests > 2
    for position in range(requests):
        box.requests.clear()
        box.faults.add(Fault("status", match=subject.path, status=401, after=position))
        complete(box, subject, **short)
        assert struck(box) == 1
        assert sum(1 for request in box.requests if subject.login in request.path) == 2
        box.faults.clear()


@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_token_that_expires_between_the_tries_of_a_request_is_renewed_once(box: Sandbox, subject: Subject) -> None:
    for status, times in ((503, 2), (401, 1), (503, 1)):
        box.faults.add(Fault("status", match=subject.path, status=status, times=times, after=1))
    complete(box, subject)
    assert struck(box) == 4
    assert sum(1 for request in box.requests if subject.login in request.path) == 2


@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_token_for_each_request_costs_no_row(box: Sandbox, subject: Subject) -> None:
    subject.switch(box, subject.worn_tokens)
    complete(box, subject)
    assert sum(1 for request in box.requests if subject.login in request.path) > 4


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_rejected_renewal_ends_the_run_before_the_gap(box: Sandbox, subject: Subject, status: int) -> None:
    refusal = {"error": "invalid_grant", "error_description": "revoked"}
    box.faults.add(
        Fault("status", match=subject.path, status=401, after=4),
        Fault("status", match=subject.login, status=status, body=refusal, after=1, times=None),
    )
    first = run(box, subject)
    assert first.exit_code == 1
    assert "Check setting" in str(first.error)
    box.faults.clear()
    complete(box, subject, state=first.bookmark)


@pytest.mark.parametrize("fault", ["status_503", "reset_after_the_body", "truncated_json", "html", "empty"])
@pytest.mark.parametrize("subject", TOKENED, ids=str)
def test_a_login_in_trouble_costs_no_row(box: Sandbox, subject: Subject, fault: str) -> None:
    box.faults.add(
        Fault(**PASSING[fault], match=subject.login, times=2),
        Fault("status", match=subject.path, status=401, after=3),
        Fault(**PASSING[fault], match=subject.login, after=3, times=2),
    )
    complete(box, subject)
    logins = [request.fault for request in box.requests if subject.login in request.path]
    kind = PASSING[fault]["kind"]
    assert logins in ([kind] * 2, [kind, kind, None] * 2)  # the renewal as the first one


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.repeating], ids=str)
def test_rows_repeated_at_page_edges_are_delivered_once(box: Sandbox, subject: Subject) -> None:
    subject.switch(box, subject.repeating)
    complete(box, subject)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.shorter_pages], ids=str)
def test_pages_shorter_than_asked_cost_no_row(box: Sandbox, subject: Subject) -> None:
    subject.switch(box, subject.shorter_pages)
    complete(box, subject)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.longer_pages], ids=str)
def test_pages_longer_than_asked_cost_no_row(box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    assert subject.longer_pages
    asked, understood = subject.longer_pages
    router = box.app._router
    answered: list[bytes] = []

    async def misunderstand(scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            return {**message, "body": message.get("body", b"").replace(asked, understood)}

        async def sent(message: Message) -> None:
            answered.append(message.get("body", b""))
            await send(message)

        scope["query_string"] = scope["query_string"].replace(asked, understood)
        await router(scope, heard, sent)

    monkeypatch.setattr(box.app, "_router", misunderstand)
    complete(box, subject)
    vendor_s_key = list(subject.keys.values())[-1].encode()
    assert max(body.count(b'"' + vendor_s_key + b'"') for body in answered) > 6


@pytest.mark.parametrize("ahead", [-600, 600])
@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_vendor_s_clock_may_be_ten_minutes_off(own_box: Sandbox, subject: Subject, ahead: int) -> None:
    own_box.clock.skew_seconds += ahead
    first = complete(own_box, subject)
    complete(own_box, subject, state=first.bookmark)


@pytest.mark.parametrize("subject", [each for each in WINDOWED if each.rereads], ids=str)
def test_rows_that_land_late_are_delivered_when_the_look_back_reaches_them(own_box: Sandbox, subject: Subject) -> None:
    table = subject.of(own_box).table(subject.table)
    late = list(table)[1::3]
    table.replace(late, visible_at=own_box.clock.now_ms() + 3 * 3_600_000)
    first = complete(own_box, subject, lookback_hours=72)
    own_box.clock.skew_seconds += 4 * 3600
    config = config_of(own_box, subject, lookback_hours=72)
    with client_clock(OFFSET + timedelta(hours=4)):
        second = sync(config, state=first.bookmark, streams=[subject.stream])
    keys = {key_of(row, subject.keys.values()) for row in late}
    assert len(keys) > 3
    assert not keys & set(delivered(first, subject))
    assert keys <= set(delivered(second, subject))


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.rereads or not each.incremental], ids=str)
def test_rows_that_change_later_are_delivered_anew(own_box: Sandbox, subject: Subject) -> None:
    field, column = subject.changing
    first = complete(own_box, subject, lookback_hours=72)
    table = subject.of(own_box).table(subject.table)
    changed = [{**row, field: "changed later"} for row in list(table)[::3][:9]]
    table.replace(changed)
    second = complete(own_box, subject, lookback_hours=72, state=first.bookmark)
    new = {
        key_of(record, subject.keys) for record in second.records(subject.stream) if record[column] == "changed later"
    }
    assert new == {key_of(row, subject.keys.values()) for row in changed}
    assert "changed later" not in {record[column] for record in first.records(subject.stream)}


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.withholding], ids=str)
def test_a_row_that_changes_while_a_window_is_read_does_not_stand_in_for_one_that_is_missing(
    own_box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, drain = subject.of(own_box).table(subject.table), CallRecordStream.drain
    texts = (f"version {number}" for number in itertools.count())

    def change_and_drain(stream: CallRecordStream[Any], window: TimeWindow) -> Iterator[Page]:
        text = next(texts)
        table.replace([{**row, subject.changing[0]: text} for row in table])
        yield from drain(stream, window)

    monkeypatch.setattr(CallRecordStream, "drain", change_and_drain)
    subject.switch(own_box, subject.withholding)
    out = run(own_box, subject)
    assert "announced" in str(out.error)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.withholding], ids=str)
def test_a_short_window_stays_short_when_its_later_readings_announce_nothing(
    own_box: Sandbox, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain, drained = CallRecordStream.drain, set[int]()

    def announce_once(stream: CallRecordStream[Any], window: TimeWindow) -> Iterator[Page]:
        for page in drain(stream, window):
            if window.index in drained:
                page.announced = None
            yield page
        drained.add(window.index)

    monkeypatch.setattr(CallRecordStream, "drain", announce_once)
    subject.switch(own_box, subject.withholding)
    assert "announced" in str(run(own_box, subject).error)
