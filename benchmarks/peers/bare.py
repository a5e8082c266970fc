"""The bare loop: no framework, no state, no retries, no repeats; what the rows cost at least in Python."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import urllib3

from benchmarks.peers.job import END_OF_PAGES, Job

Row = TypeVar("Row")
Convert = Callable[[Any], Any]
SCHEMAS = Path(__file__).parents[2] / "schemas"
TYPES: Mapping[str, Any] = {"string": str, "integer": int, "array": list[str]}


@lru_cache(maxsize=100_000)
def second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def epoch(ms: int | None) -> str | None:
    return f"{second_text(ms // 1000)}{ms % 1000:03d}Z" if ms else None


def instant(text: str | None) -> str | None:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z" if text else None


def whole(text: Any) -> int | None:
    return int(text) if text or text == 0 else None


def truth(text: str | None) -> bool | None:
    return text == "true" if text else None


def seconds(clock: str | None) -> int | None:
    if not clock:
        return None
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


@dataclass(frozen=True)
class Endpoint:
    """What a bare loop knows of a vendor: how an answer looks, and what is to be done to which column.

    Attributes:
        convert: by column, what its value becomes.
        derive: columns made from another one's value.
    """

    stream: str
    envelope: Any
    convert: Mapping[str, Convert]
    derive: Mapping[str, tuple[str, Convert]]


class Writer:
    """Decodes bodies and writes their rows."""

    def __init__(self, endpoint: Endpoint) -> None:
        schema = json.loads((SCHEMAS / f"{endpoint.stream}.json").read_text())
        properties: dict[str, dict[str, Any]] = {
            name: each
            for name, each in schema["properties"].items()
            if "x-source" in each and name not in endpoint.derive
        }
        names = [*properties]
        kinds = [each["type"] if isinstance(each["type"], str) else each["type"][0] for each in properties.values()]
        fields = [
            (name, Any if name in endpoint.convert else TYPES.get(kind, Any) | None, None)
            for name, kind in zip(names, kinds, strict=True)
        ]
        rename = {name: each["x-source"] for name, each in properties.items()}
        row_type = msgspec.defstruct("Row", fields, rename=rename, gc=False)
        columns = [(name, Any) for name in (*names, *endpoint.derive)]
        self._record_type = msgspec.defstruct("Record", columns, gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(endpoint.envelope[row_type]).decode
        self._convert = [(names.index(name), convert) for name, convert in endpoint.convert.items()]
        self._derive = [(names.index(source), convert) for source, convert in endpoint.derive.values()]
        self._begin = f'{{"type":"RECORD","stream":"{endpoint.stream}","record":'.encode()

    def write(self, body: bytes) -> Any:
        """Write a page's rows; the page."""
        page = self._decode(body)
        begin, record_type, convert, derive = self._begin, self._record_type, self._convert, self._derive
        encode, astuple = msgspec.json.Encoder().encode, msgspec.structs.astuple
        end = b',"time_extracted":"' + datetime.now(UTC).isoformat().encode() + b'"}\n'
        lines: list[bytes] = []
        for row in page.rows:
            values = [*astuple(row)]
            if derive:
                values += [each(values[index]) for index, each in derive]
            for index, each in convert:
                values[index] = each(values[index])
            lines += (begin, encode(record_type(*values)), end)
        sys.stdout.buffer.write(b"".join(lines))
        return page


class WorkMeta(msgspec.Struct):
    scrollId: str  # noqa: N815 - the vendor's name


class WorkPage(msgspec.Struct, Generic[Row]):
    meta: WorkMeta
    rows: list[Row] = msgspec.field(name="data")


class WebexPage(msgspec.Struct, Generic[Row]):
    rows: list[Row] = msgspec.field(name="items")


class VoisoPage(msgspec.Struct, Generic[Row]):
    rows: list[Row] = msgspec.field(name="records")


WORK = Endpoint(
    "eightx8_call_legs",
    WorkPage,
    dict.fromkeys(("start_time_utc", "connect_time_utc", "disconnected_time_utc"), epoch),
    {},
)
WEBEX = Endpoint(
    "webex_detailed_call_history",
    WebexPage,
    {
        **dict.fromkeys(
            ("answer_time", "report_time", "start_time", "call_transfer_time", "release_time"),
            lambda text: text or None,
        ),
        **dict.fromkeys(("duration", "ring_duration", "hold_duration", "site_timezone"), whole),
        "route_list_calls_overage": whole,
        "caller_reputation_score": lambda text: float(text) if text else None,
        "answered": truth,
    },
    {},
)
VOISO = Endpoint(
    "voiso_cdr", VoisoPage, {}, {"timestamp_utc": ("timestamp", instant), "duration_seconds": ("duration", seconds)}
)


def work(job: Job, http: urllib3.PoolManager) -> None:
    out = Writer(WORK)
    headers = {"8x8-apikey": job.key, "Authorization": f"Bearer {job.token()}"}
    params = job.params
    while params.get("scrollId") != END_OF_PAGES:
        page = out.write(http.request("GET", f"{job.url}/v2/call-legs", fields=params, headers=headers).data)
        params["scrollId"] = page.meta.scrollId


def webex(job: Job, http: urllib3.PoolManager) -> None:
    out = Writer(WEBEX)
    headers = {"Authorization": f"Bearer {job.key}"}
    begin, last = datetime.fromisoformat(job.start), datetime.fromisoformat(job.end)
    while begin < last:
        end = min(begin + timedelta(hours=12), last)
        bounds = f"startTime={begin:%Y-%m-%dT%H:%M:%S.000Z}&endTime={end:%Y-%m-%dT%H:%M:%S.000Z}"
        url: str | None = f"{job.url}/cdr_feed?{bounds}&max={job.page_size}"
        while url:
            answer = http.request("GET", url, headers=headers)
            if answer.status == 404:  # the window is empty
                break
            out.write(answer.data)
            link = re.search(r'<(.+?)>; *rel="next"', answer.headers.get("Link", ""))
            url = link and link[1]
        begin = end


def voiso(job: Job, http: urllib3.PoolManager) -> None:
    out = Writer(VOISO)
    begin, last = datetime.fromisoformat(job.start), datetime.fromisoformat(job.end)
    while begin < last:  # a day has fewer records than a page
        end = min(begin + timedelta(days=1), last)
        params = {
            "key": job.key,
            "start_datetime": f"{begin:%Y-%m-%dT%H:%M:%S}",
            "end_datetime": f"{end:%Y-%m-%dT%H:%M:%S}",
            "page": "1",
            "per_page": str(job.page_size),
        }
        out.write(http.request("GET", f"{job.url}/cdr", fields=params).data)
        begin = end


if __name__ == "__main__":
    {"work": work, "webex": webex, "voiso": voiso}[sys.argv[2]](Job.read(), urllib3.PoolManager())
