"""The worker's door: every message is judged here before anything else handles it.

    broker ─▶ judge ─▶ genuine ─────────▶ Celery
                ├─ refused ─────────────▶ set aside under an id of its own, acknowledged
                └─ genuine, but not to be run ─▶ dead letter under its own id, acknowledged

Nothing that a broker hands over ends the worker, and nothing is only a line in the log. While the database is away, the
worker keeps what it could not store and tries again.
"""

import json
import logging
from collections.abc import Callable
from time import time
from typing import Any

from celery.exceptions import InvalidTaskError, NotRegistered
from celery.utils.time import maybe_iso8601
from celery.worker.consumer import Consumer
from django.db import InterfaceError, OperationalError, connections

from events import catalogue, signing
from events.conf import events_settings
from events.errors import MessageMisshapen, MessageOutdated, MessageRefused, MessageUndecodable, UnknownSubscriber
from events.failure import Failure
from events.transports import channel
from events.transports.aside import set_aside, store_failure
from events.transports.envelope import UNREADABLE
from events.transports.results import bury_delivery, delivery_key

logger = logging.getLogger(__name__)

_JSON = ("application/json", "utf-8")
_WAIT_SECONDS = 5.0
_MOST_WAITING = 1_000


class SignedConsumer(Consumer):
    """Celery's consumer, which takes signed messages only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        channel.install()
        # Gossip and mingle believe other workers unsigned: what to revoke, and what to call.
        super().__init__(*args, **kwargs | {"without_gossip": True, "without_mingle": True})
        self._waiting_count = 0
        self.received_count = 0

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """What is called with each message of a queue."""
        handle = super().create_task_handler(*args, **kwargs)
        lost = tuple({*self.connection_errors, *self.channel_errors} - {KeyError})

        def take(message: Any) -> None:
            self.received_count += 1  # for the watch
            try:
                judge(message)
                handle(message)
            except lost:
                raise
            except MessageMisshapen as error:
                self._put_away(message, error, keep_dead)
            except MessageRefused as error:
                self._put_away(message, error, keep_refused)
            except Exception as error:
                self._put_away(message, error, keep_dead)

        return take

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """The body cannot be read; a command to the worker may come here as well."""
        why = message.headers.get(UNREADABLE, exc)
        self._put_away(message, MessageUndecodable(why=why), keep_refused)

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """It names no task."""
        self._put_away(message, MessageUndecodable(why="it names no task"), keep_refused)

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """It is genuine, and this code does not have the task."""
        self._put_away(message, _unknown(message.headers["task"], message.headers["id"]), keep_dead)

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """It is genuine, and Celery cannot make a task of it."""
        self._put_away(message, exc, keep_dead)

    def _put_away(self, message: Any, error: Exception, keep: Callable[[Any, Exception, str], None]) -> None:
        try:
            keep(message, error, self.hostname)
        except (OperationalError, InterfaceError):
            if self._wait(message, error, keep):
                return
            logger.exception("Not kept, because too many wait for the database: %.1000r: %s", message.headers, error)
        except Exception:
            logger.exception("A message could not be kept: %.1000r: %s", message.headers, error)
        finally:
            connections.close_all()  # the worker's parent needs the database as good as never
        message.ack_log_error(logger, self.connection_errors)

    def _wait(self, message: Any, error: Exception, keep: Callable[[Any, Exception, str], None]) -> bool:
        """Try again later; meanwhile the message does not count among those that the worker may hold."""
        if self._waiting_count >= _MOST_WAITING:
            return False
        self._waiting_count += 1
        self.qos.increment_eventually()

        def again() -> None:
            self._waiting_count -= 1
            self.qos.decrement_eventually()
            self._put_away(message, error, keep)

        self.timer.call_after(_WAIT_SECONDS, again)
        return True


def judge(message: Any) -> None:
    """Raises MessageRefused unless the message is genuine, readable and, if its task is no delivery, fresh. Deliveries
    may be of any age: they are done once, however often and late their message comes."""
    headers = message.headers
    if UNREADABLE in headers:
        raise MessageUndecodable(why=headers[UNREADABLE])
    if (message.content_type, message.content_encoding) != _JSON:
        raise MessageUndecodable(why=f"its content type is {message.content_type!r}, and only JSON is read")
    signing.verify(signing.TASK, headers, _bytes(message.body))
    _check_shape(message)
    if delivery_key(headers["id"]) is None:
        _check_age(headers, time())


def keep_refused(message: Any, error: Exception, worker: str) -> None:
    """Set a message aside. Whoever wrote it, what it names stays untouched."""
    headers, signature = message.headers, repr(message.headers.get(signing.SIGNATURE)).encode(errors="replace")
    set_aside(error, headers.get("task"), worker, signing.canonical(headers), signature, _bytes(message.body))


def keep_dead(message: Any, error: Exception, worker: str) -> None:
    """End a genuine message that cannot be run as a dead letter."""
    task_id, task = message.headers["id"], message.headers["task"]
    logger.error("%s[%s] cannot be run: %s", task, task_id, error)
    if not bury_delivery(task_id, error, "", worker):
        content = json.dumps(_bytes(message.body)[:2048].decode(errors="backslashreplace"))
        store_failure(task_id, task, Failure.of(error), content, worker)


def _unknown(task: str, task_id: str) -> Exception:
    if delivery_key(task_id) is None:
        return NotRegistered(task)
    try:
        catalogue.subscriber(task)
    except UnknownSubscriber as error:
        return error
    return NotRegistered(task)


def _check_shape(message: Any) -> None:
    """Celery takes the shape of what it finds for granted, in the process that must not end."""
    names = [message.headers.get(name) for name in ("id", "task")]
    if not all(isinstance(name, str) and name for name in names):
        raise MessageUndecodable(why="it has no task or no id")
    try:
        args, kwargs, embed = message.payload
    except Exception as error:
        raise MessageMisshapen(why=f"its body cannot be read ({error!r:.200})") from error
    if not (isinstance(args, list) and isinstance(kwargs, dict) and isinstance(embed, dict | None)):
        raise MessageMisshapen(why="its body is not arguments, keyword arguments and options")
    limits = message.headers.get("timelimit") or (None, None)  # asked for when a process is free: nobody catches there
    if not (isinstance(limits, list | tuple) and len(limits) == 2 and all(map(_is_limit, limits))):
        raise MessageMisshapen(why="its time limits are not a hard and a soft one in seconds")


def _is_limit(seconds: object) -> bool:
    return seconds is None or (isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0)


def _check_age(headers: dict[str, Any], now: float) -> None:
    """A task with an eta is not old before that."""
    limit_seconds, sent_at = events_settings().message_max_age_seconds, headers.get("sent_at")
    if not isinstance(sent_at, float):
        raise MessageMisshapen(why="it does not say when it was sent")
    due_at = max(sent_at, _timestamp(headers["eta"])) if headers.get("eta") else sent_at
    for age_seconds in (now - due_at, sent_at - now):
        if age_seconds > limit_seconds:
            raise MessageOutdated(age_seconds=age_seconds, limit_seconds=limit_seconds)


def _timestamp(eta: object) -> float:
    try:
        return float(maybe_iso8601(eta).timestamp())
    except Exception as error:
        raise InvalidTaskError(f"invalid eta {eta!r}") from error


def _bytes(body: Any) -> bytes:
    return body.encode(errors="surrogatepass") if isinstance(body, str) else bytes(body or b"")
