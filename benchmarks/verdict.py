"""What comes out: figures in tables, and promises that are kept or missed."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

console = Console(width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True)
class Verdict:
    """One promise: what is compared, the limit, and what came out. `at_most` tells which side of the limit is good."""

    what: str
    limit: float
    measured: float
    at_most: bool
    unit: str = "×"

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> None:
    """Print a table; all columns but the first hold figures."""
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def show_verdicts(verdicts: Sequence[Verdict], title: str = "Promises") -> None:
    """Print promises and whether they are kept."""
    rows = [
        (
            verdict.what,
            f"{'≤' if verdict.at_most else '≥'} {verdict.limit:g} {verdict.unit}",
            f"{verdict.measured:.2f} {verdict.unit}",
            "[green]kept[/]" if verdict.kept else "[red]missed[/]",
        )
        for verdict in verdicts
    ]
    show(title, ("", "target", "measured", "verdict"), rows)
