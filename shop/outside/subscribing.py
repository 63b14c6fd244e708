"""Subscribers, and steps of sagas, that call another system."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from events.api import Context, Event, Snooze, subscriber
from shop.errors import OutsideRefused, OutsideResting, OutsideUnavailable

#: Failures are retried, and replayed automatically when they lasted; a refusal is a dead letter at once.
OUTSIDE: dict[str, Any] = {
    "effects": "external",
    "max_retries": 8,
    "transient_errors": (OutsideUnavailable,),
    "final_errors": (OutsideRefused,),
    "soft_time_limit_seconds": 40,
    "time_limit_seconds": 50,
}
Params = ParamSpec("Params")
Result = TypeVar("Result")


def patient(function: Callable[Params, Result]) -> Callable[Params, Result]:
    """While the service is left in peace, the delivery waits and spends no try."""

    @wraps(function)
    def waits(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except OutsideResting as resting:
            raise Snooze(resting.data["seconds"], str(resting)) from resting

    return waits


def outside_subscriber(
    *event_types: type[Event], name: str, **options: Any
) -> Callable[[Callable[[Any, Context], None]], Callable[..., None]]:
    """As @subscriber, for functions (event, context) that call another system; with OUTSIDE, and patient."""

    def declare(function: Callable[[Any, Context], None]) -> Callable[..., None]:
        return subscriber(*event_types, name=name, **(OUTSIDE | options))(patient(function))

    return declare
