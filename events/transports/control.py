"""Remote control by signed commands only: access to the broker alone neither stops a worker nor slows it down.

    celery inspect, celery control, Flower ─▶ broadcast, signed, with nonce and time ─▶ worker: verify ─▶ carry out

What workers answer is signed as well, but nobody relies on it: replies are only information.
"""

import logging
from time import time
from typing import Any

from celery.app.control import Control, Mailbox
from kombu.pidbox import Node

from events import signing
from events.conf import events_settings
from events.errors import MessageForged, MessageOutdated, MessageRefused, MessageRepeated

logger = logging.getLogger(__name__)


class SignedNode(Node):
    """The mailbox of one worker."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = Guard(started_at=time())

    def handle_message(self, body: Any, message: Any = None) -> Any:
        """Carry out a command that is genuine, fresh and new; set any other aside."""
        try:
            signing.verify(self.mailbox.exchange.name, message.headers, message.body)
            self._guard.admit(message.headers, time())
        except MessageRefused as refusal:
            self._set_aside(message, refusal)
            return None
        return super().handle_message(body, message)

    dispatch_from_message = handle_message

    def _set_aside(self, message: Any, refusal: MessageRefused) -> None:
        from events.transports.aside import set_aside  # not before Django has loaded its models

        parts = [signing.canonical(message.headers), message.body]
        if isinstance(refusal, MessageOutdated):
            # A clock that is wrong refuses all of them: one row says so.
            parts = [b"outdated commands", self.hostname.encode()]
        try:
            set_aside(refusal, "remote control", self.hostname, *parts)
        except Exception:
            logger.exception("Refused a command, and could not set it aside: %s: %.500r", refusal, message.body)


class SignedMailbox(Mailbox):
    """Where commands are put, and where workers look for them."""

    node_cls = SignedNode


class SignedControl(Control):
    """Celery's `app.control`; what it publishes is signed by the producers of `app.amqp`."""

    Mailbox = SignedMailbox


class Guard:
    """Takes each command once, and none that is old."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._seen: dict[str, float] = {}

    def admit(self, headers: dict[str, Any], now: float) -> None:
        """Raises MessageOutdated, or MessageRepeated. The nonces of this process end with it, so what was sent before
        its start is too old as well."""
        limit_seconds = events_settings().control_max_age_seconds
        sent_at, nonce = headers.get("sent_at"), headers.get("nonce")
        if not isinstance(sent_at, float) or not isinstance(nonce, str):
            raise MessageForged()
        if abs(now - sent_at) > limit_seconds or sent_at < self._started_at:
            raise MessageOutdated(age_seconds=now - sent_at, limit_seconds=limit_seconds)
        self._seen = {one: until for one, until in self._seen.items() if until > now}
        if nonce in self._seen:
            raise MessageRepeated(task_id=nonce)
        self._seen[nonce] = now + 2 * limit_seconds
