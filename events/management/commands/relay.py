"""`manage.py relay`: the relay process."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.duties import Duties
from events.figures import oldest_due_seconds
from events.relay import Relay


class Command(BaseCommand):
    """Publishes the outbox until it gets SIGTERM or SIGINT."""

    help = "Publish the outbox to the broker. Several relays may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """--check is for health checks."""
        parser.add_argument(
            "--check",
            type=float,
            metavar="SECONDS",
            help="Publish nothing; fail when something has been due for longer than this.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, or check."""
        if options["check"] is None:
            self._run()
        else:
            self._check(options["check"])

    def _run(self) -> None:
        relay, duties = Relay(), Duties()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        self._say("relay: publishing")
        duties.start()
        relay.run()
        duties.stop()
        self._say("relay: stopped")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()  # whoever waits for it reads a file or a pipe

    def _check(self, limit_seconds: float) -> None:
        waited_seconds = oldest_due_seconds()
        if waited_seconds > limit_seconds:
            raise CommandError(
                f"The oldest outbox row has been due for {waited_seconds:.0f} s, more than {limit_seconds:.0f} s: "
                "is a relay running, and can it reach the broker?"
            )
        self.stdout.write(f"relay: nothing has been due for longer than {waited_seconds:.1f} s")
