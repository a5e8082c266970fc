"""What repeats the models: a page for each table for reports, and one for the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generators.facts import quoted, table
from generators.graph import Mart, figures, marts

FOLDER = "docs/models"
UNITS = {"count": "", "share": "share", "seconds": "mean"}
DAILY = "callrecords__daily_figures"


def _links() -> Iterator[tuple[Mart, str, Mart]]:
    """Which table points to which by what column: one that is the other's whole key, and is called a key."""
    by_key = {each.key[0]: each for each in marts() if len(each.key) == 1 and each.key[0].endswith("_key")}
    for each in marts():
        for column in each.columns:
            to = by_key.get(column["name"])
            if to is not None and to is not each:
                yield each, column["name"], to


def joins() -> Iterator[str]:
    """A diagram: the tables that are joined, their keys, and what points to what."""
    links = [*_links()]
    yield "```mermaid"
    yield "erDiagram"
    for each in marts():
        if any(each in (start, end) for start, _, end in links):
            pointing = {column for start, column, _ in links if start is each}
            yield f"  {each.name} {{"
            for column in each.columns:
                name = column["name"]
                marks = [mark for mark, names in (("PK", each.key), ("FK", pointing)) if name in names]
                if marks:
                    yield f"    {column['data_type'].split('(')[0].replace(' ', '_')} {name} {','.join(marks)}"
            yield "  }"
    yield from (f"  {start.name} }}o--o| {end.name} : {column}" for start, column, end in links)
    yield "```"


def tables() -> Iterator[str]:
    """What each table holds."""
    yield from table(
        ["table", "what it holds"], ([f"[`{each.name}`]({each.name}.md)", each.description] for each in marts())
    )


def page(mart: Mart) -> str:
    """docs/models/<table>.md."""

    def rows() -> Iterator[list[str]]:
        for column in mart.columns:
            marks = ", key" if column["name"] in mart.key else ""
            yield [f"`{column['name']}`", f"{column['data_type']}{marks}", " ".join(column["description"].split())]

    lines = [
        f"# {mart.name}",
        "",
        mart.description,
        "",
        f"Key: {quoted(mart.key)}.",
        "",
        *table(["column", "type", "meaning"], rows()),
        "",
        "[All tables](README.md) · [Metrics](../metrics.md) · [The dbt project](../../transform/README.md)",
    ]
    return "\n".join(lines) + "\n"


def metrics() -> Iterator[str]:
    """Every figure."""

    def rows() -> Iterator[list[str]]:
        for each in figures():
            over, by = each["denominator"] or "", each["denominator_column"]
            columns = f"`{each['numerator_column']}`" + (f" / `{by}`" if by else "")
            yield [f"**{each['label']}**", UNITS[each["unit"]], each["numerator"], over, columns]

    yield from table(["figure", "", "of", "over", "columns"], rows())


def measures() -> Iterator[str]:
    """The columns that figures are made of."""
    daily = next(each for each in marts() if each.name == DAILY)
    rows = ([f"`{each['name']}`", each["description"]] for each in daily.columns if each["name"] not in daily.key)
    yield from table(["column", "meaning"], rows)


def pages() -> Mapping[str, str]:
    """A page for each table, by the file's name."""
    return {f"{FOLDER}/{each.name}.md": page(each) for each in marts()}
