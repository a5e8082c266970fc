"""A small Singer target that loads any tap's streams into a DuckDB file: RECORD lines and BATCH files alike.

Nothing is parsed in Python that DuckDB can parse: a record's bytes go from its line into a file of JSON lines, and
DuckDB reads that file as it reads the files of a BATCH message.
"""

from __future__ import annotations
