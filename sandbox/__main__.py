"""``python -m sandbox``: serve in the foreground until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from pathlib import Path

from sandbox.server import Sandbox


def main() -> None:
    """Parse the arguments, say where the sandbox is, serve."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--days", type=int, default=3, help="how many days back the calls reach")
    parser.add_argument("--calls-per-day", type=int, default=200, help="calls of a weekday")
    parser.add_argument("--empty", action="store_true", help="no rows")
    parser.add_argument("--samples", action="store_true", help="the vendors' own sample rows too")
    parser.add_argument(
        "--warm", nargs="*", default=(), metavar="VENDOR", help="make these vendors' rows before serving"
    )
    parser.add_argument("--ready-file", type=Path, help="gets the URL once it is served")
    options = parser.parse_args()
    box = Sandbox(
        seed=options.seed,
        days=options.days,
        calls_per_day=options.calls_per_day,
        samples=options.samples,
        empty=options.empty,
        port=options.port,
        warm=options.warm,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # raised again by the server once it has stopped
    box.serve(lambda: _announce(box, options.ready_file))


def _announce(box: Sandbox, ready_file: Path | None) -> None:
    if ready_file is not None:
        partial = ready_file.with_name(ready_file.name + ".part")
        partial.write_text(box.url + "\n")
        partial.replace(ready_file)
    print(f"sandbox: {box.url}")
    print(json.dumps(box.config, indent=2), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
