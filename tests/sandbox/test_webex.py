"""The simulated Webex Calling against its documents: shapes, links, windows, tokens, allowances (WX 2 to 9, 13.3)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import Clock, Sandbox
from sandbox.calls import generate_day
from sandbox.webex.rows import DOCS_SPELLING, INSERTED, TIMES, call_rows, epoch_ms, utc_text

SAMPLES = Path(__file__).parents[2] / "sandbox" / "samples"
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Ask = Callable[..., requests.Response]


def text(at: datetime) -> str:
    return utc_text(int(at.timestamp() * 1000))


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(empty=True, clock=Clock(frozen_ms=int(NOW.timestamp() * 1000))) as running:
        yield running


@pytest.fixture
def ask(box: Sandbox) -> Iterator[Ask]:
    with requests.Session() as session:

        def send(endpoint: str = "cdr_feed", *, token: str = box.webex.access_token, **given: str) -> requests.Response:
            window = {"startTime": text(NOW - 2 * HOUR), "endTime": text(NOW - HOUR)}
            headers = {"Authorization": f"Bearer {token}"}
            return session.get(f"{box.webex.url}/{endpoint}", params=window | given, headers=headers, timeout=10)

        yield send


def put(box: Sandbox, count: int, **fields: str) -> list[str]:
    """Records a second apart in the hour that is asked for; their ids."""
    for number in range(count):
        at = text(NOW - 2 * HOUR + timedelta(seconds=number + 1))
        times = {"Start time": at, "Release time": at, "Report time": at}
        box.webex.add_record(box.webex.new_record({"Report ID": f"id {number:03}", **times, **fields}))
    return [f"id {number:03}" for number in range(count)]


def ids(answer: requests.Response) -> list[str]:
    return [item["Report ID"] for item in answer.json()["items"]]


def follow(box: Sandbox, answer: requests.Response) -> list[requests.Response]:
    """All pages from this one on, by requests' own reading of the header."""
    pages = [answer]
    headers = {"Authorization": f"Bearer {box.webex.access_token}"}
    while "next" in pages[-1].links:
        pages.append(requests.get(pages[-1].links["next"]["url"], headers=headers, timeout=10))
    return pages


def test_an_answer_holds_items_and_nothing_else(box: Sandbox, ask: Ask) -> None:
    put(box, 2)
    answer = ask()
    assert list(answer.json()) == ["items"]
    assert "Link" not in answer.headers
    newest = json.loads((SAMPLES / "webex_cdr_feed.json").read_text())["items"][0]
    assert [list(item) for item in answer.json()["items"]] == [list(newest)] * 2


def test_pages_are_linked_with_the_parameters_of_the_documents(box: Sandbox, ask: Ask) -> None:
    wanted = put(box, 1200)
    pages = follow(box, ask(max="500"))
    assert [len(ids(page)) for page in pages] == [500, 500, 200]
    assert [each for page in pages for each in ids(page)] == wanted
    url = pages[0].links["next"]["url"]
    names = [part.partition("=")[0] for part in url.partition("?")[2].split("&")]
    assert names == ["endTime", "startTime", "startTimeForNextFetch", "totalCount", "max", "orgId"]
    assert "totalCount=1200&" in url


@pytest.mark.parametrize(("version", "size", "page"), [("2026", "1", 500), ("2026", None, 600), ("earlier", "7", 7)])
def test_the_size_of_pages_is_clamped_as_in_each_version(
    box: Sandbox, ask: Ask, version: Any, size: str | None, page: int
) -> None:
    box.webex.switches.version = version
    put(box, 600)
    assert len(ids(ask(**({"max": size} if size else {})))) == page


