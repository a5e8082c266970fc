"""Which time a run of a stream reads: from its bookmark and the settings; it also logs this."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tap_callrecords import instants
from tap_callrecords.stream.hooks import Api, StreamHooks
from tap_callrecords.windows.plan import OVERLAP, Span, TimeWindow, floor_second, plan_span, plan_windows

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""None of the vendors' services is older."""


class PlannedStream(StreamHooks[Api]):
    """A stream that knows which windows it has to read."""

    @property
    def lookback(self) -> timedelta:
        """How much before the bookmark is read again."""
        return timedelta(hours=self.config["lookback_hours"])

    @property
    def settle(self) -> timedelta:
        """How recent a call may be; newer calls are left for the next run."""
        return timedelta(minutes=self.config["settle_minutes"])

    @property
    def window_length(self) -> timedelta:
        """Length of a window, as configured and as the vendor allows for it and its overlap at both ends."""
        wanted = timedelta(hours=self.config["window_hours"])
        return wanted if self.longest_window is None else min(wanted, self.longest_window - 2 * OVERLAP)

    def plan(self) -> tuple[Span, Sequence[TimeWindow]]:
        """The span of this run and its windows."""
        span = self._span()
        windows = self.windows_of(span)
        if not windows:
            self.logger.warning(
                "There is nothing to read: this run would begin at %s and end at %s (bookmark and settings start_date, "
                "end_date, lookback_hours, settle_minutes).",
                instants.to_text(span.start),
                instants.to_text(span.end),
            )
        return span, windows

    def windows_of(self, span: Span) -> Sequence[TimeWindow]:
        """The windows that a span is cut into."""
        return plan_windows(span, self.window_length)

    def _span(self) -> Span:
        now = floor_second(datetime.now(UTC))
        bookmark = self.read_bookmark()
        start_date, read_up_to = self._instant("start_date"), instants.parse(bookmark) if bookmark else None
        reach = self.retention
        if not self.limit_is_stated:
            asked_for = [max(each, LONG_AGO) for each in (start_date, read_up_to) if each is not None]
            reach = max([reach, *(now - each + self.lookback for each in asked_for)])
        span = plan_span(
            now=now,
            start_date=start_date,
            end_date=self._instant("end_date"),
            bookmark=read_up_to,
            lookback=self.lookback,
            settle=self.settle,
            retention=reach,
        )
        if span.unreachable_since is not None:
            self.logger.warning(
                "%s has no data before %s; calls from %s until then are unavailable.",
                self.product,
                instants.to_text(span.start),
                instants.to_text(span.unreachable_since),
            )
        if span.begins_before_start_date:
            self.logger.warning(
                "The start date %s lies after the bookmark of stream %s, %s: what lies between them is read as well. "
                "The start date only says where the first sync begins; to leave calls out, move the bookmark.",
                self.config["start_date"],
                self.name,
                bookmark,
            )
        return span

    def _instant(self, setting: str) -> datetime | None:
        value = self.config.get(setting)
        return instants.parse(value) if value else None

    def correct_bookmark(self) -> None:
        """Take a bookmark in the future back: nobody can have read up to there, and it would keep runs from reading."""
        now, bookmark = datetime.now(UTC), self.read_bookmark()
        if bookmark is None or bookmark <= instants.to_text(now):
            return
        settled = instants.to_text(now - self.settle)
        self.logger.warning(
            "The bookmark of stream %s, %s, lies in the future, as after a run with a wrong clock. It is set to %s and "
            "the look-back before that is read. If the last good run was earlier, remove the bookmark from the state, "
            "to read from the start date again.",
            self.name,
            bookmark,
            settled,
        )
        self.checkpoint(settled)

    def windows_at_once(self, windows: Sequence[TimeWindow]) -> int:
        """How many of these windows are read at the same time."""
        wanted: int = self.config["parallel_windows"]
        if wanted > 1 and self.only_one_window_at_once and len(windows) > 1:
            self.logger.info("Windows are read one at a time: %s.", self.only_one_window_at_once)
            return 1
        return wanted
