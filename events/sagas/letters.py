"""Dead letters that a saga waits for: whoever replays one has it go on."""

from events.models import Delivery, Outcome, Saga, SagaStep
from events.sagas.deciding import COMPENSATION

_OPEN = (SagaStep.State.DUE, SagaStep.State.FAILED, SagaStep.State.UNKNOWN)


def dead_letters_of(saga: Saga) -> list[Delivery]:
    """The newest run of each compensation that could not be done, and of each step that was dead because this code did
    not know it. What failed before its saga turned round is not among them: it does not run again."""
    letters = [_letter(saga, one) for one in saga.steps.all() if _is_awaited(one)]
    return [letter for letter in letters if letter and letter.outcome == Outcome.DEAD]


def _is_awaited(one: SagaStep) -> bool:
    return one.state == SagaStep.State.DUE or (one.direction == COMPENSATION and one.state in _OPEN)


def _letter(saga: Saga, one: SagaStep) -> Delivery | None:
    undo = ".undo" if one.direction == COMPENSATION else ""
    name = f"sagas.{saga.name}.{one.step}{undo}"
    return Delivery.objects.filter(event=one.position, subscriber=name).order_by("-run").first()
