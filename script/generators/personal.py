"""What repeats which columns hold personal data: docs/personal-data.md, and how to mark them: CONTRIBUTING.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from generators.facts import PERSONAL, WHY_NOT, X_NOT_PII, Column, columns, quoted, streams, table


def _by_schema() -> Iterator[tuple[Sequence[str], Sequence[Column]]]:
    """Streams that share their columns, and these."""
    for each in sorted(streams(), key=lambda facts: facts.name):
        if each.declared.same_rows_as is None:
            twins = [other.name for other in streams() if other.declared.same_rows_as == each.name]
            yield [each.name, *twins], [*columns(each.declared.schema)]


def personal_table() -> Iterator[str]:
    """Columns by kind."""

    def rows() -> Iterator[list[str]]:
        for names, theirs in _by_schema():
            yield [
                quoted(names),
                *(quoted([each.path for each in theirs if each.personal == kind]) for kind in PERSONAL),
            ]

    yield from table(["stream", *PERSONAL], rows())


def impersonal_table() -> Iterator[str]:
    """All others, by the reason why they are not."""

    def rows() -> Iterator[list[str]]:
        for names, theirs in _by_schema():
            reasons = {each.path: each.why_not_personal for each in theirs if not each.personal}
            for reason, words in WHY_NOT.items():
                if paths := [path for path, its in reasons.items() if its == reason]:
                    yield [", ".join(names), words, quoted(paths)]

    yield from table(["stream", "why", "columns"], rows())


def words_table() -> Iterator[str]:
    """What `x-not-pii` may say."""
    yield from table(["`x-not-pii`", "the column holds"], ([f"`{word}`", WHY_NOT[word]] for word in X_NOT_PII))
