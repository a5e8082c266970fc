"""The real target-snowflake on fakesnow, which is Snowflake's SQL played by DuckDB. Runs in .venv-snowflake only.

`fakesnow_target.py FOLDER [target's arguments]` loads, keeping the database as a file in the folder;
`fakesnow_target.py FOLDER --query` runs the statements on stdin (a JSON list) and prints the rows of each (JSON).

fakesnow has no user stage. So this stands in for it, and for nothing else: `PUT file '@~/x'` remembers the file,
`MERGE` that selects from '@~/x' selects from a table with the file's rows instead, `REMOVE '@~/x'` forgets it. What is
selected, cast, joined and updated is the target's own statement, translated by fakesnow.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from typing import Any
from uuid import uuid4

import fakesnow  # type: ignore[import-not-found]
from fakesnow.cursor import FakeSnowflakeCursor  # type: ignore[import-not-found]

DATABASE = "CALLS"
_PUT = re.compile(r"put %\((\w+)\)s '@~/(.+)'", re.IGNORECASE)
_REMOVE = re.compile(r"remove '@~/(.+)/'", re.IGNORECASE)
_MERGE = re.compile(
    r"(?P<into>merge into (?P<schema>\S+)\.\S+ d) using \((?P<select>select .*) from '@~/(?P<place>[^']+)'"
    r"\(file_format => \S+\) (?P<latest>qualify .*?)\) s (?P<then>on .*)",
    re.IGNORECASE | re.DOTALL,
)
_DROP_FORMAT = re.compile(r"drop file format", re.IGNORECASE)

run = FakeSnowflakeCursor.execute
one_at_a_time = threading.RLock()
"""Sinks load at the same time; fakesnow's MERGE keeps its working table under one name for all."""
staged: dict[str, list[str]] = {}
"""Files by where they were put."""


def execute(cursor: Any, command: str, params: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Run a statement; one about the user stage here, any other in fakesnow."""
    with one_at_a_time:
        return _execute(cursor, command, params, *args, **kwargs)


def _execute(cursor: Any, command: str, params: Any, *args: Any, **kwargs: Any) -> Any:
    if put := _PUT.fullmatch(command):
        staged.setdefault(put[2], []).append(params[put[1]].removeprefix("file://"))
        command, params = "select 'UPLOADED'", None
    elif remove := _REMOVE.fullmatch(command):
        del staged[remove[1]]
        command = "select 'removed'"
    elif _DROP_FORMAT.match(command):
        command = "select 'dropped'"
    elif merge := _MERGE.fullmatch(command):
        table = f"{merge['schema']}.STAGED_{uuid4().hex}"
        cursor._duck_conn.execute(
            f"create table {table}_LINES as select row_number() over () as line_number, {_lines(merge['place'])}"
        )
        selected = f"{merge['select']} from {table}_LINES {merge['latest']}"
        run(cursor, f"create table {table} as {selected.replace('$1:', 'line:').replace('SEQ8()', 'line_number')}")
        run(cursor, f"use schema {merge['schema']}")  # fakesnow's MERGE needs one
        run(cursor, f"{merge['into']} using {table} s {merge['then']}", params, *args, **kwargs)
        for each in (table, f"{table}_LINES"):
            cursor._duck_conn.execute(f"drop table {each}")
        return cursor
    return run(cursor, command, params, *args, **kwargs)


def _lines(place: str) -> str:
    """A column `line`: the rows of the files that were put there, as JSON."""
    files = ", ".join(f"'{file}'" for file in staged[place])
    if ".parquet" in files:
        return f"to_json(row) as line from read_parquet([{files}]) as row"
    return f"json as line from read_ndjson_objects([{files}], maximum_object_size = 67108864)"


def main() -> None:
    """Load, or query."""
    folder = sys.argv.pop(1)
    FakeSnowflakeCursor.execute = execute
    with fakesnow.patch(db_path=folder):
        if sys.argv[1:] == ["--query"]:
            query(json.load(sys.stdin))
        else:
            from target_snowflake.target import TargetSnowflake  # type: ignore[import-not-found] # after the patch

            TargetSnowflake.cli()


def query(statements: list[str]) -> None:
    """Print each statement's rows."""
    import snowflake.connector  # type: ignore[import-not-found] # after the patch

    with snowflake.connector.connect(database=DATABASE) as connection:
        cursor = connection.cursor()
        print(json.dumps([[list(row) for row in cursor.execute(each).fetchall()] for each in statements], default=str))


if __name__ == "__main__":
    main()
