"""The bare loop: no framework, no state, no retries; what the rows cost at least in Python."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec
import urllib3

from benchmarks.peers.job import END_OF_PAGES, INSTANTS, STREAM, Job

Row = TypeVar("Row")
TYPES: dict[str, Any] = {"string": str, "integer": int, "array": list[str]}


class Meta(msgspec.Struct):
    scrollId: str  # noqa: N815 - the vendor's name


class Page(msgspec.Struct, Generic[Row]):
    meta: Meta
    data: list[Row]


@lru_cache(maxsize=100_000)
def second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def instant(ms: int | None) -> str | None:
    return f"{second_text(ms // 1000)}{ms % 1000:03d}Z" if ms else None


def main() -> None:
    job = Job.read()
    names = job.names
    types = [job.schema["properties"][name]["type"] for name in names.values()]
    kinds = [TYPES[each if isinstance(each, str) else each[0]] for each in types]
    kinds = [int if name in INSTANTS else kind for name, kind in zip(names.values(), kinds, strict=True)]
    fields = [(name, kind | None, None) for name, kind in zip(names.values(), kinds, strict=True)]
    row_type = msgspec.defstruct("Row", fields, rename={ours: vendors for vendors, ours in names.items()}, gc=False)
    record_type = msgspec.defstruct("Record", [(name, Any) for name in names.values()], gc=False)
    decode: Callable[[bytes], Page[Any]] = msgspec.json.Decoder(Page[row_type]).decode  # type: ignore[valid-type]
    encode, astuple = msgspec.json.Encoder().encode, msgspec.structs.astuple
    begin = f'{{"type":"RECORD","stream":"{STREAM}","record":'.encode()

    http = urllib3.PoolManager()
    headers = {"8x8-apikey": job.key, "Authorization": f"Bearer {job.token()}"}
    params = job.params
    while params.get("scrollId") != END_OF_PAGES:
        page = decode(http.request("GET", f"{job.url}/v2/call-legs", fields=params, headers=headers).data)
        end = b',"time_extracted":"' + datetime.now(UTC).isoformat().encode() + b'"}\n'
        lines: list[bytes] = []
        for row in page.data:
            row.start_time_utc = instant(row.start_time_utc)
            row.connect_time_utc = instant(row.connect_time_utc)
            row.disconnected_time_utc = instant(row.disconnected_time_utc)
            lines += (begin, encode(record_type(*astuple(row))), end)
        sys.stdout.buffer.write(b"".join(lines))
        params["scrollId"] = page.meta.scrollId


if __name__ == "__main__":
    main()
