"""The executable, and `python -m tap_callrecords`."""

from __future__ import annotations

import ctypes
import gc
import sys

NEW_OBJECTS = 50_000
"""So many objects that may refer to others are made before Python looks for circles among them. A page has ten
thousand, and hardly a circle; at the start it would look a hundred times, a tenth of the time that it takes."""
M_ARENA_MAX = -8
"""The number of this parameter of `mallopt` in glibc's malloc.h."""


def main() -> None:
    """Start, with few looks for garbage, and with one heap for all threads."""
    gc.set_threshold(NEW_OBJECTS, 10, 10)
    # glibc gives threads heaps of their own, and each would keep the room of an answer that another one could use.
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):  # musl has none
        mallopt(M_ARENA_MAX, 1)
    from tap_callrecords.tap import TapCallRecords  # noqa: PLC0415 - after what speeds it up

    gc.freeze()  # what is imported stays: no look at it in a long run, nor at the end
    TapCallRecords.cli()


if __name__ == "__main__":
    main()
