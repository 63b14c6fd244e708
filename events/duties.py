"""Duties: what has to be done by the clock, in a thread of the relay. Of several relays one does them."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from events import alerts, catching_up, flow, prune, replay, rescue, second_level
from events.conf import events_settings
from events.connections import database_now, renew_connections
from events.projections import driving
from events.sagas import tending

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
#: How long a relay that is not in charge waits before it asks again, and one that lost its database before it goes on.
_BREAK_SECONDS = 2.0
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('events duties', 0))"


@dataclass
class Duty:
    """A function of the database's time, and how often it is due."""

    do: Callable[[datetime], object]
    every_seconds: float
    due_at: float = 0.0


class Duties:
    """Does each duty when it is due, until stopped. A duty that fails is logged, and is due again."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="duties", daemon=True)
        self._in_charge_on: object = None  # the connection that holds the lock

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self, patience_seconds: float = 10.0) -> None:
        """End after the duty in hand."""
        self._stopped.set()
        self._thread.join(patience_seconds)

    def _run(self) -> None:
        duties = _duties()
        try:
            while not self._stopped.is_set():
                try:
                    renew_connections()
                    break_seconds = _TICK_SECONDS if self._do_what_is_due(duties) else _BREAK_SECONDS
                except Exception:
                    logger.warning("The duties wait for the database", exc_info=True)
                    connection.close()
                    break_seconds = _BREAK_SECONDS
                self._stopped.wait(break_seconds)
        finally:
            connection.close()

    def _do_what_is_due(self, duties: list[Duty]) -> bool:
        """False when another relay is in charge."""
        if not self._is_in_charge():
            return False
        for duty in duties:
            if time.monotonic() >= duty.due_at and not self._stopped.is_set():
                duty.due_at = time.monotonic() + duty.every_seconds
                _do(duty)
        return True

    def _is_in_charge(self) -> bool:
        connection.ensure_connection()
        if self._in_charge_on is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(_LOCK)
                (locked,) = cursor.fetchone()
            self._in_charge_on = connection.connection if locked else None
        return self._in_charge_on is not None


def _duties() -> list[Duty]:
    settings = events_settings()
    return [
        Duty(catching_up.catch_up, 1.0),
        Duty(replay.advance, 0.5),
        Duty(driving.drive, 1.0),
        Duty(tending.tend, 1.0),
        Duty(tending.take_up_discarded, 15.0),
        Duty(rescue.rescue, settings.rescue_interval_seconds),
        Duty(second_level.retry_transient, 15.0),
        Duty(alerts.alert, 15.0),
        Duty(flow.count_flow, 10.0),
        Duty(driving.sweep, 600.0),
        Duty(prune.prune, 3600.0),
    ]


def _do(duty: Duty) -> None:
    try:
        duty.do(database_now())
    except Exception:
        logger.exception(
            "%s.%s failed; it is done again in %g s", duty.do.__module__, duty.do.__name__, duty.every_seconds
        )
