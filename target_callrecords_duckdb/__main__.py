"""The executable, and `python -m target_callrecords_duckdb`."""

from __future__ import annotations

import gc


def main() -> None:
    """Start, and spare Python the search for garbage in what is imported: it would take a tenth of the start."""
    gc.disable()
    from target_callrecords_duckdb.target import TargetDuckDB  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    TargetDuckDB.cli()


if __name__ == "__main__":
    main()
