"""`manage.py export_day`: files for a data warehouse, by hand."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from shop.lake.models import LakeDay
from shop.lake.operations import export_day, export_due


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day; write it as in 2026-11-20") from error


class Command(BaseCommand):
    """Exports given days, or all that are due; again makes the same files."""

    help = "Write orders, lines, cancellations and returns of days as Parquet files into LAKE_DIR."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which days."""
        parser.add_argument("days", nargs="*", type=_day, metavar="YYYY-MM-DD", help="days (UTC)")
        parser.add_argument("--due", action="store_true", help="all days that are over and due")

    def handle(self, *, days: list[date], due: bool, **options: Any) -> None:
        """Export, report."""
        if bool(days) == due:
            raise CommandError("Say which days, such as 2026-11-20, or --due.")
        now = timezone.now()
        exported = export_due(now, budget_seconds=float("inf")) if due else [export_day(day, now=now) for day in days]
        for done in exported:
            self.stdout.write(self._line(done))
        self.stdout.write(f"{len(exported):,} days in {settings.LAKE_DIR}")

    def _line(self, day: LakeDay) -> str:
        counts = (
            f"{day.order_count:,} orders, {day.line_count:,} lines, {day.reversal_count:,} cancellations and returns"
        )
        return f"{day.day}: {counts}"
