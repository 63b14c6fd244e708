"""`manage.py events`: look at the platform, and tell it what to do."""

import os
import re
import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError
from django.db import DatabaseError, InterfaceError

from events import checks
from events.cli import GROUPS, Ending, Voice
from events.conf import did_you_mean
from events.errors import EventsError, NothingToReplay

_INVALID = re.compile(r"invalid choice: '([^']*)'.*\(choose from (.*)\)")


class Parser(CommandParser):
    """Django's, with suggestions."""

    def error(self, message: str) -> Any:
        """What is wrong, and what was meant."""
        if found := _INVALID.search(message):
            message += did_you_mean(found[1], re.findall(r"'([^']+)'", found[2]))
        return super().error(message)


class Command(BaseCommand):
    """Ends with 0 when all is fine, 1 with a warning, 2 when something is broken or refused, 3 when nothing matched."""

    help = (
        "Look at events, deliveries and dead letters, and tell the platform what to do. What changes something only "
        "says what it would do, unless told --yes. Results are on stdout, everything else is on stderr. Exit codes: "
        "0 fine, 1 warning, 2 broken, 3 nothing matched."
    )
    requires_system_checks: list[str] = []  # the doctor is there to say what they would; the others ask below

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """As Django does, and of our own class, which Django does not ask for."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = Parser
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """A subcommand each."""
        commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
        for group in GROUPS:
            group.add_to(commands)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand. Leaves by SystemExit unless all is fine."""
        chosen = Namespace(**{"stdout": None, "stderr": None} | options)
        try:
            ending = self._run(chosen)
            self.stdout.flush()
        except BrokenPipeError:  # who reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        if ending:
            raise SystemExit(int(ending))

    def _run(self, options: Namespace) -> Ending:
        voice = Voice(options.stdout or sys.stdout, options.stderr or sys.stderr, options.json)
        try:
            if options.command != "doctor":
                checks.refuse_contradictions()
            return Ending(options.run(options, voice))
        except NothingToReplay as error:
            raise CommandError(str(error), returncode=int(Ending.NOTHING)) from error
        except (EventsError, SystemCheckError) as error:
            raise CommandError(str(error), returncode=2) from error
        except (DatabaseError, InterfaceError) as error:
            why = f"The database refused: {str(error).strip()}. `manage.py events doctor` says more."
            raise CommandError(why, returncode=2) from error
