"""`events replays`: the replays and discards that were made, and how to steer them."""

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandError

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.pretending import pretending
from events.cli.replaying import described, summary
from events.cli.voice import Voice, instant
from events.connections import database_now
from events.models import Replay
from events.replay import cancel, pause, progress, resume

OPEN = (Replay.State.RUNNING, Replay.State.PAUSED, Replay.State.STOPPED)


def add_to(commands: Any) -> None:
    """Declare the subcommands of the subcommand."""
    parser = commands.add_parser("replays", help="list replays, show one, pause, resume or cancel it")
    deeds = parser.add_subparsers(dest="deed", metavar="DEED", required=True)
    listed = deeds.add_parser("list", help="the newest, and all that are open")
    listed.set_defaults(run=run_list)
    listed.add_argument("--open", action="store_true", help="only those that are not over")
    arguments.add_limit(listed, default=20)
    arguments.add_json(listed)
    shown = deeds.add_parser("show", help="one, with how far it is")
    shown.set_defaults(run=run_show)
    shown.add_argument("replay", type=arguments.count, metavar="NUMBER")
    arguments.add_json(shown)
    for deed, words in (("pause", "send no more of it"), ("resume", "go on"), ("cancel", "end it")):
        changed = deeds.add_parser(deed, help=words)
        changed.set_defaults(run=run_change)
        changed.add_argument("replay", type=arguments.count, metavar="NUMBER")
        changed.add_argument("--reason", default="", help="why")
        arguments.add_yes(changed)
        arguments.add_json(changed)


def run_list(options: Namespace, voice: Voice) -> Ending:
    """Show the newest ones."""
    replays = Replay.objects.order_by("-pk")
    if options.open:
        replays = replays.filter(state__in=OPEN)
    now = database_now()
    found = [(one, progress(one, now)) for one in replays[: options.limit]][::-1]
    voice.document({"replays": [described(one, reached) for one, reached in found]})
    if not found:
        voice.note("No replay is open." if options.open else "Nothing was ever replayed or discarded here.")
        return Ending.NOTHING
    voice.table(
        ["number", "name", "action", "owner", "made", "state", "settled", "of", "dead"],
        [
            [str(one.pk), one.name, one.action, one.owner, one.created_at, one.state, reached.settled, reached.all,
             reached.by_state["dead"]]
            for one, reached in found
        ],
    )  # fmt: skip
    return Ending.FINE


def run_show(options: Namespace, voice: Voice) -> Ending:
    """Show one; a warning if it waits for somebody or has deaths."""
    made = _replay(options.replay)
    reached = progress(made, database_now())
    voice.document(described(made, reached))
    voice.say(
        f"{made.action} {made.pk}: {made.name}",
        f"  why       {made.reason}",
        f"  who       {made.owner}, {instant(made.created_at)}",
        f"  which     {made.criteria}",
        f"  left out  {made.left_out or 'nothing'}",
        f"  pace      {f'{made.rate_per_second:g} a second' if made.rate_per_second else 'as fast as it goes'}"
        f"{f', in steps of {made.steps} and the rest' if made.steps else ''}",
        f"  {summary(made, reached)}",
        *(f"  {count:,} died of {error}" for error, count in reached.dead_by_fingerprint.most_common()),
    )
    waits = made.state in {Replay.State.PAUSED, Replay.State.STOPPED}
    return Ending.WARNING if waits or reached.by_state["dead"] else Ending.FINE


def run_change(options: Namespace, voice: Voice) -> Ending:
    """Pause, resume or cancel it; or say that one could."""
    made, owner = _replay(options.replay), arguments.operator()
    with pretending(not options.yes):
        if options.deed == "pause":
            pause(made, by=owner, reason=options.reason)
        elif options.deed == "resume":
            resume(made, by=owner, now=database_now())
        else:
            cancel(made, by=owner, now=database_now(), reason=options.reason)
        changed = _replay(made.pk)
        reached = progress(changed, database_now())
    voice.document({"dry_run": not options.yes, **described(changed, reached)})
    voice.say(f"{'Would be' if not options.yes else 'Is'} {summary(changed, reached)}")
    if not options.yes:
        voice.note(f"Nothing was done. To {options.deed} it, add --yes.")
    return Ending.FINE


def _replay(number: int) -> Replay:
    made = Replay.objects.filter(pk=number).first()
    if made is None:
        raise CommandError(f"There is no replay {number}; `events replays list` has their numbers.", returncode=3)
    return made
