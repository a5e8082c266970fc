"""The settings of the target."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

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
    th.Property(
        "batch_size_rows",
        th.IntegerType(minimum=1),
        default=100_000,
        title="Rows in a transaction",
        description="After how many records, of all streams, they are loaded and committed.",
    ),
    th.Property(
        "batch_size_megabytes",
        th.IntegerType(minimum=1),
        default=256,
        title="Megabytes in a transaction",
        description="After how many megabytes of records or BATCH files they are loaded and committed.",
    ),
    th.Property(
        "batch_wait_limit_seconds",
        th.IntegerType(minimum=1),
        default=300,
        title="Seconds between transactions",
        description="After how many seconds records are loaded and committed, however few they are.",
    ),
    th.Property(
        "clean_up_batch_files",
        th.BooleanType,
        default=True,
        title="Delete BATCH files",
        description="Whether the files of BATCH messages are deleted once their records are committed.",
    ),
    th.Property(
        "memory_limit_megabytes",
        th.IntegerType(minimum=16),
        default=128,
        title="Megabytes for DuckDB",
        description="How much memory DuckDB may use; what needs more goes to disk, beside the database file. Where "
        "rows are so large or so wide that it is not enough, it is doubled, and said.",
    ),
    th.Property(
        "threads",
        th.IntegerType(minimum=1),
        default=1,
        title="Threads of DuckDB",
        description="How many threads DuckDB may use. More of them cost more processor time and memory for each row.",
    ),
).to_dict()
