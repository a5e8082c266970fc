"""`--test`: whether each selected stream can be read, and what was seen of it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from singer_sdk.exceptions import ConfigurationError, SingerSDKError

from tap_callrecords.errors import AccessRefused, one_line, tell
from tap_callrecords.http.redaction import REDACTOR
from tap_callrecords.output.progress import in_words

if TYPE_CHECKING:
    from tap_callrecords.http.client import VendorApi
    from tap_callrecords.rows.builder import Record
    from tap_callrecords.stream import CallRecordStream


ANSWER_WITHIN_SECONDS = 55.0
"""A person waits."""
LOOK_BACK_SECONDS = 30.0
"""How long all streams of a source look into older windows for a record."""
TRIES, TRY_SECONDS = 2, 15.0
"""Of a request."""
NOTABLE_SKEW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a stream.

    Attributes:
        stream: its name.
        ok: whether it can be read.
        said: what was seen, or why it can't.
        records: those of the page that was looked at; of a list all.
    """

    stream: str
    ok: bool
    said: str
    records: Sequence[Record] = ()

    def line(self) -> str:
        """As it is printed."""
        return f"{'OK' if self.ok else 'FAILED':<6}  {self.stream}: {self.said}"


def check(streams: Sequence[CallRecordStream[Any]]) -> Iterator[Finding]:
    """Ask for a record of each stream, all sources at once; findings come as they are made."""
    sources: dict[type[VendorApi], list[CallRecordStream[Any]]] = {}
    for stream in streams:
        sources.setdefault(stream.api_type, []).append(stream)
    found: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    for each in sources.values():
        # Daemons: a vendor that does not answer must not keep the command waiting.
        threading.Thread(target=_check_source, args=(each, found), daemon=True).start()
    pace = max((sum(stream.seconds_between_requests for stream in each[1:]) for each in sources.values()), default=0.0)
    until = time.monotonic() + ANSWER_WITHIN_SECONDS + pace
    waiting = {stream.name: None for stream in streams}
    while waiting:
        try:
            finding = found.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        del waiting[finding.stream]
        yield finding
    for name in waiting:
        yield Finding(name, ok=False, said="no answer within a minute. The log says what it was waiting for.")


def _check_source(streams: Sequence[CallRecordStream[Any]], found: queue.SimpleQueue[Finding]) -> None:
    refusal: AccessRefused | None = None
    for stream in streams:
        try:
            if refusal is not None:
                raise refusal  # noqa: TRY301 - credentials are not tried again for each stream
            said, records = _look(stream, LOOK_BACK_SECONDS / len(streams))
            found.put(Finding(stream.name, ok=True, said=said, records=records))
            continue
        except SingerSDKError as error:
            refusal = error if isinstance(error, AccessRefused) else None
            said = REDACTOR.clean(one_line(error))
        except Exception as error:  # noqa: BLE001 - our own fault, logged with its traceback
            tell(error, stream.logger)
            said = f"a bug in tap-callrecords ({type(error).__name__})"
        found.put(Finding(stream.name, ok=False, said=said))


def _look(stream: CallRecordStream[Any], seconds: float) -> tuple[str, Sequence[Record]]:
    """Ask for the newest pages until a record comes; say what was seen, and give the records.

    Raises:
        SingerSDKError: why the stream can't be read.
    """
    until = time.monotonic() + seconds
    stream.api.hurry(attempts=TRIES, seconds=TRY_SECONDS)
    skew: list[float] = []

    def note_skew(response: requests.Response, *_: Any, **__: Any) -> None:
        if (ahead := _seconds_ahead(response)) is not None:
            skew.append(ahead)

    stream.api.session().hooks["response"].append(note_skew)
    seen, records = _seen(stream, until)
    ahead = skew[-1] if skew else 0.0  # that of the data, not of the token
    clock = ""
    if abs(ahead) > NOTABLE_SKEW_SECONDS:
        clock = f"this machine's clock is {in_words(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the vendor's"
    return "; ".join(filter(None, [seen, _reach(stream), clock])), records


def _seen(stream: CallRecordStream[Any], until: float) -> tuple[str, Sequence[Record]]:
    """Raises: SingerSDKError: why the stream can't be read, or that there is nothing to read."""
    if not stream.has_windows:
        records = [record for window in stream.plan()[1] for page in stream.drain(window) for record in page.records]
        return f"{len(records):,} {'entry' if len(records) == 1 else 'entries'}", records
    looked_from: datetime | None = None
    for pages, window in enumerate(reversed(stream.plan()[1])):
        if looked_from is not None and (pages >= stream.test_windows or time.monotonic() > until):
            break
        for page in stream.drain(window):
            if page.records:
                return _newest(page.records, stream), page.records
            if stream.seconds_between_requests:
                break
        looked_from = window.start
    if looked_from is None:
        raise ConfigurationError(
            "no request was sent: settings start_date, end_date and settle_minutes leave an empty range."
        )
    return f"no record in the last {_days(datetime.now(UTC) - looked_from)}", ()


def _newest(records: Sequence[Record], stream: CallRecordStream[Any]) -> str:
    values = (getattr(record, stream.replication_key or "", None) for record in records)
    instants = [value for value in values if isinstance(value, str) and value]
    return f"a record of {max(instants)}" if instants else "a record"


def _reach(stream: CallRecordStream[Any]) -> str:
    if not stream.has_windows:
        return ""
    if not stream.limit_is_stated:
        return "the vendor states no limit to its history"
    return f"the vendor serves the last {_days(stream.retention)}"


def _days(length: timedelta) -> str:
    hours = round(length / timedelta(hours=1))
    if hours >= 24 * 365:
        return f"{round(hours / 24 / 365)} years"
    return f"{hours} hours" if hours < 72 else f"{round(hours / 24)} days"  # noqa: PLR2004 - three days


def _seconds_ahead(response: requests.Response) -> float | None:
    """How far this machine's clock is ahead of that of an answer."""
    try:
        theirs = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    return (datetime.now(UTC) - theirs).total_seconds()
