"""The settings of the target."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th


def _whole(name: str, least: int, default: int, title: str, description: str) -> th.Property[int]:
    kind = th.IntegerType(minimum=least)
    return th.Property(name, kind, default=default, title=title, description=description)


CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "path", th.StringType, title="Database file", description="The DuckDB file; it is created if it does not exist."
    ),
    th.Property("filepath", th.StringType, title="Database file", description="Another name for path."),
    th.Property(
        "default_target_schema",
        th.StringType,
        default="main",
        title="Schema",
        description="The schema of the tables; it is created if it does not exist.",
    ),
    th.Property(
        "load_method",
        th.StringType,
        allowed_values=["upsert", "append-only"],
        default="upsert",
        title="Load method",
        description="With upsert a record replaces the one with the same key; with append-only nothing is "
        "replaced. Streams without a key are appended either way.",
    ),
    _whole(
        "batch_size_rows",
        1,
        250_000,
        "Rows in a transaction",
        "Records of all streams after which they are loaded and committed.",
    ),
    _whole(
        "batch_size_megabytes",
        1,
        256,
        "Megabytes in a transaction",
        "Megabytes of records or BATCH files after which they are loaded and committed.",
    ),
    _whole(
        "batch_wait_limit_seconds",
        1,
        300,
        "Seconds between transactions",
        "Seconds after which records are loaded and committed, however few there are.",
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
        "How much memory DuckDB may use; what needs more goes to disk, next to the database file. If "
        "rows are so large or so wide that it is not enough, the limit is doubled and a message is logged.",
    ),
    _whole(
        "threads",
        1,
        1,
        "Threads of DuckDB",
        "How many threads DuckDB may use. More threads cost more CPU time and memory for each row.",
    ),
).to_dict()
