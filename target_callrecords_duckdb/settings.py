"""The settings of the target."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th


def _whole(name: str, least: int, default: int, title: str, description: str) -> th.Property[int]:
    kind = th.IntegerType(minimum=least)
    return th.Property(name, kind, default=default, title=title, description=description)


CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property("path", th.StringType, title="Database file", description="The DuckDB file; it is made if need be."),
    th.Property("filepath", th.StringType, title="Database file", description="Another name of path."),
    th.Property(
        "default_target_schema",
        th.StringType,
        default="main",
        title="Schema",
        description="The schema of the tables; it is made if need be.",
    ),
    th.Property(
        "load_method",
        th.StringType,
        allowed_values=["upsert", "append-only"],
        default="upsert",
        title="Load method",
        description="With upsert a record takes the place of the one that has its key; with append-only nothing is "
        "replaced. Streams without a key are appended either way.",
    ),
    _whole(
        "batch_size_rows",
        1,
        250_000,
        "Rows in a transaction",
        "After how many records, of all streams, they are loaded and committed.",
    ),
    _whole(
        "batch_size_megabytes",
        1,
        256,
        "Megabytes in a transaction",
        "After how many megabytes of records or BATCH files they are loaded and committed.",
    ),
    _whole(
        "batch_wait_limit_seconds",
        1,
        300,
        "Seconds between transactions",
        "After how many seconds records are loaded and committed, however few they are.",
    ),
    th.Property(
        "clean_up_batch_files",
        th.BooleanType,
        default=True,
        title="Delete BATCH files",
        description="Whether the files of BATCH messages are deleted once their records are committed.",
    ),
    _whole(
        "memory_limit_megabytes",
        16,
        128,
        "Megabytes for DuckDB",
        "How much memory DuckDB may use; what needs more goes to disk, beside the database file. Where "
        "rows are so large or so wide that it is not enough, it is doubled, and said.",
    ),
    _whole(
        "threads",
        1,
        1,
        "Threads of DuckDB",
        "How many threads DuckDB may use. More of them cost more processor time and memory for each row.",
    ),
).to_dict()
