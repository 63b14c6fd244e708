"""What a worker refuses is set aside: a FAILURE row in TaskResult, with the reason and the beginning of the message.

The row has an id of its own, made of the content. A forged message never touches the delivery whose id it bears, and
the same message again is the same row. A flood of them fills the log with a line a minute, and not the database.
"""

import json
import logging
import time
from collections import OrderedDict, deque
from hashlib import sha256

from django_celery_results.models import TaskResult

from events.conf import events_settings
from events.failure import Failure

logger = logging.getLogger(__name__)

PREFIX = "refused-"
_KEPT_CHARACTERS = 2_048
_REMEMBERED_COUNT = 10_000
_WINDOW_SECONDS = 3_600
_REPORT_SECONDS = 60


class _Flood:
    """Lets through as many rows in an hour as the settings say, and counts the rest."""

    def __init__(self) -> None:
        self._stored_at: deque[float] = deque()
        self._dropped_count = 0
        self._reported_at = float("-inf")

    def lets_through(self, now: float) -> bool:
        """Whether one more may be stored; `now` is of the monotonic clock."""
        while self._stored_at and self._stored_at[0] < now - _WINDOW_SECONDS:
            self._stored_at.popleft()
        if len(self._stored_at) < events_settings().refused_per_hour:
            self._stored_at.append(now)
            return True
        self._dropped_count += 1
        if now > self._reported_at + _REPORT_SECONDS:
            self._reported_at = now
            logger.error("%s refused messages were not kept: the limit of an hour is reached", self._dropped_count)
        return False


_flood = _Flood()
_remembered: OrderedDict[str, None] = OrderedDict()


def set_aside(error: Exception, task: object, worker: str, *parts: bytes) -> None:
    """Keep a refused message, made of these parts, once. Raises what the database raises; it is then not kept."""
    task_id = PREFIX + sha256(b"\n".join(parts)).hexdigest()[:32]
    if task_id in _remembered:
        return
    if _flood.lets_through(time.monotonic()):
        content = json.dumps([part[:_KEPT_CHARACTERS].decode(errors="backslashreplace") for part in parts])
        if store_failure(task_id, str(task)[:200], Failure.of(error), content, worker):
            logger.error("Refused a message for %.200r and set it aside as %s: %s", task, task_id, error)
    _remembered[task_id] = None
    if len(_remembered) > _REMEMBERED_COUNT:
        _remembered.popitem(last=False)


def store_failure(task_id: str, task: str, failure: Failure, content: str, worker: str) -> bool:
    """A FAILURE row; False when there is one of that id already."""
    module, _, name = failure.error_class.rpartition(".")
    row = {
        "status": "FAILURE",
        "task_name": task.replace("\0", "␀").encode(errors="backslashreplace").decode(),
        "task_args": content,
        "task_kwargs": "{}",
        "result": json.dumps({"exc_type": name, "exc_message": [failure.message], "exc_module": module or "builtins"}),
        "traceback": failure.traceback or failure.message,
        "meta": json.dumps({"children": []}),
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "worker": worker,
    }
    _row, created = TaskResult.objects.get_or_create(task_id=task_id[:255], defaults=row)
    return bool(created)
