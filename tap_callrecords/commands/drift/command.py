"""The command line of `tap-callrecords-drift`.

It is no subcommand of the tap: the SDK's command line is one command with options, and Meltano always starts it with
`--config`. Nor is it an option: it needs no configuration, and reads other things than vendors.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from tap_callrecords.commands.drift.findings import StreamFindings
from tap_callrecords.commands.drift.inputs import CantRead, read, sql_of
from tap_callrecords.output.progress import counted
from tap_callrecords.rows.schemas import names

SOMETHING_IS_NEW = 3
"""Exit code; 0 where nothing is, 1 where the input can't be read, 2 after a typing error in the command line."""
EPILOG = """\b
SOURCE is one or several of
  -                    standard input: what the tap has written (the default)
  run.jsonl            a file of that, also packed with gzip
  *.jsonl.gz           a BATCH file of format jsonl
  warehouse.duckdb     a DuckDB file, if no other program has it open for writing
  postgresql://...     PostgreSQL; leave the password to PGPASSWORD or ~/.pgpass
  rows.csv, rows.jsonl what another warehouse has exported, with a head line

\b
For the last one run the SQL that --sql shows, for one stream or all, and export what it gives.

\b
Exit codes: 0 nothing is new; 3 something is; 1 the input can't be read; 2 a typing error in this line.
"""


@click.command(
    help="Say which fields a vendor has added or changed, since when and how often, from what the tap has rescued. "
    "No value is shown, only its form.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("--stream", type=click.Choice(names()), metavar="STREAM", help="Whose rows an export has.")
@click.option("--schema", metavar="SCHEMA", help="Look into this schema of a database only.")
@click.option("--sql", is_flag=True, help="Show the SQL that gives the rows of each stream, or of --stream.")
def cli(sources: Sequence[str], stream: str | None, schema: str | None, *, sql: bool) -> None:
    """Read all sources and print what was found."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # shapes of letters that a terminal may not have
    if sql:
        click.echo("\n".join(map(sql_of, [stream] if stream else names())))
        return
    found: dict[str, StreamFindings] = {}
    known, others = frozenset(names()), set()
    for source in sources or ["-"]:
        for each in read(source, stream=stream, schema=schema):
            if each.stream not in known:
                others.add(each.stream)
                continue
            if each.stream not in found:
                found[each.stream] = StreamFindings(each.stream)
            found[each.stream].take(each)
    if not found:
        raise CantRead("There are no rows of a stream of tap-callrecords in it.")
    new = [findings for _, findings in sorted(found.items()) if findings.is_new]
    for findings in new:
        click.echo("\n".join([*findings.lines(), ""]))
    rows = sum(findings.looked_at for findings in found.values())
    what = "Something is new" if new else "Nothing is new"
    streams = counted(len(found), "stream")
    click.echo(f"{what} in {len(new) or len(found)} of {streams}; {counted(rows, 'row')} looked at.")
    if others:
        click.echo(f"Skipped (not streams of tap-callrecords): {counted(len(others), 'stream')}.", err=True)
    sys.exit(SOMETHING_IS_NEW if new else 0)
