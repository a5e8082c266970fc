"""The executable, and `python -m target_callrecords_duckdb`."""

from __future__ import annotations

import gc


def main() -> None:
    """Start, and spare Python the search for garbage in what is imported: it would take a tenth of the start."""
    gc.disable()
    import singer_sdk  # noqa: F401, PLC0415 - most of what is imported

    gc.freeze()  # DuckDB's module comes after it: at the end it calls whatever of it is frozen a leak, line by line
    from target_callrecords_duckdb.target import TargetDuckDB  # noqa: PLC0415

    gc.enable()
    TargetDuckDB.cli()


if __name__ == "__main__":
    main()
