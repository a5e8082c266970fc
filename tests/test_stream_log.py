"""What a run says in the log: what it has read, how long it took, what is odd."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox import Sandbox
from tap_callrecords.output import progress
from tests.support.tap import sync
from tests.support.work import RECORDS, box, emptied, ms, put_record, put_rows_of_a_window, run

__all__ = ["box", "emptied"]


@pytest.mark.parametrize("maps", [{}, {RECORDS: {"added": "'x'"}}], ids=["pages", "records"])
def test_a_run_says_at_its_end_how_much_it_has_read_and_how_long_requests_took(
    box: Sandbox, maps: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    put_rows_of_a_window(box, 8)
    with caplog.at_level(logging.INFO):
        run(box, window_hours=40, stream_maps=maps)
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if line.startswith(f"{RECORDS}: window 1 of 1, 8 records, ")]
    measured = [line for line in said if "http_request_duration" in line]
    assert len(measured) == sum(1 for request in box.requests if "call-records" in request.path)
    assert all(RECORDS in line and "200" in line and "succeeded" in line for line in measured)


def test_a_run_tells_how_far_it_has_come_and_of_a_list_how_many_records(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 0.0)
    put_rows_of_a_window(box, 8)
    with caplog.at_level(logging.INFO):
        run(box, window_hours=10)
        sync(box.voiso.config, streams=["voiso_agents"])
    said = [line.rpartition(" records, ")[0] for line in caplog.messages if line.endswith(("a second", " left"))]
    places = [line.removeprefix(f"{RECORDS}: ") for line in said if RECORDS in line]
    assert [*dict.fromkeys(places)] == [
        f"window {done} of 3, {records}" for done, records in ((0, 0), (1, 0), (2, 0), (2, 8), (3, 8))
    ]
    assert {line for line in said if RECORDS not in line} == {"voiso_agents: 0"}


def test_a_field_is_named_in_the_log_but_no_number_that_stands_in_its_name(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    now = ms(datetime.now(UTC))
    put_record(box, 1, now - 3_600_000, now - 3_500_000, **{"+1 (212) 555-0147": "x", "callTime": "many"})
    out = run(box, window_hours=40)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "Field 'callTime' is new or does not fit its type; its values are kept in _rescued_data." in told
    assert len(told) == 2
    assert not [line for line in told if "555" in line]
    assert "555-0147" not in caplog.text
    assert out.records(RECORDS)[0]["_rescued_data"] == {"+1 (212) 555-0147": "x", "callTime": "many"}


def test_the_start_date_that_the_vendor_no_longer_serves_is_told(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    start = datetime.now(UTC) - timedelta(days=1000)
    run(box, start_date=start.isoformat(), end_date=(start + timedelta(days=270)).isoformat(), window_hours=9999)
    assert "has no data before" in caplog.text
