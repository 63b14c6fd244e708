"""Everything that happened to an order and around it, for staff: its events, and the steps of the sagas that look after
it and its returns."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events.api import SagaView, StepView, sagas_of
from shop.orders.models import Order, Reversal
from shop.orders.timeline import Moment, timeline

_STATES = {
    "waiting": gettext_noop("waiting"),
    "due": gettext_noop("due"),
    "done": gettext_noop("done"),
    "failed": gettext_noop("failed"),
    "unknown": gettext_noop("outcome unknown"),
    "timed_out": gettext_noop("timed out"),
    "ended": gettext_noop("ended"),
    "completed": gettext_noop("completed"),
    "compensated": gettext_noop("compensated"),
}


def story(order: Order) -> list[Moment]:
    """The oldest first."""
    steps = [moment for saga in _sagas(order) for moment in _moments(saga)]
    return sorted([*timeline(order), *steps], key=lambda moment: moment.at)


def _sagas(order: Order) -> Iterator[SagaView]:
    yield from sagas_of(f"order-{order.pk}")
    for number in order.reversals.filter(kind=Reversal.Kind.RETURN).values_list("number", flat=True):
        yield from sagas_of(f"return-{order.pk}-{number}")


def _moments(saga: SagaView) -> Iterator[Moment]:
    yield from (_step(saga, step) for step in saga.steps)
    if saga.finished_at:
        yield Moment(
            at=saga.finished_at,
            title=saga.name,
            actor="",
            who=saga.name,
            details=_words(saga.state, saga.reason),
            position=None,
        )


def _step(saga: SagaView, step: StepView) -> Moment:
    undo = step.direction == "compensation"
    return Moment(
        at=step.settled_at or step.begun_at,
        title=_("{step}, undone").format(step=step.step) if undo else step.step,
        actor="",
        who=saga.name,
        details=_words(step.state, step.reason),
        position=step.position,
    )


def _words(state: str, reason: str) -> str:
    return " · ".join(word for word in (_(_STATES[state]) if state in _STATES else state, reason) if word)
