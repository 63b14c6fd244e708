"""Circuit breakers: a service that keeps failing is left in peace for a while, and nobody waits for it meanwhile.

closed ─ so many failures in a row ─▶ open ─ after the rest, one call tries ─▶ closed, or open again

One for each service and process. They are not shared: a process that has seen no failure may be on a better road.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitMemoryStorage

from shop.errors import OutsideRefused, OutsideResting

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Circuit:
    """The breaker, and what it remembers."""

    breaker: CircuitBreaker
    memory: CircuitMemoryStorage


def guarded(service: str, url: str, call: Callable[[], Answer]) -> Answer:
    """Call, unless the circuit is open: then raises OutsideResting at once, with the time that is left.

    The breaker's lock is not held during the call, so threads call side by side; those that began before the circuit
    opened come to their end.
    """
    circuit = _circuit(service, url, settings.OUTSIDE_FAILURES_TO_REST, settings.OUTSIDE_REST_SECONDS)
    _refuse_while_open(service, circuit)
    try:
        answer = call()
    except (OutsideRefused, OutsideResting):
        _record(circuit, answered=True)
        raise
    except Exception:
        _record(circuit, answered=False)
        raise
    _record(circuit, answered=True)
    return answer


def _refuse_while_open(service: str, circuit: _Circuit) -> None:
    opened_at = circuit.memory.opened_at
    if circuit.memory.state != STATE_OPEN or opened_at is None:
        return
    rest_seconds = circuit.breaker.reset_timeout
    left_seconds = rest_seconds - (datetime.now(UTC) - opened_at).total_seconds()
    if left_seconds > 0:
        # Not all that wait come back at the same moment.
        raise OutsideResting(service=service, seconds=left_seconds + random.uniform(0, rest_seconds / 4))


def _record(circuit: _Circuit, *, answered: bool) -> None:
    def outcome() -> None:
        if not answered:
            raise ConnectionError

    # Its own error is of no interest; and another thread may have opened the circuit meanwhile.
    with suppress(ConnectionError, CircuitBreakerError):
        circuit.breaker.call(outcome)


@lru_cache
def _circuit(service: str, url: str, failures: int, rest_seconds: float) -> _Circuit:
    memory = CircuitMemoryStorage(STATE_CLOSED)
    breaker = CircuitBreaker(
        fail_max=failures,
        reset_timeout=rest_seconds,
        state_storage=memory,
        name=f"{service} at {url}",
    )
    return _Circuit(breaker, memory)
