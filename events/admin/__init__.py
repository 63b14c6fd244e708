"""The platform in the admin: everything can be read; dead deliveries are replayed or discarded, replays and subscribers
paused."""

from events.admin import (
    attempts,
    dead_letters,
    deliveries,
    events,
    flow,
    outbox,
    projections,
    replays,
    sagas,
    subscriptions,
    task_results,
)

__all__ = [
    "attempts",
    "dead_letters",
    "deliveries",
    "events",
    "flow",
    "outbox",
    "projections",
    "replays",
    "sagas",
    "subscriptions",
    "task_results",
]
