"""`manage.py import_products FILE`: puts the products of a file into the shop, with everything they have."""

from argparse import ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.api import wait_until_settled
from shop.catalog.models import FALLBACK_LANGUAGE
from shop.errors import ShopError
from shop.imports import report
from shop.imports.bars import bar
from shop.imports.converting import Choices
from shop.imports.importing import Manner
from shop.imports.pictures import Pictures
from shop.imports.reading import SourceProduct, read_json
from shop.imports.running import Imported, import_all
from shop.imports.spreadsheet import read_csv
from shop.imports.verifying import Verified, verify

_INCOMPLETE = "{count} products are not complete. Do the relay and the worker run? --wait gives them more time."


class Command(BaseCommand):
    """Each product is imported by itself, through the same door as the API; what has not changed is left alone."""

    help = (
        "Imports the products of a JSON or CSV file with all their parts. Each is checked and submitted by itself: "
        "what is refused is listed with its place and reason, and nothing of it is written. Running it again goes on "
        "where it stopped, and submits only what has changed. docs/import.md describes the files."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What, how, and what is not in the file."""
        parser.add_argument("file", type=Path, help="a .json or .csv file")
        parser.add_argument(
            "--images",
            type=Path,
            action="append",
            default=[],
            metavar="PLACE",
            help="a directory or tar archive with the pictures that the file names; may be given several times",
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--limit", type=_count, help="only the first so many products")
        parser.add_argument(
            "--language",
            action="append",
            choices=[code for code, _name in settings.LANGUAGES],
            help="only texts in this language, besides English; may be given several times",
        )
        parser.add_argument(
            "--currency", choices=settings.CURRENCIES, default="", help="of prices for which the file names none"
        )
        parser.add_argument("--stock", type=_count, default=0, help="pieces of what the file gives no stock of")
        parser.add_argument(
            "--set-stock",
            action="store_true",
            help="set the stock of products that the shop has, too; else it stays as sales have left it",
        )
        parser.add_argument(
            "--verify", action="store_true", help="wait for the parts, and compare them with what was submitted"
        )
        parser.add_argument(
            "--wait", type=float, default=60.0, help="give up when no part was written for so many seconds"
        )

    def handle(self, *, file: Path, images: list[Path], limit: int | None, dry_run: bool, **options: Any) -> None:
        """Read, import, report."""
        try:
            products = _read(file)[:limit]
            pictures = Pictures(images)
        except ShopError as error:
            raise CommandError(str(error)) from error
        manner = Manner(pictures, set_stock=options["set_stock"], dry_run=dry_run)
        try:
            with bar("Checking" if dry_run else "Importing") as show:
                imported = import_all(products, file, _choices(options), manner, show)
        except KeyboardInterrupt as stop:
            raise CommandError("Stopped. What was imported so far stays; run it again to go on.") from stop
        finally:
            pictures.close()
        verified = self._verified(imported, options["wait"]) if options["verify"] and not dry_run else None
        self._report(imported, verified, dry_run)

    def _verified(self, imported: Imported, wait_seconds: float) -> Verified:
        with bar("Waiting for the parts") as show:
            wait_until_settled(imported.events, wait_seconds, show)
        return verify(imported.jobs)

    def _report(self, imported: Imported, verified: Verified | None, dry_run: bool) -> None:
        """Exit code 1 unless everything is as it must be."""
        self._print("Products, if this were no dry run" if dry_run else "Products", report.outcomes(imported))
        self._print("Parts", report.counts(imported, verified))
        self._print("Met in the file", report.notes(imported))
        self._print("Refused, and nothing of it written", report.problems(imported))
        incomplete = verified.incomplete if verified else []
        self._print("Not complete", incomplete[: report.MAX_PROBLEMS])
        complaints = [f"{len(imported.problems)} products were refused."] if imported.problems else []
        complaints += [_INCOMPLETE.format(count=len(incomplete))] if incomplete else []
        if complaints:
            raise CommandError("\n".join(complaints))

    def _print(self, title: str, lines: Iterable[str]) -> None:
        if text := report.section(title, lines):
            self.stdout.write(text)


def _read(file: Path) -> list[SourceProduct]:
    """By its name; what is not called .csv is JSON."""
    return read_csv(file) if file.suffix.lower() == ".csv" else read_json(file)


def _choices(options: dict[str, Any]) -> Choices:
    known = [code for code, _name in settings.LANGUAGES]
    wanted = {FALLBACK_LANGUAGE, *(options["language"] or known)}
    return Choices(tuple(code for code in known if code in wanted), options["currency"], options["stock"])


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
