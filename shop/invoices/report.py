"""The report in plain text: sections of aligned lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from events.api import Progress
from shop.invoices.pace import percentile
from shop.invoices.playing import Played
from shop.invoices.quirks import Quirk

Table = Sequence[Sequence[object]]


def section(title: str, lines: Iterable[str]) -> str:
    """A title with its lines, or nothing without lines."""
    lines = list(lines)
    return "\n".join([title, *(f"  {line}" for line in lines), "", ""]) if lines else ""


def counts(counted: Mapping[Any, int]) -> list[str]:
    """`    12  reason`, largest first; what did not happen is left out."""
    found = sorted(((count, getattr(what, "value", what)) for what, count in counted.items() if count), reverse=True)
    return [f"{count:>9,}  {what}" for count, what in found]


def quirks(counted: Mapping[Quirk, int]) -> list[str]:
    """In the order in which the quirks are listed."""
    return counts_in_order({quirk: counted[quirk] for quirk in Quirk})


def counts_in_order(counted: Mapping[Any, int]) -> list[str]:
    """As `counts`, in the given order."""
    return [f"{count:>9,}  {getattr(what, 'value', what)}" for what, count in counted.items() if count]


def response_times(seconds: Mapping[str, Sequence[float]]) -> list[str]:
    """Percentiles by kind of request, in milliseconds."""
    rows = [
        [what, len(taken), *(f"{percentile(taken, percent) * 1000:.1f}" for percent in (50, 95, 99, 100))]
        for what, taken in seconds.items()
        if taken
    ]
    return table([["", "requests", "p50 ms", "p95 ms", "p99 ms", "max ms"], *rows]) if rows else []


def deliveries(figures: Sequence[Progress], overall_ms: Sequence[float]) -> list[str]:
    """By subscriber; lag is from emit to settled."""
    rows = [
        [one.subscriber, one.done, one.retrying, one.dead, one.waiting, one.repeated, *_whole(one.lag_ms)]
        for one in figures
    ]
    names = ("done", "retrying", "dead", "waiting", "repeated")
    total = ["all", *(sum(getattr(one, name) for one in figures) for name in names), *_whole(overall_ms)]
    heads = ["subscriber", *names, "lag p50 ms", "p95 ms", "p99 ms"]
    return table([heads, *rows, total]) if rows else []


def outcome(played: Played) -> list[str]:
    """What was played, and what the shop did with it."""
    matched = played.returned_line_count - played.unmatched.total()
    return counts_in_order(
        {
            "orders placed and paid": len(played.orders),
            "cancellations of orders done": played.cancellation_count,
            "lines on cancellations matched to an order": matched,
        }
    )


def table(rows: Table) -> list[str]:
    """The first column to the left, the others to the right."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    return ["  ".join(_aligned(row, widths)) for row in texts]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column else cell.ljust(width)


def _whole(milliseconds: Sequence[float]) -> list[str]:
    return [f"{value:,.0f}" for value in milliseconds]
