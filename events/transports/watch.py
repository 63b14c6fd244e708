"""Watches what a worker consumes: one that answers pings and takes nothing looks well to everything else.

The measured normal end of a reset Redis connection is a worker that lives, answers, and never consumes again. So each
worker's parent asks the broker itself whether work waits, over a connection of its own and in threads of its own, and
writes down for its supervisor how long it has taken nothing although it could.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from celery import bootsteps, current_app, signals
from celery.concurrency.solo import TaskPool as Solo
from celery.worker import state
from celery.worker.control import inspect_command

from events import worker_status
from events.conf import events_settings
from events.transports.backlog import Backlog
from events.worker_status import Verdict, WorkerStatus, judge

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 2
#: An older answer of the broker says nothing about now.
ANSWER_SECONDS = 10
#: Without a connection a worker tries again with growing pauses, of at most this.
LONGEST_RECONNECT_PAUSE_SECONDS = 32


class Watch(bootsteps.StartStopStep):
    """Starts with the worker, as soon as its children have been forked."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        worker.consumption = self._watcher = Watcher(worker)

    def start(self, worker: Any) -> None:
        """Start to look."""
        self._watcher.start()

    def close(self, worker: Any) -> None:
        """The worker is going to stop: from now on it is right that it takes nothing."""
        self._watcher.stop()


class Watcher:
    """Keeps `status` up to date, and writes it."""

    def __init__(self, worker: Any) -> None:
        settings = events_settings()
        self._worker = worker
        self._directory = worker_status.status_directory(settings.worker_status_directory)
        self._limits = (settings.worker_starving_seconds, settings.worker_stale_seconds)
        self._backlog = Backlog(worker.app)
        self._waits: tuple[float, bool | None] = (0.0, None)
        self._received_before = 0
        self._starving_since: float | None = None
        self._loop_seen_at = time.monotonic()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Look every two seconds from now on. Raises DirectoryNotPrivate."""
        worker_status.make_private(self._directory)
        signals.worker_shutdown.connect(self._remove)
        # Two threads, because looking up the broker's name may take longer than the silence that is forgiven.
        for work in (self._ask_broker, self._look):
            threading.Thread(target=self._repeat, args=[work], name=work.__name__.strip("_"), daemon=True).start()

    def stop(self) -> None:
        """Look no more, and say nothing that could be wrong a moment later."""
        self._stopping.set()
        self._remove()

    @property
    def status(self) -> WorkerStatus:
        """The worker now."""
        since, now = self._starving_since, time.monotonic()
        return WorkerStatus(
            self._worker.hostname,
            os.getpid(),
            now,
            now - self._loop_seen_at,
            None if since is None else max(now - since, 0.0),
            self._received(),
            self._held(),
            len(state.active_requests),
            self._limit(),
            self._queues(),
            *self._limits,
        )

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stopping.wait(INTERVAL_SECONDS):
            try:
                work()
            except Exception:  # a watch that fails must not end: its silence would end the worker
                logger.exception("The worker could not look after itself")

    def _ask_broker(self) -> None:
        waits = self._backlog.waits(self._queues())
        self._waits = (time.monotonic(), waits)

    def _look(self) -> None:
        now = time.monotonic()
        self._look_at_loop(now)
        before, self._received_before = self._received_before, self._received()
        if self._received_before != before or not self._could_take(now):
            self._starving_since = None
        elif self._starving_since is None:
            self._starving_since = now if self._connected() else now + LONGEST_RECONNECT_PAUSE_SECONDS
        if not self._stopping.is_set():
            self._write()

    def _could_take(self, now: float) -> bool:
        asked_at, waits = self._waits
        if not waits or now - asked_at > ANSWER_SECONDS or self._runs_in_loop():
            return False
        limit = self._limit()
        return not limit or self._held() < limit

    def _look_at_loop(self, now: float) -> None:
        """Ask the event loop for a sign of life, unless it has a good reason to give none."""
        hub = self._worker.hub
        if hub is None or not self._connected() or self._runs_in_loop():
            self._loop_seen_at = now
        else:
            hub.call_soon(self._see_loop)

    def _see_loop(self) -> None:
        self._loop_seen_at = time.monotonic()

    def _connected(self) -> bool:
        return getattr(self._worker.consumer, "connection", None) is not None

    def _runs_in_loop(self) -> bool:
        """A solo worker runs its tasks in the loop itself, and does nothing else meanwhile."""
        return isinstance(self._worker.pool, Solo) and bool(state.active_requests)

    def _received(self) -> int:
        return int(self._worker.consumer.received_count)

    def _held(self) -> int:
        """What Celery itself believes to hold: running, reserved, waiting for its time, or for its rate limit.

        The channel's own count is no help here: a worker that is stuck may be stuck because that one is wrong.
        """
        buckets = list(self._worker.consumer.task_buckets.values())
        limited = sum(len(bucket.contents) for bucket in buckets if bucket)
        return len(state.reserved_requests) + len(state.scheduled_requests) + limited

    def _limit(self) -> int:
        consumer = self._worker.consumer
        if consumer.app.conf.worker_disable_prefetch:
            return int(consumer.pool.num_processes)
        return int(consumer.qos.value if consumer.qos else consumer.initial_prefetch_count)

    def _queues(self) -> list[str]:
        """Those that the worker is meant to read; a queue that somebody told it to leave alone is not among them."""
        return list(self._worker.app.amqp.queues.consume_from)

    def _write(self) -> None:
        try:
            worker_status.write(self._directory, self.status)
        except OSError as error:  # a full disk: no status is better than an old one, which would end the worker
            logger.warning("The status of the worker could not be written: %s", error)
            self._remove()

    def _remove(self, **kwargs: Any) -> None:
        worker_status.remove(self._directory, self._worker.hostname)


@inspect_command()
def consumption(panel: Any) -> dict[str, Any]:
    """What the worker consumes, and the verdict of its own watch: for `celery inspect` and `worker_statuses`."""
    status = panel.consumer.controller.consumption.status
    verdict = judge(status, time.monotonic())
    return {"status": asdict(status), "verdict": asdict(verdict)}


def worker_statuses(timeout_seconds: float = 3) -> dict[str, tuple[WorkerStatus, Verdict]]:
    """The status and the verdict of every worker, on whatever machine, that answers in time, by node name."""
    replies = current_app.control.broadcast("consumption", reply=True, timeout=timeout_seconds) or []
    return {
        node: (WorkerStatus(**answer["status"]), Verdict(**answer["verdict"]))
        for reply in replies
        for node, answer in reply.items()
        if "status" in answer
    }
