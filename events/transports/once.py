"""Tasks that are no deliveries: each message of theirs is carried out once.

A delivery has its row. Any other task, such as those of beat, gets one when it has ended: `events_finishedtask`. A copy
of its message finds that row, and one that comes while the first is still running waits for it. When a process dies in
the middle of a task there is no row, and the message that comes back runs. Rows may go once they are twice as old as
EVENTS["message_max_age_seconds"], because older messages are refused for their age.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, Reject
from django.db import connection

from events.errors import MessageRepeated

logger = logging.getLogger(__name__)

_LOCK = "SELECT pg_advisory_lock(hashtextextended('task ' || %s, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('task ' || %s, 0))"
_IS_FINISHED = "SELECT EXISTS (SELECT FROM events_finishedtask WHERE task_id = %s)"
_FINISH = "INSERT INTO events_finishedtask (task_id) VALUES (%s) ON CONFLICT DO NOTHING"


class OnceTask(DjangoTask):
    """What tasks of this project are made from; subscribers' tasks are not."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task, unless this very message was carried out before."""
        request = self.request
        if request.called_directly or request.is_eager:
            return super().__call__(*args, **kwargs)
        key = key_of(request)
        with _alone(key):
            if _is_finished(key):
                _refuse(self.name, request)
                raise Ignore
            try:
                result = self.run(*args, **kwargs)
            except Reject:
                raise  # it may come back, and then it runs
            except Exception:
                finish(key)
                raise
            finish(key)
            return result


def key_of(request: Any) -> str:
    """What names one message: a retry has the same task id, and is another message."""
    return f"{request.id}:{request.retries}"


def finish(key: str) -> None:
    """Note that a message was carried out. What the task did stays done if that fails."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_FINISH, [key])
    except Exception:
        logger.exception("Not noted that %s has ended; a repetition of its message would run", key)


def _is_finished(key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_FINISHED, [key])
        return bool(cursor.fetchone()[0])


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """Nobody else carries this message out meanwhile. The lock ends with the connection, so also with the process."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [key])
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_UNLOCK, [key])
        except Exception:
            connection.close()


def _refuse(name: str, request: Any) -> None:
    """A broker repeats a message now and then and says so; a repetition that pretends to be new is set aside."""
    from events.transports.aside import set_aside  # not before Django has loaded its models

    repeated = MessageRepeated(task_id=request.id)
    if (request.delivery_info or {}).get("redelivered"):
        logger.info("%s", repeated)
        return
    content = json.dumps([request.args, request.kwargs], default=repr).encode()
    set_aside(repeated, name, request.hostname, f"repeated {key_of(request)}".encode(), content)