def test_a_link_that_was_changed_on_its_way_is_refused(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.page_cap = 1
    put(box, 3)
    url = ask().links["next"]["url"]
    headers = {"Authorization": f"Bearer {box.webex.access_token}"}
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    assert requests.get(url + "&extra=1", headers=headers, timeout=10).status_code == 400
    assert requests.get(url.replace(":00.000Z", "%3A00.000Z"), headers=headers, timeout=10).status_code == 400


def test_more_records_on_one_instant_than_a_page_holds_lead_in_circles(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.page_cap = 2
    at = text(NOW - 1.5 * HOUR)
    for number in range(5):
        box.webex.add_record(box.webex.new_record({"Report ID": str(number), "Report time": at}))
    first = ask()
    second = requests.get(
        first.links["next"]["url"], headers={"Authorization": f"Bearer {box.webex.access_token}"}, timeout=10
    )
    assert ids(first) == ids(second)
    assert first.links == second.links


@pytest.mark.parametrize(
    ("changes", "endpoint", "status"),
    [
        ({}, "cdr_feed", 200),
        ({"startTime": "2026-03-03T10:00:00.000000Z"}, "cdr_feed", 400),
        ({"startTime": "2026-03-03T10:00:00.000+00:00"}, "cdr_feed", 400),
        ({"startTime": "2026-03-03T10:00:00Z"}, "cdr_feed", 400),
        ({"startTime": text(NOW - HOUR)}, "cdr_feed", 400),
        ({"startTime": text(NOW - 13.1 * HOUR)}, "cdr_feed", 400),
        ({"startTime": text(NOW - 13 * HOUR)}, "cdr_feed", 200),
        ({"startTime": text(NOW - 721 * HOUR), "endTime": text(NOW - 720 * HOUR)}, "cdr_feed", 400),
        ({"endTime": text(NOW - timedelta(minutes=4))}, "cdr_feed", 400),
        ({"startTime": text(NOW - 3.1 * HOUR)}, "cdr_stream", 400),
        ({"startTime": text(NOW - 12.1 * HOUR), "endTime": text(NOW - 11 * HOUR)}, "cdr_stream", 400),
        ({"endTime": text(NOW - timedelta(minutes=4))}, "cdr_stream", 200),
        ({"endTime": text(NOW)}, "cdr_stream", 400),
        ({"max": "many"}, "cdr_feed", 400),
        ({"locations": ",".join(map(str, range(11)))}, "cdr_feed", 400),
    ],
)
def test_parameters_are_taken_or_refused_as_documented(
    ask: Ask, changes: dict[str, str], endpoint: str, status: int
) -> None:
    answer = ask(endpoint, **changes)
    assert answer.status_code == status
    if status == 400:
        assert set(answer.json()) == {"message", "errors", "trackingId"}
        assert answer.headers["TrackingID"] == answer.json()["trackingId"]


def test_the_seeds_version_serves_48_hours_in_one_window(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.version = "earlier"
    assert ask(startTime=text(NOW - 48 * HOUR), endTime=text(NOW)).status_code == 200
    assert ask(startTime=text(NOW - 48.1 * HOUR)).status_code == 400


def test_the_window_selects_by_the_switched_time(box: Sandbox, ask: Ask) -> None:
    times = {"Start time": text(NOW - 5 * HOUR), "Report time": text(NOW - 1.5 * HOUR)}
    box.webex.add_record(
        box.webex.new_record({"Report ID": "1", **times}), inserted_at=int((NOW - 7 * HOUR).timestamp() * 1000)
    )
    found = {}
    for field in ("report", "start", "inserted"):
        box.webex.switches.filter_field = field
        found[field] = [hours for hours in range(1, 9) if ids(ask(**hour(hours)))]
    assert found == {"report": [1], "start": [4, 5], "inserted": [6, 7]}
    assert [hours for hours in range(1, 9) if ids(ask("cdr_stream", **hour(hours)))] == [6, 7]


def hour(ago: int) -> dict[str, str]:
    return {"startTime": text(NOW - (ago + 1) * HOUR), "endTime": text(NOW - ago * HOUR)}


@pytest.mark.parametrize(("empty", "status", "body"), [("200", 200, b'{"items":[]}'), ("204", 204, b"")])
def test_an_empty_window_is_told_as_switched(box: Sandbox, ask: Ask, empty: Any, status: int, body: bytes) -> None:
    box.webex.switches.empty = empty
    assert (ask().status_code, ask().content) == (status, body)


def test_an_empty_window_may_be_a_404_in_the_vendors_words(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.empty = "404"
    assert ask().status_code == 404
    said = ask().json()
    assert (said["errorCode"], said["message"]) == (404, "No CDRs for requested time range and filters")
    wrong = ask("cdr_feeds")
    assert (wrong.status_code, wrong.json()["message"]) == (404, "The requested resource could not be found.")


def test_locations_filter_by_name(box: Sandbox, ask: Ask) -> None:
    put(box, 2, Location="A / B")
    assert len(ids(ask(locations="Elsewhere,A / B"))) == 2
    assert ids(ask(locations="A")) == []


def test_a_second_initial_request_within_a_minute_is_refused(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.initial_interval_seconds = 60
    assert ask().status_code == 200
    box.clock.skew_seconds = 20
    refused = ask()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert refused.json()["message"] == "Request rate exceeds threshold"
    box.clock.skew_seconds = 60
    assert ask().status_code == 200


def test_the_eleventh_page_within_a_minute_is_refused(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.pages_per_minute, box.webex.switches.page_cap = 10, 1
    put(box, 20)
    url = ask().links["next"]["url"]
    headers = {"Authorization": f"Bearer {box.webex.access_token}"}
    statuses = Counter(requests.get(url, headers=headers, timeout=10).status_code for _ in range(11))
    assert statuses == {200: 10, 429: 1}


def renew(box: Sandbox, **changed: str) -> requests.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": box.webex.client_id,
        "client_secret": box.webex.client_secret,
        "refresh_token": box.webex.refresh_token,
    }
    return requests.post(f"{box.webex.url}/access_token", data=form | changed, timeout=10)


def test_a_renewal_answers_as_documented_and_its_token_is_good(box: Sandbox, ask: Ask) -> None:
    answer = renew(box).json()
    assert list(answer) == [
        "access_token",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "token_type",
        "scope",
    ]
    assert answer["refresh_token"] == box.webex.refresh_token
    assert ask(token=answer["access_token"]).status_code == 200


@pytest.mark.parametrize(("rotation", "old_status"), [("none", 200), ("old_lives", 200), ("old_dies", 400)])
def test_a_renewal_may_bring_another_refresh_token(box: Sandbox, rotation: Any, old_status: int) -> None:
    box.webex.switches.rotation = rotation
    newest = renew(box).json()["refresh_token"]
    assert (newest != box.webex.refresh_token) == (rotation != "none")
    assert renew(box).status_code == old_status
    assert renew(box, refresh_token=newest).status_code == 200


@pytest.mark.parametrize("name", ["client_secret", "refresh_token", "grant_type"])
def test_a_renewal_with_a_wrong_word_is_refused(box: Sandbox, name: str) -> None:
    assert renew(box, **{name: "wrong"}).status_code in (400, 401)


def test_tokens_that_are_missing_unknown_or_expired_are_refused(box: Sandbox, ask: Ask) -> None:
    assert ask(token="unknown").status_code == 401
    assert requests.get(f"{box.webex.url}/cdr_feed", timeout=10).status_code == 401
    box.clock.skew_seconds = 13 * 3600
    assert ask().status_code == 401


def test_a_wrong_region_is_told_with_its_host(box: Sandbox, ask: Ask) -> None:
    box.webex.switches.wrong_region_answers = 1
    assert ask().status_code == 451
    assert ask().status_code == 200


def test_the_documents_spelling_differs_in_ten_keys(box: Sandbox, ask: Ask) -> None:
    put(box, 1)
    real = set(ask().json()["items"][0])
    box.webex.switches.spelling = "docs"
    documented = set(ask().json()["items"][0])
    assert (real - documented, documented - real) == (set(DOCS_SPELLING), set(DOCS_SPELLING.values()))


def test_a_calls_records_share_a_correlation_id_and_agree_with_the_call() -> None:
    calls = generate_day(8, NOW.date(), 400)
    rows = {call.id: call_rows(call) for call in calls}
    every = [row for found in rows.values() for row in found]
    assert len({row["Report ID"] for row in every}) == len(every)
    assert all(rows.values())
    sessions = defaultdict(set)
    for call in calls:
        for row in rows[call.id]:
            sessions[row["Correlation ID"]].add(call.id)
            assert row["Report time"] == row["Release time"] <= utc_text(call.ended_ms)
            assert utc_text(call.started_ms) <= row["Start time"] <= row["Release time"]
            assert (row["Answered"] == "true") == bool(row["Answer time"])
            assert row["Duration"] == _seconds(row["Answer time"], row["Release time"])
            assert row[INSERTED] > call.ended_ms
    assert {len(found) for found in sessions.values()} == {1}
    kinds = Counter(row["User type"] for row in every)
    assert {"User", "CallCenterStandard", "HuntGroup", "AutomatedAttendantVideo", "VoiceMailGroup"} == set(kinds)
    for call in calls:
        side = "ORIGINATING" if call.direction == "outgoing" else "TERMINATING"
        spoke = [row for row in rows[call.id] if (row["User type"], row["Direction"]) == ("User", side)]
        assert any(row["Answered"] == "true" for row in spoke) == (call.outcome == "answered")


def _seconds(start: str, end: str) -> int:
    return ((epoch_ms(end) or 0) - (epoch_ms(start) or 0)) // 1000 if start else 0


def test_the_samples_are_served_as_of_yesterday_with_their_lengths_kept() -> None:
    with Sandbox(days=2, calls_per_day=0, samples=True) as box:
        served = list(box.webex.records)
    items = json.loads((SAMPLES / "webex_cdr_feed.json").read_text())["items"]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    for row, sample in zip(served, items, strict=True):
        assert datetime.fromisoformat(row["Start time"]).date() == yesterday
        assert {name: row[name] for name in row if name not in TIMES} == {
            name: sample[name] for name in sample if name not in TIMES
        }
        assert _seconds(row["Start time"], row["Release time"]) == _seconds(
            sample["Start time"], sample["Release time"]
        )
