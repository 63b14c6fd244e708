"""The report in plain text: sections of aligned lines."""

from collections import Counter
from collections.abc import Iterable, Mapping

from shop.imports.counting import KINDS
from shop.imports.running import Imported
from shop.imports.verifying import Verified

MAX_PROBLEMS = 50
_HEADS = ("", "in the file", "submitted", "in the shop")


def section(title: str, lines: Iterable[str]) -> str:
    """A title with its lines, or nothing without lines."""
    lines = list(lines)
    return "\n".join([title, *(f"  {line}" for line in lines), "", ""]) if lines else ""


def outcomes(imported: Imported) -> list[str]:
    """How many products were created, changed, left alone and refused."""
    return [f"{count:>9,}  {outcome.value}" for outcome, count in imported.outcomes.items() if count]


def notes(imported: Imported) -> list[str]:
    """What was odd about the file, most frequent first; then the languages that the shop does not have."""
    making = imported.making
    lines = [f"{count:>9,}  {note.value}" for note, count in making.notes.most_common()]
    if languages := making.skipped_languages:
        names = ", ".join(f"{code} {count:,}" for code, count in languages.most_common())
        lines.append(f"{len(languages):>9,}  languages left out: {names}")
    return lines


def problems(imported: Imported) -> list[str]:
    """What was refused, and why."""
    lines = [f"{place}: {reason}" for place, reasons in imported.problems.items() for reason in reasons]
    more = len(lines) - MAX_PROBLEMS
    return [*lines[:MAX_PROBLEMS], *([f"… and {more:,} more"] if more > 0 else [])]


def counts(imported: Imported, verified: Verified | None) -> list[str]:
    """Part by part: what the file has, what was submitted of it, and what is in the shop now."""
    columns: list[Mapping[str, int]] = [imported.in_file, imported.submitted]
    columns += [verified.there] if verified else []
    rows = [_HEADS[: len(columns) + 1], *(_row(kind, columns) for kind in KINDS)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns) + 1)]
    return [
        "  ".join(cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    ]


def _row(kind: str, columns: Iterable[Mapping[str, int]]) -> tuple[str, ...]:
    return (kind.replace("_", " "), *(f"{Counter(column)[kind]:,}" for column in columns))
