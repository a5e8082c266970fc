"""The bookmark never goes back, never comes nearer to now than the settle time, and never passes what was not read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox import Fault, Sandbox
from sandbox.subject import Subject
from tap_callrecords import instants
from tests.faults.judge import Judge, Seen, bookmark, delivered, due, visible
from tests.faults.subjects import KNOWN, SUBJECTS, WINDOWED
from tests.support.forked import forked
from tests.support.tap import Output, catalog_of, sync

REREADING = [subject for subject in WINDOWED if subject.rereads]
RECORDS = KNOWN["eightx8_call_records"]
State = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def ago(**back: float) -> str:
    return (now() - timedelta(**back)).isoformat()


def run(box: Sandbox, subject: Subject, *, state: State | None = None, **settings: Any) -> Output:
    """A run that ends well and does nothing wrong."""
    config = {"start_date": (now() - min(timedelta(days=3), subject.reach)).isoformat(), **settings}
    config = {**subject.of(box).config, **subject.small_pages, **config}
    rows = visible(box, subject)
    out = sync(config, state=state, streams=[subject.stream])
    assert out.error is None
    assert Judge(subject, config).faults(out, rows, state or {}, datetime.now(UTC)) == []
    return out


def reached(out: Output, subject: Subject) -> datetime:
    """The bookmark at the end."""
    found = bookmark(out.bookmark, subject)
    assert found is not None
    return found


def state_of(subject: Subject, value: Any, **more: Any) -> State:
    return {"bookmarks": {subject.stream: {"replication_key_value": value, **more}}}


def asked_from(box: Sandbox, subject: Subject) -> datetime:
    """From when on a run has asked for calls, what queries ask for beyond their windows taken off."""
    asked = [subject.asked(request) for request in box.requests if subject.path in request.path]
    return datetime.fromtimestamp(min(each[0] for each in asked if each), UTC) + subject.widened


def close_to(instant: datetime, expected: datetime) -> bool:
    return abs(instant - expected) <= timedelta(minutes=2)


@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_an_empty_first_run_leaves_the_settle_time_as_bookmark_and_the_next_one_begins_there(subject: Subject) -> None:
    with Sandbox(empty=True) as box:
        first = run(box, subject, lookback_hours=2, settle_minutes=30)
        assert first.records(subject.stream) == []
        assert close_to(reached(first, subject), now() - timedelta(minutes=30))
        box.requests.clear()
        second = run(box, subject, state=first.bookmark, lookback_hours=2, settle_minutes=30)
        back = (subject.lookback or timedelta(hours=2) + subject.more_lookback) + timedelta(seconds=2)
        assert asked_from(box, subject) >= reached(first, subject) - back
        assert reached(second, subject) >= reached(first, subject)


@pytest.mark.parametrize("subject", REREADING, ids=str)
def test_runs_before_and_after_an_end_date_bring_everything_once(box: Sandbox, subject: Subject) -> None:
    end = now() - timedelta(hours=20)
    rows = visible(box, subject)
    first = run(box, subject, end_date=end.isoformat())
    assert reached(first, subject) == end
    second = run(box, subject, state=first.bookmark, lookback_hours=0)
    assert due(rows, now() - timedelta(days=3), now() - timedelta(minutes=16)) <= set(
        delivered(first, subject) | delivered(second, subject)
    )
    third = run(box, subject, state=second.bookmark, end_date=end.isoformat())
    assert reached(third, subject) == reached(second, subject)


@pytest.mark.parametrize("subject", REREADING, ids=str)
def test_an_earlier_start_date_does_not_read_history_again(box: Sandbox, subject: Subject) -> None:
    first = run(box, subject, start_date=ago(hours=30), lookback_hours=3)
    box.requests.clear()
    run(box, subject, state=first.bookmark, start_date=ago(hours=70), lookback_hours=3)
    assert asked_from(box, subject) >= now() - timedelta(hours=3, minutes=17) - subject.more_lookback


@pytest.mark.parametrize("subject", REREADING, ids=str)
def test_a_later_start_date_cuts_the_look_back_only(box: Sandbox, subject: Subject) -> None:
    first = run(box, subject, start_date=ago(hours=30))
    box.requests.clear()
    second = run(box, subject, state=first.bookmark, start_date=ago(hours=5))
    assert close_to(asked_from(box, subject), now() - timedelta(hours=5))
    assert reached(second, subject) >= reached(first, subject)


@pytest.mark.parametrize(("later", "lookback_hours"), [(1, 0), (8, 24)])
@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_start_date_after_the_bookmark_leaves_no_hole(
    box: Sandbox, subject: Subject, later: int, lookback_hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    there = now() - min(timedelta(hours=40), subject.reach - timedelta(minutes=30))
    state = state_of(subject, instants.to_text(there), replication_key=catalog_key(box, subject))
    rows = visible(box, subject)
    out = run(box, subject, state=state, start_date=ago(hours=later), lookback_hours=lookback_hours)
    wanted = due(rows, there, now() - timedelta(minutes=16))
    assert wanted or subject.reach < timedelta(days=1)
    assert wanted <= set(delivered(out, subject))
    assert close_to(asked_from(box, subject), there)
    assert "lies after the bookmark of stream" in caplog.text


@pytest.mark.parametrize("subject", REREADING, ids=str)
def test_a_bookmark_of_another_replication_key_is_not_trusted(box: Sandbox, subject: Subject) -> None:
    state = state_of(subject, ago(hours=1), replication_key="another_time")
    rows = visible(box, subject)
    config = {**subject.of(box).config, "start_date": ago(hours=30), "lookback_hours": 0}
    out = sync(config, state=state, streams=[subject.stream])
    assert due(rows, now() - timedelta(hours=30), now() - timedelta(minutes=16)) <= set(delivered(out, subject))
    assert out.bookmark["bookmarks"][subject.stream]["replication_key"] == catalog_key(box, subject)


@pytest.mark.parametrize(("before", "after"), [(48, 1), (1, 48), (24, 0)])
@pytest.mark.parametrize("subject", REREADING, ids=str)
def test_the_look_back_of_this_run_counts_whatever_that_of_earlier_runs_was(
    box: Sandbox, subject: Subject, before: int, after: int
) -> None:
    first = run(box, subject, lookback_hours=before)
    box.requests.clear()
    run(box, subject, state=first.bookmark, lookback_hours=after, settle_minutes=8)
    back = timedelta(hours=after) + subject.more_lookback
    assert close_to(asked_from(box, subject), reached(first, subject) - back)


@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_longer_settle_time_does_not_take_the_bookmark_back(box: Sandbox, subject: Subject) -> None:
    state = run(box, subject).bookmark
    out = run(box, subject, state=state, settle_minutes=90)
    assert set(out.bookmarks(subject.stream)) == {str(state["bookmarks"][subject.stream]["replication_key_value"])}


@pytest.mark.parametrize("lookback_hours", [0, 24])
@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_bookmark_in_the_future_is_taken_back_and_does_not_keep_calls_from_being_read(
    box: Sandbox, subject: Subject, lookback_hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    key = catalog_key(box, subject)
    state = state_of(subject, "2099-01-01T00:00:00.000Z", replication_key=key)
    config = {**subject.of(box).config, "start_date": ago(hours=11), "lookback_hours": lookback_hours}
    out = sync(config, state=state, streams=[subject.stream])
    assert out.error is None
    echoed, *written = out.bookmarks(subject.stream)
    assert echoed == "2099-01-01T00:00:00.000Z"
    assert written
    assert all(close_to(instants.parse(each), now() - timedelta(minutes=15)) for each in written)
    assert "lies in the future" in caplog.text
    rows, back = visible(box, subject), subject.lookback or timedelta(hours=lookback_hours)
    end = now() - timedelta(minutes=16)
    assert due(rows, max(now() - timedelta(hours=11), end - back), end) <= set(delivered(out, subject))
    again = run(box, subject, state=out.bookmark, lookback_hours=lookback_hours)
    assert again.bookmark


def catalog_key(box: Sandbox, subject: Subject) -> str:
    [entry] = [
        each
        for each in catalog_of(subject.of(box).config, [subject.stream])["streams"]
        if each["stream"] == subject.stream
    ]
    return str(entry["replication_key"])


@pytest.mark.parametrize("subject", [each for each in WINDOWED if each.vendor == "eightx8_work"], ids=str)
def test_a_record_dated_in_the_future_changes_nothing(subject: Subject) -> None:
    with Sandbox(seed=7, days=2, calls_per_day=15) as box:
        work = box.eightx8_work
        late = int(datetime(2031, 1, 1, tzinfo=UTC).timestamp() * 1000)
        long_ago = int((now() - timedelta(hours=9)).timestamp() * 1000)
        # One whose other time lies in the window, and one that no window meets.
        for number, (start, end) in enumerate([(long_ago, late), (late, long_ago), (late, late)]):
            times = {"callId": str(900 + number), "startTimeUTC": start, "disconnectedTimeUTC": end}
            work.add_record(work.new_record(**times))
            work.add_legs([work.new_leg(**times, legId="1")])
        first = run(box, subject)
        assert close_to(reached(first, subject), now() - timedelta(minutes=15))
        second = run(box, subject, state=first.bookmark)
        assert close_to(reached(second, subject), now() - timedelta(minutes=15))


FORMS: dict[str, Callable[[datetime], str]] = {
    "east": lambda instant: instant.astimezone(timezone(timedelta(hours=11))).isoformat(),
    "west": lambda instant: instant.astimezone(timezone(timedelta(hours=-11))).isoformat(),
    "basic": lambda instant: instant.strftime("%Y%m%dT%H%M%S+0000"),
    "naive": lambda instant: instant.strftime("%Y-%m-%d %H:%M:%S"),
    "microseconds": lambda instant: instant.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00"),
}


def before_the_newest(rows: Sequence[Seen], subject: Subject) -> datetime:
    """A whole second ten hours ago, or before that where fewer than three rows came since then: at night."""
    settled = sorted(each.at for each in rows if each.at is not None and each.at < now() - timedelta(minutes=20))
    third = settled[-3:][0].replace(microsecond=0) - timedelta(minutes=1)
    return max(min(now() - timedelta(hours=10), third), now() - subject.reach + timedelta(hours=1))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_bookmark_in_another_form_is_understood_and_written_in_ours(
    box: Sandbox, subject: Subject, form: str
) -> None:
    rows = visible(box, subject)
    there = before_the_newest(rows, subject)
    state = state_of(subject, FORMS[form](there))
    out = run(box, subject, state=state, lookback_hours=0, start_date=(there - timedelta(hours=20)).isoformat())
    wanted = due(rows, there, now() - timedelta(minutes=16))
    assert wanted or subject.reach < timedelta(days=1)
    assert wanted <= set(delivered(out, subject))
    back = subject.more_lookback if subject.lookback is None else subject.lookback
    assert close_to(asked_from(box, subject), there - back)
    _, *written = out.bookmarks(subject.stream)
    assert all(len(each) == len("2026-01-31T00:00:00.000Z") and each.endswith("Z") for each in written)
    assert all(instants.parse(each) >= there for each in written)
    assert close_to(instants.parse(written[-1]), now() - timedelta(minutes=15))


@pytest.mark.parametrize("subject", WINDOWED, ids=str)
def test_a_catalog_may_ask_for_the_full_table(box: Sandbox, subject: Subject) -> None:
    start = now() - min(timedelta(days=3), subject.reach)
    config = {**subject.of(box).config, **subject.small_pages, "start_date": start.isoformat()}
    catalog = catalog_of(config, [subject.stream])
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["forced-replication-method"] = "FULL_TABLE"
    rows = visible(box, subject)
    out = sync(config, catalog=catalog)
    assert out.error is None
    assert out.bookmarks(subject.stream) == []
    keys = delivered(out, subject)
    assert due(rows, start, now() - timedelta(minutes=16)) <= set(keys)
    assert set(keys.values()) <= {1}


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if not each.incremental], ids=str)
def test_a_list_leaves_no_bookmark_and_needs_none(box: Sandbox, subject: Subject) -> None:
    first = run(box, subject)
    assert first.bookmarks(subject.stream) == []
    second = run(box, subject, state=first.bookmark)
    assert second.records(subject.stream) == first.records(subject.stream)


BOOKMARK = {"replication_key": "start_time_utc", "replication_key_value": "2026-01-31T00:00:00.000Z"}
FOREIGN: dict[str, tuple[Any, str]] = {
    "bookmarks that are a list": ({"bookmarks": []}, "State: it must be an object like"),
    "bookmarks that are null": ({"bookmarks": None}, "State: it must be an object like"),
    "a wrapped state": (
        {"singer_state": {"bookmarks": {RECORDS.stream: BOOKMARK}}},
        "State: it must be an object like",
    ),
    "a whole message": ({"type": "STATE", "value": {"bookmarks": {}}}, "State: it must be an object like"),
    "another system's state": ({"cursor": 17}, "State: it must be an object like"),
    "a bookmark that is a text": ({"bookmarks": {RECORDS.stream: "2026-01-31"}}, "is not an object"),
    "a number as bookmark": (state_of(RECORDS, 1767225600000), "is not a date and time"),
    "words as bookmark": (state_of(RECORDS, "yesterday"), "is not a date and time"),
    "a list as bookmark": (state_of(RECORDS, ["2026-01-31"]), "is not a date and time"),
    "an impossible date": (state_of(RECORDS, "2026-02-30T00:00:00.000Z"), "is not a date and time"),
    "a year without end": (state_of(RECORDS, "20260-01-01T00:00:00Z"), "is not a date and time"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_state_is_refused_in_words_before_anything_is_read(box: Sandbox, name: str) -> None:
    state, words = FOREIGN[name]
    out = sync(RECORDS.of(box).config, state=state)
    assert words in str(out.error)
    assert out.messages == []
    assert box.requests == []


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b'{"bookmarks": {"eightx8_call_re', b"\xff\xfe{}", b"\x00" * 64, b"[" * 100_000],
    ids=["empty", "null", "list", "cut", "no text", "zeros", "deep"],
)
def test_a_corrupt_state_file_ends_the_command_with_one_readable_line(
    box: Sandbox, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    out = forked(RECORDS.of(box).config, "--state", str(path))
    assert out.exit_code == 1
    assert out.messages == []
    assert "State: the file" in out.stderr
    assert "Traceback" not in out.stderr
    assert box.requests == []


@pytest.mark.parametrize("state", [None, {}, {"bookmarks": {}}, {"currently_syncing": None}], ids=str)
def test_a_state_without_bookmarks_lets_a_run_begin_at_the_start_date(box: Sandbox, state: State | None) -> None:
    run(box, RECORDS, state=state, start_date=ago(hours=5))
    assert close_to(asked_from(box, RECORDS), now() - timedelta(hours=5))


def test_what_other_streams_and_plugins_have_left_in_the_state_stays_and_disturbs_nothing(box: Sandbox) -> None:
    others: State = {
        "gone_stream": {"replication_key": "id", "replication_key_value": "2026-01-01T00:00:00.000Z"},
        RECORDS.stream: {
            "partitions": [{"context": {"pbx": "a"}, "replication_key_value": "2020-01-01T00:00:00Z"}],
            "progress_markers": {"Note": "x", "replication_key_value": "2031-01-01T00:00:00Z"},
        },
    }
    out = run(box, RECORDS, state=json.loads(json.dumps({"bookmarks": others})), start_date=ago(hours=5))
    assert close_to(asked_from(box, RECORDS), now() - timedelta(hours=5))
    assert out.bookmark["bookmarks"]["gone_stream"] == others["gone_stream"]
    assert set(out.bookmark["bookmarks"][RECORDS.stream]) == {"replication_key", "replication_key_value"}


def test_a_failed_run_never_takes_the_bookmark_back_into_the_look_back(box: Sandbox) -> None:
    state = run(box, RECORDS).bookmark
    box.faults.add(Fault("reset", match=RECORDS.path, after=4, times=None))
    config = {**RECORDS.of(box).config, **RECORDS.small_pages, "start_date": ago(days=3), "window_hours": 4}
    out = sync({**config, "max_attempts": 1}, state=state, streams=[RECORDS.stream])
    assert out.error is not None
    assert set(out.bookmarks(RECORDS.stream)) == {state["bookmarks"][RECORDS.stream]["replication_key_value"]}
