"""How a worker ends: it finishes what it has begun, within a bound, and gives the rest back to the queue.

Celery's warm shutdown has no bound. Its soft one stops the event loop for the whole bound, even if every task ends in a
second, and repeats tasks that ended meanwhile, because it never heard of it. So this is the warm one, with an alarm.
"""

import logging
import os
import signal
import threading
from contextlib import suppress
from typing import Any

from celery import bootsteps
from celery.concurrency.prefork import TaskPool as Prefork
from celery.worker import state

from events.conf import events_settings
from events.transports.channel import EdgeQoS

logger = logging.getLogger(__name__)


class Draining(bootsteps.StartStopStep):
    """Sets the alarm when the worker begins to stop, for whatever reason."""

    requires = {"celery.worker.components:Pool"}

    def start(self, worker: Any) -> None:
        """Another worker of this process may have stopped before."""
        EdgeQoS.is_stopping = False

    def close(self, worker: Any) -> None:
        """Runs first of all. Only processes can be ended, and only the main thread gets alarms."""
        EdgeQoS.is_stopping = True
        if isinstance(worker.pool, Prefork) and threading.current_thread() is threading.main_thread():
            seconds = events_settings().worker_drain_seconds
            signal.signal(signal.SIGALRM, lambda *_: end_tasks(worker, seconds))
            signal.setitimer(signal.ITIMER_REAL, seconds)


def end_tasks(worker: Any, seconds: float) -> None:
    """Kill what still runs. Its messages are unacknowledged: they go back when the worker's channel closes."""
    pool, running = worker.pool._pool, tuple(state.active_requests)
    if pool is None:  # all have ended, and only the farewell to the broker takes its time
        return
    logger.warning("%s of its tasks still ran %g s after the stop: back to the queue", len(running), seconds)
    for request in running:
        request.cancel(worker.pool, signal="KILL", emit_retry=False)
    for process in pool._pool:  # also one whose task was not known to have begun
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
