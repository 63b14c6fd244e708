"""`events replay` and `events discard`: run deliveries again, or give them up, as a recorded operation."""

import time
from argparse import Namespace
from typing import Any

from django.core.management.base import CommandError

from events.cli import arguments
from events.cli.choosing import add_criteria, hints, is_said, selection_of
from events.cli.endings import Ending
from events.cli.voice import Voice
from events.connections import database_now
from events.models import Outcome, Replay
from events.replay import Preview, ReplayProgress, Selection, create_replay, discard, preview, progress

_POLL_SECONDS = 0.25
#: When nothing has happened for so long, whoever waits is told what may be missing.
_QUIET_SECONDS = 15.0


def add_to(commands: Any) -> None:
    """Declare the subcommands."""
    again = commands.add_parser("replay", help="run dead letters again, or, when asked, done deliveries")
    again.set_defaults(run=run_replay)
    _add_choice(again)
    again.add_argument("--done", action="store_true", help="also deliveries that are done: their effects happen again")
    again.add_argument("--name", default="replay", help="what the replay is called")
    again.add_argument("--rate", type=arguments.rate, metavar="PER_SECOND", help="at most so many a second")
    again.add_argument(
        "--steps",
        type=arguments.steps,
        default=(),
        metavar="1,10,100",
        help="first so many, then so many …, then the rest; each step waits for the results of the one before",
    )
    away = commands.add_parser("discard", help="give dead letters up, with a reason")
    away.set_defaults(run=run_discard)
    _add_choice(away)
    away.add_argument("--name", default="discarded", help="what the operation is called")


def _add_choice(parser: Any) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="deliveries <event id>:<subscriber>:<run>, or events")
    add_criteria(parser)
    parser.add_argument("--all", action="store_true", help="all open dead letters")
    parser.add_argument("--reason", help="why; needed with --yes")
    parser.add_argument("--detach", action="store_true", help="do not wait until it is done")
    arguments.add_yes(parser)
    arguments.add_json(parser)


def run_replay(options: Namespace, voice: Voice) -> Ending:
    """Say what would be replayed; or replay it, and wait."""
    dead, done = Outcome.DEAD.value, Outcome.DONE.value
    _refuse_vagueness(options, options.done)
    selection = selection_of(options, tuple(options.ids), frozenset({dead, done} if options.done else {dead}))
    if not options.yes:
        return _pretend(selection, Replay.Action.REPLAY, options, voice)
    made = create_replay(
        selection,
        name=options.name,
        reason=arguments.reason_of(options),
        owner=arguments.operator(),
        now=database_now(),
        rate_per_second=options.rate,
        steps=options.steps,
    )
    return _wait(made, options, voice)


def run_discard(options: Namespace, voice: Voice) -> Ending:
    """Say what would be given up; or give it up, and wait."""
    _refuse_vagueness(options)
    selection = selection_of(options, tuple(options.ids))
    if not options.yes:
        return _pretend(selection, Replay.Action.DISCARD, options, voice)
    reason, owner = arguments.reason_of(options), arguments.operator()
    made = discard(selection, name=options.name, reason=reason, owner=owner, now=database_now())
    return _wait(made, options, voice)


def _refuse_vagueness(options: Namespace, done: bool = False) -> None:
    described = bool(options.ids) or is_said(options)
    if not described and (done or not options.all):
        more = "; --done needs a description" if done else ", or --all open dead letters"
        raise CommandError(f"Say which: ids, --group, --subscriber, --event, --stream …{more}.", returncode=2)
    if described and options.all:
        raise CommandError("Either --all, or a description; not both.", returncode=2)


