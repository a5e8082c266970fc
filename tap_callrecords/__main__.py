"""The executable, and `python -m tap_callrecords`."""

from __future__ import annotations

import gc

NEW_OBJECTS = 50_000
"""So many objects that may refer to others are made before Python looks for circles among them. A page has ten
thousand, and hardly a circle."""
LARGEST_BLOCK = 12 << 20
"""Bytes, more than a page's answer. Once so large a block has been given back, glibc keeps the room of a page for the
next one, instead of handing it to the system and having it cleared again."""


def main() -> None:
    """Start, and spare Python the search for garbage in what is imported: it would take a tenth of the start."""
    gc.disable()
    from tap_callrecords.tap import TapCallRecords  # noqa: PLC0415

    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)
    gc.enable()
    bytearray(LARGEST_BLOCK)  # of zeros that nobody touches: it takes no memory
    TapCallRecords.cli()


if __name__ == "__main__":
    main()
