"""fakesnow as a server, which is Snowflake's SQL played by DuckDB. Runs in .venv-snowflake only.

`fakesnow_server.py` prints its port and serves, in memory, until its input ends;
`fakesnow_server.py PORT` runs what comes on its input (pickled lists of statements with their values) and answers each
list with the rows of its statements (pickled, as values keep their types that way), until its input ends.

Two things are corrected on the way:
fakesnow cannot make a temporary table in a named schema, which dbt wants for incremental models and unit tests. It is a
plain table here; dbt drops it afterwards.
fakesnow sends a timestamp that is null as 1970. It is null here.
Every statement is otherwise as dbt sends it, translated by fakesnow.
"""

from __future__ import annotations

import pickle
import re
import sys
from contextlib import redirect_stdout
from typing import Any

DATABASE = "CALLS"
_TEMPORARY = re.compile(r"(create\s+or\s+replace\s+)temporary\s+(?=table\b)", re.IGNORECASE)


def serve() -> None:
    """Serve until the input ends."""
    import fakesnow  # type: ignore[import-not-found]
    import pyarrow as pa
    from fakesnow import arrow
    from fakesnow.cursor import FakeSnowflakeCursor  # type: ignore[import-not-found]

    execute, struct_of = FakeSnowflakeCursor.execute, arrow.timestamp_to_sf_struct

    def without_temporary(cursor: Any, command: str, *args: Any, **kwargs: Any) -> Any:
        return execute(cursor, _TEMPORARY.sub(r"\1", command), *args, **kwargs)

    def with_nulls(instants: Any) -> Any:
        array = instants.combine_chunks() if isinstance(instants, pa.ChunkedArray) else instants
        struct = struct_of(array)
        return pa.StructArray.from_arrays(struct.flatten(), fields=list(struct.type), mask=array.is_null())

    FakeSnowflakeCursor.execute = without_temporary
    arrow.timestamp_to_sf_struct = with_nulls
    with redirect_stdout(sys.stderr), fakesnow.server() as server:  # its log, that is
        print(server["port"], file=sys.__stdout__, flush=True)
        sys.stdin.read()


def run(port: int) -> None:
    """Run statements until the input ends."""
    import snowflake.connector  # type: ignore[import-not-found]

    snowflake.connector.paramstyle = "qmark"
    with snowflake.connector.connect(
        account="none", user="none", password="none", host="127.0.0.1", port=port, protocol="http", database=DATABASE
    ) as connection:
        while True:
            try:
                statements: list[tuple[str, list[Any]]] = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            rows = [connection.cursor().execute(sql, values or None).fetchall() for sql, values in statements]
            pickle.dump(rows, sys.stdout.buffer)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    if sys.argv[1:]:
        run(int(sys.argv[1]))
    else:
        serve()