def _pretend(selection: Selection, action: Replay.Action, options: Namespace, voice: Voice) -> Ending:
    would = preview(selection, action)
    voice.document({"dry_run": True, "action": action.value, **_would(would)})
    if not would.count:
        voice.note(f"There is nothing to {action.value}{_left_out(would)}{hints(options)}.")
        return Ending.NOTHING
    voice.say(f"Would {action.value} {would.count:,} deliveries.")
    voice.table(["subscriber", "deliveries"], would.by_subscriber.most_common())
    voice.say("")
    voice.table(
        ["error", "deliveries"], [[error or "(done)", count] for error, count in would.by_fingerprint.most_common()]
    )
    voice.say("", "The first of them:", *(f"  {key}" for key in would.examples))
    if would.left_out:
        voice.say("", f"Left out{_left_out(would)}.")
    voice.note(f"Nothing was done. To {action.value} them, add --yes and --reason '…'.")
    return Ending.FINE


def _would(would: Preview) -> dict[str, Any]:
    return {
        "count": would.count,
        "by_subscriber": dict(would.by_subscriber.most_common()),
        "by_error": dict(would.by_fingerprint.most_common()),
        "examples": list(would.examples),
        "left_out": {str(reason.value): count for reason, count in would.left_out.items()},
    }


def _left_out(would: Preview) -> str:
    said = ", ".join(f"{count:,} {reason.words}" for reason, count in would.left_out.items())
    return f": {said}" if said else ""


def _wait(made: Replay, options: Namespace, voice: Voice) -> Ending:
    """Follow it to its end, unless told to leave it alone; an interruption leaves it running."""
    voice.note(f"Replay {made.pk} ({made.name}): {made.item_count:,} deliveries.")
    try:
        while not options.detach and _is_moving(made):
            _report(made, voice)
            time.sleep(_POLL_SECONDS)
            made.refresh_from_db()
    except KeyboardInterrupt:
        voice.note(f"It goes on without you: `events replays show {made.pk}`.")
    made.refresh_from_db()
    reached = progress(made, database_now())
    voice.document(described(made, reached))
    voice.say(summary(made, reached))
    return _ending(made, reached)


def _is_moving(made: Replay) -> bool:
    return bool(made.state == Replay.State.RUNNING)


def _report(made: Replay, voice: Voice) -> None:
    now = database_now()
    reached = progress(made, now)
    if not reached.settled and (now - made.created_at).total_seconds() > _QUIET_SECONDS:
        voice.progress(f"{summary(made, reached)}. Do a relay and a worker run? `events doctor` says.")
    else:
        voice.progress(summary(made, reached))


def _ending(made: Replay, reached: ReplayProgress) -> Ending:
    ended_well = made.state in {Replay.State.FINISHED, Replay.State.RUNNING}
    return Ending.FINE if ended_well and not reached.by_state["dead"] else Ending.WARNING


def summary(made: Replay, reached: ReplayProgress) -> str:
    """How far it is, in one line."""
    counted = ", ".join(f"{count:,} {state}" for state, count in sorted(reached.by_state.items()))
    why = f" ({made.state_reason})" if made.state_reason else ""
    parked = f", {reached.parked:,} held up in their lanes" if reached.parked else ""
    step = f", step {reached.step} of {reached.step_count}" if reached.step_count > 1 else ""
    eta = f", about {reached.eta_seconds:.0f} s to go" if reached.eta_seconds else ""
    return f"{made.state}{why}: {reached.settled:,} of {reached.all:,} settled; {counted}{parked}{step}{eta}"


def described(made: Replay, reached: ReplayProgress) -> dict[str, Any]:
    """For JSON: a replay and how far it is."""
    return {
        "replay": made.pk,
        "action": made.action,
        "name": made.name,
        "reason": made.reason,
        "owner": made.owner,
        "automatic": made.automatic,
        "criteria": made.criteria,
        "left_out": made.left_out,
        "rate_per_second": made.rate_per_second,
        "steps": made.steps,
        "state": made.state,
        "state_reason": made.state_reason,
        "created_at": made.created_at,
        "finished_at": made.finished_at,
        "count": reached.all,
        "settled": reached.settled,
        "by_state": dict(reached.by_state),
        "dead_by_error": dict(reached.dead_by_fingerprint),
        "parked": reached.parked,
        "step": reached.step,
        "step_count": reached.step_count,
        "eta_seconds": reached.eta_seconds,
    }
