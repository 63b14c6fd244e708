"""`manage.py sagas`: list them, show those of a key, run a dead step of one again, have one compensated."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from events.cause import acting_as
from events.cli import arguments
from events.cli.endings import Ending
from events.cli.pretending import pretending
from events.cli.voice import Voice, instant, shortened
from events.connections import database_now
from events.errors import UnknownSaga
from events.models import Saga
from events.replay import Selection, create_replay
from events.sagas import SagaView, StepView, sagas_of
from events.sagas.letters import dead_letters_of
from events.sagas.operations import give_up_saga
from events.sagas.views import views

_OPEN = (Saga.State.RUNNING, Saga.State.COMPENSATING, Saga.State.FAILED)


def add_to(commands: Any) -> None:
    """Declare the subcommands."""
    listed = commands.add_parser("list", help="the newest sagas")
    listed.set_defaults(run=run_list)
    listed.add_argument("--state", choices=Saga.State.values, help="only those in this state")
    listed.add_argument("--open", action="store_true", help="only those that are running, compensating or failed")
    listed.add_argument("--name", help="only those of this saga, such as fulfilment")
    arguments.add_limit(listed, default=20)
    arguments.add_json(listed)
    shown = commands.add_parser("show", help="the sagas of a key, step by step")
    shown.set_defaults(run=run_show)
    _add_key(shown)
    arguments.add_json(shown)
    retried = commands.add_parser("retry", help="replay the dead letter that a saga waits for, so that it goes on")
    retried.set_defaults(run=run_retry)
    compensated = commands.add_parser("compensate", help="give a running saga up: what it has done is undone")
    compensated.set_defaults(run=run_compensate)
    for changed in (retried, compensated):
        _add_key(changed)
        changed.add_argument("--reason", help="why, for those who look at it later")
        arguments.add_yes(changed)
        arguments.add_json(changed)


def run_list(options: Namespace, voice: Voice) -> Ending:
    """Show the newest, the last one at the end; a warning if one of them has failed."""
    sagas = Saga.objects.order_by("-pk")
    if options.open:
        sagas = sagas.filter(state__in=_OPEN)
    if options.state:
        sagas = sagas.filter(state=options.state)
    if options.name:
        sagas = sagas.filter(name=options.name)
    found = views(sagas[: options.limit])[::-1]
    voice.document({"sagas": [_described(one) for one in found]})
    if not found:
        voice.note("No saga matched.")
        return Ending.NOTHING
    voice.table(
        ["saga", "key", "state", "started", "finished", "steps", "now at", "reason"],
        [
            [one.name, one.key, one.state, one.started_at, one.finished_at, _done_count(one), _now_at(one),
             shortened(one.reason, 60)]
            for one in found
        ],
    )  # fmt: skip
    return _ending(found)


def run_show(options: Namespace, voice: Voice) -> Ending:
    """Show all sagas of a key; a warning if one of them has failed."""
    found = _found(options)
    voice.document({"sagas": [_described(one) for one in found]})
    for one in found:
        over = f", over {instant(one.finished_at)}" if one.finished_at else ""
        voice.say(f"{one.name} {one.key}: {one.state}, begun {instant(one.started_at)}{over}")
        if one.reason:
            voice.say(f"  why  {one.reason}")
        voice.table(
            ["", "step", "direction", "state", "begun", "settled", "waits until", "recorded", "reason"],
            [["", *_cells(step)] for step in one.steps],
        )
    return _ending(found)


def run_retry(options: Namespace, voice: Voice) -> Ending:
    """Replay what is dead of it; or say what would be."""
    one, reason = _only(options), arguments.reason_of(options)
    letters = dead_letters_of(Saga.objects.get(pk=one.id))
    if not letters:
        raise CommandError(f"The saga {one.name} {one.key} is {one.state}: no dead step holds it up.", returncode=3)
    subscribers = [letter.subscriber for letter in letters]
    if options.yes:
        selection = Selection(delivery_ids=tuple(letter.pk for letter in letters))
        owner, name = arguments.operator(), f"{one.name} {one.key}"
        create_replay(selection, name=name, reason=reason, owner=owner, now=database_now())
    voice.document({"dry_run": not options.yes, "subscribers": subscribers})
    voice.say(f"{'Runs' if options.yes else 'Would run'} again: {', '.join(subscribers)}")
    return _pretended(options, voice)


def run_compensate(options: Namespace, voice: Voice) -> Ending:
    """Have it compensated; or say that it would be."""
    one, reason, owner = _only(options), arguments.reason_of(options), arguments.operator()
    with pretending(not options.yes), transaction.atomic(), acting_as(owner):
        if not give_up_saga(one.name, one.key, reason=reason, by=owner):
            raise CommandError(f"The saga {one.name} {one.key} is {one.state}: nothing is to be done.", returncode=3)
        (changed,) = [saga for saga in sagas_of(one.key) if saga.name == one.name]
    voice.document({"dry_run": not options.yes, **_described(changed)})
    voice.say(f"{'Would be' if not options.yes else 'Is'} {changed.state}: {changed.name} {changed.key}")
    for step in changed.steps[len(one.steps) :]:
        voice.say(f"  to undo first: {step.step}")
    return _pretended(options, voice)


def _pretended(options: Namespace, voice: Voice) -> Ending:
    if not options.yes:
        voice.note("Nothing was done. To do it, add --yes.")
    return Ending.FINE


def _add_key(parser: ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="the business key, such as order-42")
    parser.add_argument("--name", help="of this saga, where a key has several")


def _found(options: Namespace) -> list[SagaView]:
    found = [one for one in sagas_of(options.key) if options.name in (None, one.name)]
    if not found:
        error = UnknownSaga(name=options.name or "any", key=options.key)
        raise CommandError(f"{error} `manage.py sagas list` shows the newest.", returncode=3)
    return found


def _only(options: Namespace) -> SagaView:
    (one, *others) = _found(options)
    if others:
        names = ", ".join(saga.name for saga in [one, *others])
        raise CommandError(f"{options.key} has several sagas: {names}. Say which: --name NAME", returncode=2)
    return one


def _ending(found: list[SagaView]) -> Ending:
    return Ending.WARNING if any(one.state == Saga.State.FAILED for one in found) else Ending.FINE


def _described(one: SagaView) -> dict[str, Any]:
    return asdict(one)


def _done_count(one: SagaView) -> int:
    return sum(step.state == "done" and step.direction == "action" for step in one.steps)


def _now_at(one: SagaView) -> str:
    return ", ".join(step.step for step in one.steps if step.state in ("waiting", "due"))


def _cells(step: StepView) -> list[Any]:
    recorded = "" if step.recorded is None else shortened(str(step.recorded), 60)
    times = [step.begun_at, step.settled_at, step.deadline_at]
    return [step.step, step.direction, step.state, *times, recorded, shortened(step.reason, 80)]
