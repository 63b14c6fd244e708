"""`manage.py verify_audit`: whether the audit trail is as it was written."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.audit.chain import Head, verify


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not what an earlier run has printed, such as 42:9f2c…") from error


class Command(BaseCommand):
    """Reads the whole trail; exit code 1 when something was changed, removed, inserted or reordered."""

    help = (
        "Computes the chain of the audit trail anew and compares it with its seals. Keep the end that it prints "
        "somewhere else: with --head it also finds a trail that was written anew as a whole, seals and all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to compare with."""
        parser.add_argument("--head", type=_head, metavar="NUMBER:HASH", help="an end that an earlier run has printed")

    def handle(self, *, head: Head | None, **options: Any) -> None:
        """Read, judge."""
        verdict = verify(head)
        if verdict.faults:
            raise CommandError("The audit trail is not as it was written:\n  " + "\n  ".join(verdict.faults))
        self.stdout.write(
            f"{verdict.entry_count:,} entries are as they were written, and fit {verdict.seal_count:,} seals.\n"
            f"The trail ends at {verdict.head}"
        )
