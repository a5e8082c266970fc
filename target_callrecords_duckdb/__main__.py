"""`python -m target_callrecords_duckdb`."""

from __future__ import annotations

from target_callrecords_duckdb.target import TargetDuckDB

TargetDuckDB.cli()
