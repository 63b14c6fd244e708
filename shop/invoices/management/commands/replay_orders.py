"""`manage.py replay_orders FILE`: plays real invoices through the shop and checks that the books balance."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.api import overall_lag_ms, progress
from shop.errors import ShopError
from shop.invoices import report
from shop.invoices.invoices import Invoice, group
from shop.invoices.options import DEFAULT_URL, positive_count, positive_number, url
from shop.invoices.plan import Plan, plan
from shop.invoices.reading import Row, read_rows
from shop.invoices.run import Choices, Run, run

MAX_DIFFERENCES = 20
_UNSETTLED = "Some deliveries are not settled. Do the relay and the worker run? --wait gives them more time."
_UNANSWERED = "{count} requests got no answer. What the shop did with them is not in the figures of the file."
_UNBALANCED = "The books do not balance: {count} differences. Did somebody else buy meanwhile, or change the stock?"


class Command(BaseCommand):
    """Reads the whole file first; then makes customers, products and stock, and plays the invoices over HTTP."""

    help = (
        "Reads invoices in the format of UCI's Online Retail (CSV, also compressed), makes their customers, products "
        "and stock, plays them through the API of a running server in date order, waits for the deliveries, and "
        "checks that the books balance."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What, how fast, where."""
        parser.add_argument("file", type=Path, help="a .csv or .csv.gz file")
        parser.add_argument("--rate", type=positive_number, help="invoices a second (default: as fast as it can)")
        parser.add_argument("--url", type=url, default=DEFAULT_URL, help=f"the server (default: {DEFAULT_URL})")
        parser.add_argument("--limit", type=positive_count, help="only the first so many invoices, by date")
        parser.add_argument(
            "--wait",
            type=positive_number,
            default=60.0,
            help="give up on the deliveries when none was settled for so many seconds (default: 60)",
        )
        parser.add_argument("--again", action="store_true", help="play although invoices were played here before")

    def handle(self, *, file: Path, rate: float | None, url: str, limit: int | None, **options: Any) -> None:
        """Read, run, report."""
        try:
            invoices = group(read_rows(file))[:limit]
            rows = [row for invoice in invoices for row in invoice.rows]
            made = plan(invoices)
            self._print("File", [_extent(rows, invoices), *report.quirks(made.quirks)])
            done = run(rows, made, Choices(url, rate, options["wait"], options["again"]))
        except ShopError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as stop:
            raise CommandError("Stopped. What was played so far stays, so the next run needs --again.") from stop
        self._report(made, done)
        self._judge(done)

    def _report(self, made: Plan, done: Run) -> None:
        played, prepared = done.played, done.prepared
        self._print(
            "Made",
            [
                f"{prepared.customer_count:>9,}  customers",
                f"{prepared.product_count:>9,}  products",
                f"{prepared.restocked_count:>9,}  products filled up to what all invoices together take",
            ],
        )
        pace = played.step_count / played.seconds if played.seconds else 0
        steps = f"{played.step_count:,} of {len(made.steps):,} invoices in {played.seconds:.1f} s, {pace:.1f} a second"
        self._print("Played", [steps, *report.outcome(played)])
        self._print("Lines on cancellations without an order", report.counts(played.unmatched))
        self._print("Rejected by the shop", report.counts(played.refused))
        self._print("No answer, so nobody knows; not sent again", report.counts(played.unknown))
        times = {"checkout": played.checkout_seconds, "cancellation": played.cancel_seconds}
        self._print("Response time", report.response_times(times))
        for title, stretch in (("products", done.preparation), ("orders", done.orders)):
            lines = report.deliveries(progress(stretch), overall_lag_ms(stretch))
            self._print(f"Deliveries of the events of {title} (lag: from emitted to settled)", lines)
        self._print("Books", _books(done))

    def _judge(self, done: Run) -> None:
        """Exit code 1 unless everything is as it must be."""
        delivered = [*progress(done.preparation), *progress(done.orders)]
        complaints = {
            f"The server went away ({done.played.broken_off}).": done.played.broken_off,
            _UNANSWERED.format(count=done.played.unknown.total()): done.played.unknown,
            _UNSETTLED: any(one.waiting or one.retrying for one in delivered),
            "Some deliveries are dead letters; the admin shows why.": any(one.dead for one in delivered),
            "Some deliveries were settled more than once.": any(one.repeated for one in delivered),
            _UNBALANCED.format(count=len(done.differences)): done.differences,
        }
        if found := [complaint for complaint, is_so in complaints.items() if is_so]:
            raise CommandError("\n".join(found))

    def _print(self, title: str, lines: Iterable[str]) -> None:
        if text := report.section(title, lines):
            self.stdout.write(text)


def _extent(rows: list[Row], invoices: list[Invoice]) -> str:
    first, last = invoices[0].at, invoices[-1].at
    return f"{len(rows):,} lines, {len(invoices):,} invoices, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _books(done: Run) -> list[str]:
    if done.differences:
        more = len(done.differences) - MAX_DIFFERENCES
        return [*done.differences[:MAX_DIFFERENCES], *([f"… and {more:,} more"] if more > 0 else [])]
    books = done.books
    return [
        f"stock = initial − sold + returned, for {len(books.stock):,} products",
        f"points as the file says, for {len(books.points):,} customers: {books.points.total():,}",
        f"sales as the file says: {books.sales['order_count']:,} orders, {books.sales['gross']:,} gross, "
        f"{books.sales['cancelled']:,} cancelled",
        f"audit entries as the file says: {books.events.total():,}",
    ]
