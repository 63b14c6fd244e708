"""`events rescue`, `prune` and `rebase`: duties of the relay, done now."""

from argparse import Namespace
from collections import Counter
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.pretending import pretending
from events.cli.voice import Voice
from events.connections import database_now
from events.prune import prune
from events.rebase import rebase
from events.rescue import rescue

#: A dry run of pruning looks no further: it keeps a transaction open.
_PRETENDED_COUNT = 100_000


class _EnoughPretended(Exception):
    """The dry run has seen enough."""


def add_to(commands: Any) -> None:
    """Declare the subcommands."""
    deeds = {
        "rescue": (run_rescue, "send again now what nothing was heard of, as the relay does by itself"),
        "prune": (run_prune, "delete now what is older than the settings keep"),
        "rebase": (run_rebase, "after a restore into another cluster: count transactions on from the end of the log"),
    }
    for deed, (run, words) in deeds.items():
        parser = commands.add_parser(deed, help=words)
        parser.set_defaults(run=run)
        arguments.add_yes(parser)
        arguments.add_json(parser)


def run_rescue(options: Namespace, voice: Voice) -> Ending:
    """One pass over all subscriptions."""
    try:
        with pretending(not options.yes, "events.rescue"):
            rescued = rescue(database_now())
    except DatabaseError:
        raise
    except Exception as error:  # the broker is asked for how long its messages have waited
        raise CommandError(f"The broker does not answer: {error}. `events doctor` says more.", returncode=2) from error
    voice.document({"dry_run": not options.yes, "rescued": rescued.total(), "by_subscriber": dict(rescued)})
    voice.say(f"{'Would send' if not options.yes else 'Sent'} {rescued.total():,} deliveries again.")
    if rescued:
        voice.table(["subscriber", "deliveries"], rescued.most_common())
    return _ended(options, voice)


def run_prune(options: Namespace, voice: Voice) -> Ending:
    """In small batches, as the relay does every hour."""
    pruned: Counter[str] = Counter()

    def report(so_far: Counter[str]) -> None:
        pruned.update({kind: count - pruned[kind] for kind, count in so_far.items()})
        voice.progress(f"{pruned.total():,} rows so far")
        if not options.yes and pruned.total() >= _PRETENDED_COUNT:
            raise _EnoughPretended

    at_least = ""
    try:
        with pretending(not options.yes):
            prune(database_now(), report)
    except _EnoughPretended:
        at_least = "at least "
    counts = {kind: pruned[kind] for kind in ("deliveries", "attempts", "items", "arrivals", "events", "snapshots")}
    did = "Deleted" if options.yes else "Would delete"
    voice.document({"dry_run": not options.yes, "at_least": bool(at_least), "pruned": counts})
    words = {"items": "items of replays", "arrivals": "arrivals for sagas"}
    said = ", ".join(f"{count:,} {words.get(kind, kind)}" for kind, count in counts.items())
    voice.say(f"{did} {at_least}{said}.")
    return _ended(options, voice)


def run_rebase(options: Namespace, voice: Voice) -> Ending:
    """Raise the numbers of transactions above those in the log."""
    with pretending(not options.yes):
        raised_by = rebase()
    voice.document({"dry_run": not options.yes, "raised_by": raised_by})
    if not raised_by:
        voice.say("Nothing to do: new transactions come after everything in the log.")
        return Ending.FINE
    voice.say(f"{'Would raise' if not options.yes else 'Raised'} the numbers of transactions by {raised_by:,}.")
    return _ended(options, voice)


def _ended(options: Namespace, voice: Voice) -> Ending:
    if not options.yes:
        voice.note("Nothing was done. To do it, add --yes.")
    return Ending.FINE
