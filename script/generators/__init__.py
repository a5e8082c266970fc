"""What is written from the code: for each file that repeats it, a function that says what it should be."""

from __future__ import annotations
