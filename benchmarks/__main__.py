"""``python -m benchmarks``: measure, and print tables."""

from __future__ import annotations

import argparse

from benchmarks.page import keep, write
from benchmarks.tables import TABLES, Size, programs

LARGE = ("memory", "end_to_end", "day")


def main() -> None:
    """Measure what was asked for; the large runs only when they are named, or with `all`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", help=f"{', '.join(TABLES)}, or all; without: all but {', '.join(LARGE)}")
    parser.add_argument("--rows", type=int, default=Size.rows)
    parser.add_argument("--rounds", type=int, default=Size.rounds)
    parser.add_argument("--programs", nargs="*", default=[], metavar="NAME", help="only these (parts of names)")
    parser.add_argument("--quick", action="store_true", help="a smoke run: few rows, one round, no other environments")
    parser.add_argument("--write", action="store_true", help="bring the results into docs/performance.md, with plots")
    options = parser.parse_args()
    wanted = options.tables or [name for name in TABLES if name not in LARGE]
    wanted = list(TABLES) if "all" in wanted else wanted
    if unknown := set(wanted) - set(TABLES):
        parser.error(f"there is no table {', '.join(sorted(unknown))}")
    size = Size(2000, 1, few=True) if options.quick else Size(options.rows, options.rounds)
    for name in wanted:
        table = programs(size, options.programs) if name == "programs" else TABLES[name](size)
        print(f"\n{name}\n\n{table.markdown()}\n", flush=True)
        if not options.quick:
            count = table.rounds or size.rounds
            rounds = "one run each" if name == "memory" or count == 1 else f"medians of {count} alternating rounds"
            keep(name, table.markdown(), table.numbers, ", ".join(filter(None, (table.of, rounds))))
    if options.write:
        write()


if __name__ == "__main__":
    main()
