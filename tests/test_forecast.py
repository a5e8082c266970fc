"""`--plan` says what a run would read and what it takes at least, and sends nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import Sandbox
from tap_callrecords import instants
from tests.support.forked import forked
from tests.support.streams import DESELECTED, KEYS
from tests.support.tap import catalog_of

READ = set(KEYS) - DESELECTED


def plan(config: dict[str, Any], **more: Any) -> dict[str, Any]:
    out = forked(config, "--plan=json", **more)
    assert out.exit_code == 0, out.stderr
    found: dict[str, Any] = json.loads(out.raw)
    return found


def by_stream(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["stream"]: each for each in found["streams"]}


def ago(**back: float) -> str:
    return (datetime.now(UTC).replace(microsecond=0) - timedelta(**back)).isoformat()


def test_a_run_without_calls_takes_what_was_planned_and_planning_sends_nothing() -> None:
    with Sandbox(empty=True) as box:
        end = ago(hours=2)
        config = {**box.config, "start_date": ago(days=5), "end_date": end}
        found = plan(config)
        assert not box.requests
        out = forked(config)
        sent = [request for request in box.requests if "token" not in request.path]
    assert out.exit_code == 0
    assert set(by_stream(found)) == READ
    assert found["least_requests"] == sum(each["least_requests"] for each in found["streams"]) == len(sent)
    for name, each in by_stream(found).items():
        if each["windows"] is None:
            assert (each["from"], each["to"], each["least_requests"]) == (None, None, 1)
            continue
        assert each["from"] == instants.to_text(instants.parse(config["start_date"]))
        assert each["to"] == instants.to_text(instants.parse(end)) == out.bookmarks(name)[-1]
        assert each["windows"] == len(set(out.bookmarks(name)))


def test_a_state_is_gone_on_from_and_streams_that_are_not_selected_are_left_out() -> None:
    with Sandbox(empty=True) as box:
        config = {**box.voiso.config, "start_date": ago(days=30), "lookback_hours": 24}
    bookmark = instants.to_text(datetime.now(UTC) - timedelta(days=1))
    state = {"bookmarks": {"voiso_cdr": {"replication_key": "timestamp_utc", "replication_key_value": bookmark}}}
    (only,) = plan(config, state=state, catalog=catalog_of(config, ["voiso_cdr"]))["streams"]
    assert only["stream"] == "voiso_cdr"
    assert instants.parse(only["from"]) == instants.parse(bookmark) - timedelta(days=1)
    assert only["windows"] == 2


def test_the_pace_of_a_vendor_makes_the_least_time() -> None:
    with Sandbox(empty=True) as box:
        config = {**box.webex.config, "webex_initial_request_interval_seconds": 60}
    both = plan({**config, "optional_streams": ["webex_live_call_history"]})
    feed = by_stream(both)["webex_detailed_call_history"]
    assert (feed["windows"], feed["least_seconds"]) == (60, 59 * 60)
    assert both["least_seconds"] == (both["least_requests"] - 1) * 60
    out = forked({**config, "webex_locations": [f"Site {number}" for number in range(11)]}, "--plan")
    assert out.exit_code == 0
    assert "At least 120 requests, 1 h 59 min at least by the vendors' pace. Nothing was sent." in out.raw.decode()


def test_a_back_fill_that_has_nothing_to_read_says_so() -> None:
    with Sandbox(empty=True) as box:
        config = {**box.voiso.config, "start_date": ago(days=-1)}
    text = forked(config, "--plan").raw.decode()
    assert "voiso_cdr             nothing to read" in text
    assert "voiso_agents          the whole list" in text


def test_a_start_date_holds_however_early_where_the_vendor_states_no_limit() -> None:
    with Sandbox(empty=True) as box:
        config = {**box.config, "start_date": "2021-01-01T00:00:00Z", "end_date": "2021-01-11T00:00:00Z"}
    out = forked(config, "--plan=json")
    found = by_stream(json.loads(out.raw))
    for name in ("voiso_cdr", "eightx8_recent_calls", "eightx8_interactions"):
        assert (found[name]["from"], found[name]["windows"]) == ("2021-01-01T00:00:00.000Z", 10)
    for name in ("eightx8_call_legs", "webex_detailed_call_history"):  # two years, and 30 days
        assert found[name]["windows"] == 0
    assert out.stderr.count("has no data before") == sum(each["windows"] == 0 for each in found.values())
