"""What repeats the streams: README's table, and a page for each stream."""

from __future__ import annotations

from collections.abc import Iterator

from generators.facts import WHY_NOT, Column, StreamFacts, columns, quoted, streams, table
from tap_callrecords.rows.schemas import Declared

TYPES = {"string": "text", "date-time": "instant", "array": "list"}
"""JSON types whose usual name is another one."""


def readme_table() -> Iterator[str]:
    """All streams: from where, key, bookmark."""

    def rows() -> Iterator[list[str]]:
        for each in streams():
            yield [
                f"[`{each.name}`](docs/streams/{each.name}.md)",
                f"{each.source.product} `{each.stream.path}`",
                quoted(each.declared.key),
                f"`{each.declared.bookmark}`" if each.declared.bookmark else "full table",
                f"optional: {each.declared.optional}" if each.declared.optional else "yes",
            ]

    yield from table(["stream", "from", "key", "bookmark", "selected"], rows())


def sources_line() -> Iterator[str]:
    """The products, each with a link to its page."""
    pages = {each.source.product: each.vendor_page.name for each in streams()}
    yield " · ".join(f"[{product}](docs/vendors/{page})" for product, page in pages.items())


def index() -> str:
    """docs/streams/README.md: what each stream is."""
    rows = ([f"[`{each.name}`]({each.name}.md)", each.description] for each in streams())
    lines = [
        "# Streams",
        "",
        "One page for each, with all columns. Written by `script/generate` from the schemas and the code.",
        "",
        *table(["stream", "what it holds"], rows),
    ]
    return "\n".join(lines) + "\n"


def page(facts: StreamFacts) -> str:
    """docs/streams/<stream>.md."""
    declared = facts.declared
    selected = "yes"
    if declared.optional:
        selected = f"only when setting `optional_streams` names it: {declared.optional}"
    bookmark = f"`{declared.bookmark}`" if declared.bookmark else "none: the list is read whole in each run"
    about = [
        ["vendor", f"[{facts.source.product}](../vendors/{facts.vendor_page.name})"],
        ["endpoint", f"`{facts.stream.path}`"],
        ["key", quoted(declared.key)],
        ["bookmark", bookmark],
        ["read", selected],
        ["schema", f"[{facts.file.name}](../../schemas/{facts.file.name})"],
    ]
    lines = [
        f"# {facts.name}",
        "",
        facts.description,
        "",
        *table(["", ""], iter(about)),
        "",
        "## Columns",
        "",
        *table(["column", "type", "personal", "meaning"], (_row(each, declared) for each in columns(declared.schema))),
        "",
        "[All streams](README.md) · [What happens to personal data](../personal-data.md)",
    ]
    return "\n".join(lines) + "\n"


def _row(column: Column, declared: Declared) -> list[str]:
    marks = [mark for mark, names in (("key", declared.key), ("bookmark", [declared.bookmark])) if column.path in names]
    kind = ", ".join([TYPES.get(column.type, column.type), *marks])
    personal = f"**{column.personal}**" if column.personal else f"no: {WHY_NOT[column.why_not_personal]}"
    return [f"`{column.path}`", kind, personal, column.schema["description"]]
