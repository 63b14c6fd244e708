"""`events erase` and `events rewrap`: forget a person for good, and wrap the keys of people with a new secret."""

from argparse import Namespace
from typing import Any

from django.db import transaction

from events import keyring
from events.cli import arguments
from events.cli.endings import Ending
from events.cli.pretending import pretending
from events.cli.voice import Voice
from events.erasing import erase, refuse_unknown
from events.errors import UnknownPerson


def add_to(commands: Any) -> None:
    """Declare the subcommands."""
    away = commands.add_parser("erase", help="forget a person: make unreadable what the log says of them")
    away.set_defaults(run=run_erase)
    away.add_argument("person", help="whom, as the events name them, such as customer-42")
    away.add_argument("--reason", help="why; needed with --yes. It stays in the log: name nobody")
    again = commands.add_parser("rewrap", help="encrypt the keys of people with the newest secret again")
    again.set_defaults(run=run_rewrap)
    for parser in (away, again):
        arguments.add_yes(parser)
        arguments.add_json(parser)


def run_erase(options: Namespace, voice: Voice) -> Ending:
    """Say what would be cleared; or do it. The subscribers of person.erased do the rest."""
    reason = arguments.reason_of(options)
    try:
        refuse_unknown(options.person)
    except UnknownPerson as error:
        voice.document({"dry_run": not options.yes, "person": None})
        voice.note(str(error))
        return Ending.NOTHING
    with pretending(not options.yes):
        done = erase(options.person, reason=reason, by=arguments.operator())
    counts = {"attempts": done.attempt_count, "dead_letters": done.letter_count}
    voice.document({"dry_run": not options.yes, "person": done.person, "is_new": done.is_new, **counts})
    if not done.is_new:
        voice.say(f"{done.person} was erased before.")
    elif options.yes:
        voice.say(f"The key of {done.person} is destroyed, and person.erased is emitted.")
    else:
        voice.say(f"Would destroy the key of {done.person} and emit person.erased. Nothing brings the key back.")
    did = "Blanked" if options.yes else "Would blank"
    voice.say(f"{did} the words of {done.attempt_count:,} attempts and {done.letter_count:,} dead letters.")
    if not options.yes:
        voice.note("Nothing was done. To do it, add --yes and --reason '…'.")
    return Ending.FINE


def run_rewrap(options: Namespace, voice: Voice) -> Ending:
    """After this the settings may forget the former secrets."""
    with pretending(not options.yes), transaction.atomic():
        count = keyring.wrap_again()
    voice.document({"dry_run": not options.yes, "rewrapped": count})
    did = "Encrypted" if options.yes else "Would encrypt"
    voice.say(f"{did} {count:,} keys of people with the newest secret again.")
    if not options.yes:
        voice.note("Nothing was done. To do it, add --yes.")
    return Ending.FINE
