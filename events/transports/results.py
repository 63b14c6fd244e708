"""Where Celery reports how tasks end: only final failures are kept, as dead letters."""

import logging
from typing import Any

from celery import states
from django.db import InterfaceError, OperationalError, close_old_connections
from django_celery_results.backends.database import DatabaseBackend

from events.dead_letters import bury
from events.failure import Failure
from events.models import Event
from events.subscribers import DeliveryKey
from events.transports.once import finish, key_of

logger = logging.getLogger(__name__)

#: Together about 20 s: long enough for a restart of the database, and then Celery hears of the error.
_MOST_RETRIES = 12
#: After these, a message is acknowledged; for a process that died, only this place hears of it.
_LAST_OF_A_MESSAGE = {states.FAILURE, states.RETRY}


class DeadLetterBackend(DatabaseBackend):
    """Stores FAILURE and nothing else: a success needs no row, and a RETRY row would outlive the retry."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.always_retry, self.max_retries = True, _MOST_RETRIES

    def store_result(
        self, task_id: str, result: Any, state: str, traceback: str | None = None, request: Any = None, **kwargs: Any
    ) -> Any:
        """Called by Celery in the worker's child, and in its parent for time limits and lost processes."""
        if state in _LAST_OF_A_MESSAGE and delivery_key(task_id) is None and hasattr(request, "retries"):
            finish(key_of(request))
        if state != states.FAILURE or self._buries(task_id, result, traceback, request):
            return result
        return super().store_result(task_id, result, state, traceback=traceback, request=request, **kwargs)

    def _buries(self, task_id: str, result: Any, traceback: str | None, request: Any) -> bool:
        """False for a task that is no delivery. Celery would store an error of the storing in the place of the real
        one; instead the delivery stays unsettled, and rescue has it run and fail again."""
        try:
            return bool(self._ensure_retryable(_bury, task_id, result, traceback, request))
        except Exception:
            if delivery_key(task_id) is None:
                raise
            logger.exception("The dead letter of %s could not be stored", task_id)
            return True

    def exception_safe_to_retry(self, exc: Exception) -> bool:
        """A failure that the database cannot take just now is stored when it is back."""
        return isinstance(exc, (OperationalError, InterfaceError))

    def on_backend_retryable_error(self, exc: Exception) -> None:
        """Let go of a connection that the server has closed."""
        close_old_connections()


def bury_delivery(task_id: str, error: BaseException, traceback: str, worker: str) -> bool:
    """End a delivery as dead. False for a task that is no delivery of an event in the log."""
    if (key := delivery_key(task_id)) is None:
        return False
    position = Event.objects.filter(id=key.event_id).values_list("position", flat=True).first()
    if position is None:
        return False
    bury(key, position, Failure.of(error, traceback), worker)
    return True


def _bury(task_id: str, error: BaseException, traceback: str | None, request: Any) -> bool:
    return bury_delivery(task_id, error, traceback or "", getattr(request, "hostname", "") or "")


def delivery_key(task_id: str) -> DeliveryKey | None:
    """The delivery that a task id names, if it names one."""
    try:
        return DeliveryKey.parse(task_id)
    except ValueError:
        return None
