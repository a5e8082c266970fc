"""What a person is told of a run: lines while it goes on, a line for each stream at its end, a table in a terminal."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from contextlib import redirect_stderr

import pytest
from typing_extensions import override

from tap_callrecords.output.progress import Progress, StreamResult, Summary, in_words
from tests.support.tap import ROOT

LOGGER = logging.getLogger("tap-callrecords")


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", self.getvalue())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name, value in (("TERM", "xterm"), ("COLUMNS", "200"), ("LINES", "50")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass; otherwise it stands still."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


@pytest.fixture(autouse=True)
def every_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 00 min"),
        (3 * 3600 + 5 * 60 + 59, "3 h 05 min"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_a_line_tells_the_place_the_pace_and_the_time_that_is_left(later: Callable[[float], None]) -> None:
    run = Progress("calls", 4, LOGGER)
    run.page(1000)
    later(10)
    assert run.line() == "calls: window 0 of 4, 1,000 records, 100 a second"
    run.window()
    run.page(5000)
    assert run.line() == "calls: window 1 of 4, 6,000 records, 600 a second, about 30 s left"
    run.window()
    assert run.line() == "calls: window 2 of 4, 6,000 records, 600 a second, about 10 s left"
    for _ in range(2):
        run.window()
    assert run.line() == "calls: window 4 of 4, 6,000 records, 600 a second"


def test_a_list_has_no_windows(later: Callable[[float], None]) -> None:
    run = Progress("agents", None, LOGGER)
    run.page(3)
    later(2)
    run.window()
    assert run.line() == "agents: 3 records, 2 a second"


def test_a_run_of_little_or_no_time_has_a_pace(later: Callable[[float], None]) -> None:
    run = Progress("agents", None, LOGGER)
    assert run.line() == "agents: 0 records, 0 a second"
    run.page(3)
    later(0.5)
    assert run.line() == "agents: 3 records, 6 a second"


def test_there_is_a_line_every_ten_seconds(later: Callable[[float], None], caplog: pytest.LogCaptureFixture) -> None:
    run = Progress("calls", 9, LOGGER)
    for _ in range(3):
        later(4)
        run.page(1)
        later(2)
        run.window()
    assert [record.getMessage() for record in caplog.records] == [
        "calls: window 1 of 9, 2 records, 0 a second, about 1 min left"
    ]
    later(9.9)
    run.page(1)
    assert len(caplog.records) == 2
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_a_terminal_shows_a_bar_and_no_lines(
    terminal: Terminal, later: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    run = Progress("calls", 2, LOGGER)
    with redirect_stderr(terminal), run.shown() as shown:
        assert shown is run
        later(60)
        run.page(1234)
        run.window()
    assert re.search(r"calls .+ 0/2 windows, 0 records", terminal.text)
    assert re.search(r"calls .+ 1/2 windows, 1,234 records", terminal.text)
    assert terminal.getvalue().endswith("\x1b[2K"), "nothing of it stays"
    assert caplog.records == []


@pytest.mark.parametrize("windows", [None, 0, 1])
def test_what_is_read_at_once_has_no_bar(terminal: Terminal, windows: int | None) -> None:
    run = Progress("agents", windows, LOGGER)
    with redirect_stderr(terminal), run.shown() as shown:
        assert shown is run
        run.page(1)
    assert terminal.getvalue() == ""


def test_without_a_terminal_there_is_no_bar() -> None:
    with redirect_stderr(io.StringIO()) as errors, Progress("calls", 9, LOGGER).shown() as run:
        run.page(1)
    assert errors.getvalue() == ""


def result(
    stream: str, records: int = 0, *, windows: int | None = None, finished: int | None = None, **more: object
) -> StreamResult:
    done = Progress(stream, windows, LOGGER)
    done.page(records)
    done.finished = (windows or 0) if finished is None else finished
    return StreamResult(stream, done, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("each", "line"),
    [
        (
            result("calls", 1234, windows=3, seconds=61, read_up_to="2026-01-31T00:00:00.000Z"),
            "calls: 1,234 records, 3 windows, 1 min, read up to 2026-01-31T00:00:00.000Z",
        ),
        (result("calls", 1, windows=1, seconds=2), "calls: 1 record, 1 window, 2 s"),
        (
            result("calls", 5, windows=1001, finished=1000, trouble="Failed: why.", failed=True),
            "calls: 5 records, 1,000 of 1,001 windows, 0 s. Failed: why.",
        ),
        (result("calls", windows=1, finished=0), "calls: 0 records, 0 of 1 windows, 0 s"),
        (result("calls", windows=0), "calls: 0 records, 0 windows, 0 s"),
        (result("agents", 7), "agents: 7 records, 0 s"),
        (result("agents", 7, remarks=["One.", "Two."]), "agents: 7 records, 0 s. One. Two."),
        (StreamResult("agents", trouble="Not read: refused."), "agents: Not read: refused."),
        (StreamResult("agents"), "agents: "),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_line_of_a_stream_tells_what_became_of_it(each: StreamResult, line: str) -> None:
    assert each.line() == line


@pytest.fixture
def summary(later: Callable[[float], None]) -> Summary:
    summary = Summary(LOGGER)
    later(3 * 60)
    return summary


def test_the_line_of_a_run_counts_streams_and_records(summary: Summary) -> None:
    summary.results.append(result("calls", 1500))
    assert summary.line() == "Run: 1 stream, 1,500 records, 3 min"
    summary.results += [result("legs", 2), result("agents", 3)]
    assert summary.line() == "Run: 3 streams, 1,505 records, 3 min"


def test_the_line_of_a_run_names_the_streams_that_were_not_read_to_the_end(summary: Summary) -> None:
    summary.results = [
        result("calls", 1500, trouble="Failed: why.", failed=True),
        result("legs", 2, trouble="Stopped before its end."),
        result("agents", 3),
        StreamResult("queues", trouble="Not read: refused as calls was."),
    ]
    assert summary.line() == (
        "Run: 3 of 4 streams not read to the end (calls, legs, queues), 1,505 records, 3 min. The next run continues "
        "from the bookmarks"
    )


def test_the_page_about_errors_shows_a_summary_as_it_is_written(later: Callable[[float], None]) -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    shown = page[page.index("\n## The summary\n") :].split("```")[1].replace(" ...", "").split("\n")[1:-1]
    summary = Summary(LOGGER)
    later(2 * 60)
    refused = "Failed: Webex refused to renew the access token."
    summary.results = [
        result("eightx8_call_legs", 12_431, windows=31, seconds=120, read_up_to="2026-03-01T02:45:00.000Z"),
        result("voiso_agents", 212),
        result("webex_detailed_call_history", windows=60, finished=0, trouble=refused, failed=True),
    ]
    assert [*(each.line() for each in summary.results), summary.line()] == shown


def test_a_run_ends_with_a_line_for_each_stream_and_one_for_itself(
    summary: Summary, caplog: pytest.LogCaptureFixture
) -> None:
    summary.results = [result("calls", 1, trouble="Failed: why.", failed=True), result("legs", 2)]
    summary.show()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", summary.results[0].line()),
        ("INFO", summary.results[1].line()),
        ("WARNING", summary.line()),
    ]
    caplog.clear()
    summary.results = [result("legs", 2)]
    summary.show()
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_a_run_that_was_not_begun_has_no_summary(summary: Summary, caplog: pytest.LogCaptureFixture) -> None:
    summary.show()
    assert caplog.records == []


def test_a_terminal_shows_a_table_and_then_what_went_wrong(
    summary: Summary, terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    summary.results = [
        result("calls", 1234, windows=3, seconds=61, read_up_to="2026-01-31T00:00:00.000Z"),
        result("legs", 5, windows=4, finished=1, trouble="Failed: [why]: not.", failed=True),
        StreamResult("agents", trouble="Not read: refused as legs was."),
        result("queues", 6, remarks=["A remark."]),
    ]
    with redirect_stderr(terminal):
        summary.show()
    table, said = terminal.text.splitlines()[:5], terminal.text.splitlines()[5:]
    assert [line.rstrip() for line in table] == [
        " stream  records  windows   time  read up to",
        " calls     1,234        3  1 min  2026-01-31T00:00:00.000Z",
        " legs          5   1 of 4    0 s                            Failed",
        " agents                                                     Not read",
        " queues        6             0 s",
    ]
    assert said == ["legs: Failed: [why]: not.", "queues: A remark."]
    assert terminal.getvalue().startswith("\x1b[1m \x1b[0m\x1b[1mstream")
    in_red = [line for line in terminal.getvalue().splitlines() if "\x1b[31m" in line]
    assert [line for line in in_red if "legs" in line] == in_red != []
    assert [record.getMessage() for record in caplog.records] == [summary.line()]
