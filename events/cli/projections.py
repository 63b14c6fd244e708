"""`events projections` and `events rebuild`: how far the read models are, and how one is made again from the log."""

import time
from argparse import Namespace
from typing import Any

from django.core.management.base import CommandError

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.pretending import pretending
from events.cli.voice import Voice
from events.connections import database_now
from events.doctor.findings import duration
from events.models import Rebuild
from events.projections import projection_named
from events.projections.lag import Lag, lag
from events.projections.rebuilding import cancel_rebuild, carry_on, start_rebuild

_SLICE_SECONDS = 1.0
_BREAK_SECONDS = 0.25


def add_to(commands: Any) -> None:
    """Declare the subcommands."""
    listed = commands.add_parser("projections", help="every read model: state, how far behind, its last rebuild")
    listed.set_defaults(run=run_list)
    arguments.add_json(listed)
    parser = commands.add_parser("rebuild", help="make a read model again from the log, beside the live one")
    parser.set_defaults(run=run_rebuild)
    parser.add_argument("projection")
    parser.add_argument("--reason", help="why; needed with --yes")
    deeds = parser.add_mutually_exclusive_group()
    deeds.add_argument("--detach", action="store_true", help="leave the work to the workers")
    deeds.add_argument("--resume", action="store_true", help="go on with the rebuild that is running")
    deeds.add_argument("--cancel", action="store_true", help="end the rebuild that is running")
    arguments.add_yes(parser)
    arguments.add_json(parser)


def run_list(options: Namespace, voice: Voice) -> Ending:
    """Show all; a warning if one lacks an event that is a dead letter."""
    found = lag()
    voice.document({"projections": [_lag_described(one) for one in found]})
    if not found:
        voice.note("This code has no projections.")
        return Ending.NOTHING
    voice.table(
        ["projection", "state", "behind", "for", "dead", "settled up to", "last rebuild"],
        [
            [one.projection, one.state, _count(one), duration(one.behind_seconds) if one.behind_count else "",
             one.dead_count, one.settled_position, _summary(one.rebuild) if one.rebuild else ""]
            for one in found
        ],
    )  # fmt: skip
    return Ending.WARNING if any(one.dead_count for one in found) else Ending.FINE


def run_rebuild(options: Namespace, voice: Voice) -> Ending:
    """Rebuild in the foreground, or do what else was asked for. Raises UnknownProjection or RebuildRefused."""
    projection_named(options.projection)
    with pretending(not options.yes, "events.projections"):
        rebuild = _chosen(options)
    if options.yes and not (options.cancel or options.detach):
        rebuild = _work(rebuild, voice)
    voice.document({"dry_run": not options.yes, **_described(rebuild)})
    if not options.yes:
        voice.say(f"Would {'cancel' if options.cancel else 'rebuild'} {options.projection}.")
        voice.note("Nothing was done. To do it, add --yes.")
        return Ending.FINE
    if rebuild.state == Rebuild.State.FAILED:
        raise CommandError(rebuild.state_reason, returncode=int(Ending.BROKEN))
    voice.say(f"{rebuild.projection}: {_summary(rebuild)}")
    return Ending.FINE


def _chosen(options: Namespace) -> Rebuild:
    now, owner = database_now(), arguments.operator()
    if not (options.resume or options.cancel):
        reason = arguments.reason_of(options)
        return start_rebuild(options.projection, reason=reason, owner=owner, now=now)
    running = Rebuild.objects.filter(projection=options.projection, state=Rebuild.State.RUNNING).first()
    if running is None:
        raise CommandError(f"No rebuild of {options.projection} is running.", returncode=int(Ending.NOTHING))
    if options.cancel:
        return cancel_rebuild(running.pk, reason=f"{owner}: {options.reason or 'no reason given'}", now=now)
    return running


def _work(rebuild: Rebuild, voice: Voice) -> Rebuild:
    """Until it is over. Whoever interrupts it, or kills it, leaves it to the workers."""
    started_at, applied_before = time.monotonic(), rebuild.applied_count
    try:
        while rebuild.state == Rebuild.State.RUNNING:
            Rebuild.objects.filter(pk=rebuild.pk).update(sent_at=database_now())  # the duty need not tell a worker
            if not carry_on(rebuild.pk, _SLICE_SECONDS, database_now):
                time.sleep(_BREAK_SECONDS)
            rebuild.refresh_from_db()
            applied = rebuild.applied_count - applied_before
            pace = applied / max(time.monotonic() - started_at, 0.001)
            voice.progress(f"{_summary(rebuild)}, {pace:,.0f} a second")
    except KeyboardInterrupt:
        Rebuild.objects.filter(pk=rebuild.pk).update(sent_at=None)
        voice.note("The workers go on with it; `events rebuild … --cancel` ends it.")
    return rebuild


def _summary(rebuild: Rebuild) -> str:
    words = f"{rebuild.state} ({rebuild.applied_count:,} events"
    if rebuild.state == Rebuild.State.RUNNING:
        words += f", {rebuild.permille / 10:.1f} %, pass {rebuild.pass_number}"
    reason = f": {rebuild.state_reason}" if rebuild.state_reason else ""
    return f"{words}){reason}"


def _count(one: Lag) -> str:
    return f"more than {one.behind_count - 1:,}" if one.is_at_least else f"{one.behind_count:,}"


def _lag_described(one: Lag) -> dict[str, Any]:
    return {
        "projection": one.projection,
        "state": one.state,
        "behind": one.behind_count,
        "is_at_least": one.is_at_least,
        "behind_seconds": round(one.behind_seconds, 3),
        "dead": one.dead_count,
        "settled_position": one.settled_position,
        "rebuild": _described(one.rebuild) if one.rebuild else None,
    }


def _described(rebuild: Rebuild) -> dict[str, Any]:
    return {
        "number": rebuild.pk,
        "projection": rebuild.projection,
        "state": rebuild.state,
        "state_reason": rebuild.state_reason,
        "reason": rebuild.reason,
        "owner": rebuild.owner,
        "pass": rebuild.pass_number,
        "applied": rebuild.applied_count,
        "permille": rebuild.permille,
        "created_at": rebuild.created_at,
        "finished_at": rebuild.finished_at,
    }
