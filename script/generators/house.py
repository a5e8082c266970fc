"""What repeats the imports: the picture of docs/house.md, and its list of modules by their docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from generators.facts import ROOT, table

PACKAGE = ROOT / "tap_callrecords"


def room_of(dotted: str) -> str:
    """The room of a module of the package: the first name under `tap_callrecords`."""
    return dotted.split(".")[1]


def modules() -> Iterator[tuple[str, Path]]:
    """The package's modules but for its own `__init__` and `__main__`: dotted name and file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[1] not in ("__init__", "__main__"):
            yield ".".join(part for part in parts if part != "__init__"), path


@cache
def _names() -> frozenset[str]:
    return frozenset(name for name, _ in modules())


def _only_for_types(tree: ast.Module) -> frozenset[ast.stmt]:
    """Statements that do not run: those under `if TYPE_CHECKING`."""
    guarded = (each for each in tree.body if isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING")
    return frozenset(statement for each in guarded for statement in each.body)


def imported_by(path: Path) -> Iterator[str]:
    """The modules of the package that a module imports when it runs, as dotted names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    idle, there = _only_for_types(tree), _names()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in idle and node.module is not None:
            names = {f"{node.module}.{each.name}" for each in node.names}
            yield from names & there or {node.module} & there


def imports() -> Mapping[str, frozenset[str]]:
    """The rooms, and which others each of them imports."""
    found: dict[str, set[str]] = {}
    for name, path in modules():
        room = room_of(name)
        found.setdefault(room, set()).update(room_of(each) for each in imported_by(path))
    return {room: frozenset(others - {room}) for room, others in found.items()}


def reachable(arrows: Mapping[str, frozenset[str]], start: str) -> frozenset[str]:
    """The rooms, or modules, that one gets to by following arrows."""
    seen: set[str] = set()
    waiting = [*arrows[start]]
    while waiting:
        if (following := waiting.pop()) not in seen:
            seen.add(following)
            waiting += arrows[following]
    return frozenset(seen)


def drawn(arrows: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """The arrows without those that follow from others."""
    for room, others in sorted(arrows.items()):
        elsewhere = {each: ends - {room} for each, ends in arrows.items()}
        further = {each: reachable(elsewhere, each) for each in others}
        implied = {end for each in others for end in further[each] if each not in further.get(end, ())}
        yield from ((room, each) for each in sorted(others - implied))


def picture() -> Iterator[str]:
    """A Mermaid flow chart of rooms; a folder has round ends."""
    arrows = imports()
    yield "```mermaid"
    yield "flowchart TD"
    for room in sorted(arrows):
        yield f"  {room}([{room}/])" if (PACKAGE / room).is_dir() else f"  {room}[{room}.py]"
    yield from (f"  {start} --> {end}" for start, end in drawn(arrows))
    yield "```"


def rooms() -> Iterator[str]:
    """Every module with the first line of its docstring."""

    def rows() -> Iterator[list[str]]:
        for name, path in modules():
            first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
            inner = path.relative_to(PACKAGE)
            shown = f"{inner.parent.as_posix()}/" if path.name == "__init__.py" else inner.as_posix()
            yield [f"[`{shown}`](../tap_callrecords/{shown})", first if name.count(".") > 1 else f"**{first}**"]

    yield from table(["", ""], rows())
