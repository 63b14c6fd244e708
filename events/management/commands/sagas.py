"""`manage.py sagas`: look at sagas, run dead steps again, and give sagas up."""

import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError
from django.db import DatabaseError, InterfaceError

from events import checks
from events.cli import Ending, Voice, sagas
from events.errors import EventsError


class Command(BaseCommand):
    """Ends with 0 when all is fine, 1 with a warning, 2 when something is broken or refused, 3 when nothing matched."""

    help = (
        "Look at sagas, run their dead steps again, and have them compensated. What changes something only says what "
        "it would do, unless told --yes. Results are on stdout, everything else is on stderr. Exit codes: 0 fine, "
        "1 warning, 2 broken, 3 nothing matched."
    )
    requires_system_checks: list[str] = []  # asked below

    def add_arguments(self, parser: CommandParser) -> None:
        """A subcommand each."""
        sagas.add_to(parser.add_subparsers(dest="command", metavar="COMMAND", required=True))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand. Leaves by SystemExit unless all is fine."""
        chosen = Namespace(**{"stdout": None, "stderr": None} | options)
        voice = Voice(chosen.stdout or sys.stdout, chosen.stderr or sys.stderr, chosen.json)
        try:
            checks.refuse_contradictions()
            ending = Ending(chosen.run(chosen, voice))
        except (EventsError, SystemCheckError) as error:
            raise CommandError(str(error), returncode=2) from error
        except (DatabaseError, InterfaceError) as error:
            why = f"The database refused: {str(error).strip()}. `manage.py events doctor` says more."
            raise CommandError(why, returncode=2) from error
        if ending:
            raise SystemExit(int(ending))
