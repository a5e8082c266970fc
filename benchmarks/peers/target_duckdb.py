"""target-duckdb 0.8.0 without three of its faults: the way into DuckDB before this project had a loader of its own.

- It lets DuckDB guess the dialect of its own temporary CSV file. When DuckDB takes the first record for a header, that
  record is lost without a word. Here the dialect is said in full.
- It loads empty text as null, which a key may not be: the load fails. Here empty text in a key stays empty text.
- It makes a JSON column of one that may be an object or text, and puts the text in bare: the load fails. Here such text
  becomes a JSON string.
"""

from __future__ import annotations

import re
from typing import Any

import target_duckdb  # type: ignore[import-not-found,unused-ignore]
from target_duckdb import db_sync  # type: ignore[import-not-found,unused-ignore]

OPTIONS = (
    r"auto_detect false, header false, delimiter ',', quote '\"', escape '\"', new_line '\r\n', "
    "max_line_size 67108864"
).replace('\\"', '"')


class ExactCopy:
    """A DuckDB connection whose COPY statements guess nothing."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: str, *args: Any, **kwargs: Any) -> Any:
        """Run a statement; a COPY with every option that the target leaves to be guessed."""
        copy = re.fullmatch(r"(COPY (\S+) FROM .*) WITH \(new_line '\\r\\n'\)", query)
        if copy:
            query = f"{copy[1]} WITH ({OPTIONS}{self._keys(copy[2])})"
        return self._connection.execute(query, *args, **kwargs)

    def _keys(self, table: str) -> str:
        found = self._connection.execute(
            "select unnest(constraint_column_names) from duckdb_constraints() "
            "where table_name = ? and constraint_type = 'PRIMARY KEY'",
            [table],
        ).fetchall()
        names = ", ".join(f'"{name}"' for (name,) in found)
        return f", force_not_null ({names})" if names else ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def is_json(key: str, value: Any, schema: Any = None) -> bool:
    """Whether a value is to be written as JSON."""
    return is_structure(key, value, schema) or (
        isinstance(value, str) and not {"object", "array"}.isdisjoint((schema or {}).get(key, {}).get("type", ()))
    )


connect = target_duckdb.duckdb_connect
target_duckdb.duckdb_connect = lambda config: ExactCopy(connect(config))
is_structure = db_sync._should_json_dump_value  # noqa: SLF001
db_sync._should_json_dump_value = is_json  # noqa: SLF001

if __name__ == "__main__":
    target_duckdb.main()
