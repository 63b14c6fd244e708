"""The relay: publishes the outbox.

    outbox ─▶ take a batch ─▶ a message for each subscriber ─▶ transport ─▶ commit

A crash after publishing and before the commit publishes again; the deliveries absorb it. Several relays may run: each
takes rows that no other holds.
"""

import logging
import threading
from collections.abc import Iterator

from events import catalogue, outbox, subscriptions
from events.conf import events_settings
from events.connections import renew_connections
from events.dead_letters import bury
from events.errors import UnknownSubscriber
from events.failpoints import reach
from events.failure import Failure
from events.outbox import Due
from events.subscribers import DeliveryKey, Subscriber
from events.transports import Message, current_transport
from events.wake import Alarm, poke

logger = logging.getLogger(__name__)

_LONGEST_BREAK_SECONDS = 5.0
_draining = threading.local()


def wake() -> None:
    """Called after a commit that emitted: wakes the relay, or is one when subscribers run in this process."""
    reach("emit.after_commit")
    if current_transport().in_process:
        drain()
    else:
        poke()
    reach("emit.after_wake")


def drain() -> None:
    """Publish until nothing is due. What subscribers emit meanwhile is left to the call that is already running."""
    if getattr(_draining, "active", False):
        return
    _draining.active = True
    try:
        while publish_due():
            pass
    finally:
        _draining.active = False


def publish_due() -> int:
    """Publish one batch; the number of outbox rows that it had."""
    transport, limit = current_transport(), batch_limit()
    lease_seconds = events_settings().inline_lease_seconds
    reach("relay.before_take")
    with outbox.leased(limit, lease_seconds) if transport.in_process else outbox.taken(limit) as rows:
        if rows:
            reach("relay.after_take")
            # Read after the rows were taken: what a subscriber misses that is resumed meanwhile, it catches up with.
            paused = subscriptions.paused_names()
            transport.publish([message for row in rows for message in _messages(row, paused)])
            reach("relay.after_publish")
    if rows:
        reach("relay.after_commit")
    return len(rows)


def batch_limit() -> int:
    """How many outbox rows a batch has at most."""
    # In this process one at a time: a crash in a subscriber then keeps nobody else waiting for the lease to end.
    return 1 if current_transport().in_process else events_settings().relay_batch_size


def _messages(row: Due, paused: frozenset[str]) -> Iterator[Message]:
    title = f"{row.event_name} {row.stream} v{row.stream_version}"
    for subscriber in _subscribers(row):
        if subscriber.name not in paused:
            key = DeliveryKey(row.event_id, subscriber.name, row.run)
            yield Message(subscriber, key, row.event_json, title, row.failed_count)


def _subscribers(row: Due) -> tuple[Subscriber, ...]:
    if row.subscriber is None:
        return catalogue.subscribers_of(row.event_name)
    try:
        return (catalogue.subscriber(row.subscriber),)
    except UnknownSubscriber as error:
        bury(DeliveryKey(row.event_id, row.subscriber, row.run), row.position, Failure.of(error), "relay")
        return ()


def break_seconds(failures: int) -> float:
    """How long the relay waits after so many failures in a row, a night full of them included."""
    return min(0.1 * 2 ** min(failures, 10), _LONGEST_BREAK_SECONDS)


class Relay:
    """The process around publish_due: waits for a wake-up, looks by itself now and then, outlives its servers."""

    def __init__(self) -> None:
        self._alarm = Alarm()
        self._stopped = threading.Event()
        self._enrolled = False

    def stop(self) -> None:
        """End run() after the batch in hand; may be called from a signal handler or another thread."""
        self._stopped.set()
        self._alarm.ring()

    def run(self) -> None:
        """Publish until stopped."""
        settings = events_settings()
        failures = 0
        while not self._stopped.is_set():
            try:
                renew_connections()
                full = self._publish() == batch_limit()
            except Exception:
                failures += 1
                logger.log(logging.ERROR if failures == 1 else logging.DEBUG, "Publishing failed", exc_info=True)
                self._stopped.wait(break_seconds(failures))
                continue
            if failures:
                logger.warning("Publishing works again after %s failures", failures)
                failures = 0
            if not full:
                self._alarm.wait(settings.relay_poll_seconds)
        self._alarm.close()

    def _publish(self) -> int:
        if not self._enrolled:
            subscriptions.enroll()
            self._enrolled = True
        return publish_due()
