"""Subscribers that call another system."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from events.api import Context, Event, Snooze, subscriber
from shop.errors import OutsideRefused, OutsideResting, OutsideUnavailable

_OPTIONS: dict[str, Any] = {
    "effects": "external",
    "max_retries": 8,
    "transient_errors": (OutsideUnavailable,),
    "final_errors": (OutsideRefused,),
    "soft_time_limit_seconds": 40,
    "time_limit_seconds": 50,
}


def outside_subscriber(
    *event_types: type[Event], name: str, **options: Any
) -> Callable[[Callable[[Any, Context], None]], Callable[[Any, Context], None]]:
    """As @subscriber, for functions (event, context) that call another system.

    Failures are retried, and replayed automatically when they lasted; a refusal is a dead letter at once; and while the
    service is left in peace the delivery waits and spends no try.
    """

    def declare(function: Callable[[Any, Context], None]) -> Callable[[Any, Context], None]:
        @wraps(function)
        def patient(event: Any, context: Context) -> None:
            try:
                function(event, context)
            except OutsideResting as resting:
                raise Snooze(resting.data["seconds"], str(resting)) from resting

        return subscriber(*event_types, name=name, **(_OPTIONS | options))(patient)

    return declare
