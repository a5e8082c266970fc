"""A tap written with singer-python: its schema transformer and its message functions."""

from __future__ import annotations

import requests
import singer  # type: ignore[import-not-found,unused-ignore]
from singer import UNIX_MILLISECONDS_INTEGER_DATETIME_PARSING, Transformer, metrics, utils

from benchmarks.peers.job import END_OF_PAGES, INSTANTS, KEYS, STREAM, Job


def main() -> None:
    job = Job.read()
    names = job.names
    session = requests.Session()
    session.headers.update({"8x8-apikey": job.key, "Authorization": f"Bearer {job.token()}"})
    params = job.params
    singer.write_schema(STREAM, job.schema, list(KEYS))
    with (
        metrics.record_counter(STREAM) as counter,
        Transformer(UNIX_MILLISECONDS_INTEGER_DATETIME_PARSING) as transformer,
    ):
        while params.get("scrollId") != END_OF_PAGES:
            with metrics.http_request_timer(STREAM):
                response = session.get(f"{job.url}/v2/call-legs", params=params, timeout=120)
            response.raise_for_status()
            page = response.json()
            extracted = utils.now()
            for row in page["data"]:
                record = {names[name]: value for name, value in row.items()}
                for name in INSTANTS:
                    record[name] = record[name] or None
                record = transformer.transform(record, job.schema)
                singer.write_record(STREAM, record, time_extracted=extracted)
                counter.increment()
            params["scrollId"] = page["meta"]["scrollId"]


if __name__ == "__main__":
    main()
