"""Sagas: long processes whose steps are undone when they cannot be finished.

    start ─▶ step due ─▶ delivery ─▶ recorded, next step due        one transaction; so on until the saga is completed
                            └─▶ dead ─▶ undo due ─▶ delivery ─▶ …   in reverse order, until the saga is compensated

Each step and each compensation is a subscriber of its own, of an event of its own: `sagas.<saga>.<step>` of
`sagas.<saga>.<step>.due`, `sagas.<saga>.<step>.undo` of `sagas.<saga>.<step>.undo.due`. So it is retried, rescued,
buried and replayed like any other delivery, and a saga is driven by nothing but the log.
"""

from events.sagas.definition import Saga, step
from events.sagas.operations import cancel_saga, start_saga
from events.sagas.running import SagaRun
from events.sagas.views import SagaView, StepView, sagas_of

__all__ = ["Saga", "SagaRun", "SagaView", "StepView", "cancel_saga", "sagas_of", "start_saga", "step"]
