"""The one door to the platform for shop/ and tasks/."""

from events.cause import acting_as
from events.dead_letters import delivery_buried
from events.erasing import Erasure, PersonErased, erase, forget_words
from events.errors import AfterUnreadable, EventsError, Reject, Snooze, StreamConflict
from events.event import Event, LoggedEvent, upcaster
from events.folding import fold, verifies
from events.history import Folded, fold_all, history, logged_events, state_of
from events.log import emit, emit_many
from events.personal import Personal
from events.progress import Progress, Stretch, last_position, overall_lag_ms, progress, wait_until_settled
from events.projections import Fact, projection
from events.projections.lag import Lag, lag
from events.projections.waiting import Freshness, wait_for_own_write, wait_for_projection
from events.sagas import Saga, SagaRun, SagaView, StepView, cancel_saga, sagas_of, start_saga, step
from events.snapshots import forget_snapshots
from events.subscribers import Context, load_subscribers, subscriber

__all__ = [
    "AfterUnreadable",
    "Context",
    "Erasure",
    "Event",
    "EventsError",
    "Fact",
    "Folded",
    "Freshness",
    "Lag",
    "LoggedEvent",
    "PersonErased",
    "Personal",
    "Progress",
    "Reject",
    "Saga",
    "SagaRun",
    "SagaView",
    "Snooze",
    "StepView",
    "StreamConflict",
    "Stretch",
    "acting_as",
    "cancel_saga",
    "delivery_buried",
    "emit",
    "emit_many",
    "erase",
    "fold",
    "fold_all",
    "forget_snapshots",
    "forget_words",
    "history",
    "lag",
    "last_position",
    "load_subscribers",
    "logged_events",
    "overall_lag_ms",
    "progress",
    "projection",
    "sagas_of",
    "start_saga",
    "state_of",
    "step",
    "subscriber",
    "upcaster",
    "verifies",
    "wait_for_own_write",
    "wait_for_projection",
    "wait_until_settled",
]
