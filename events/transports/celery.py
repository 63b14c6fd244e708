"""The Celery transport: one registered task a subscriber, published to the broker in batches.

On Redis the messages are rendered here and pushed straight to the list of their queue, which also survives a broker
that forgot its bindings. Any other broker gets them through kombu.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from time import time
from typing import Any

from celery import Celery, current_app
from redis import Redis

from events.transports import Message
from events.transports.rendering import Renderer, sent_at
from events.transports.tasks import register

#: Redis runs one command at a time: keep each push well below what others would notice.
_PUSH_COUNT = 1_000


class Transport:
    """Publishes to the broker of the current Celery app."""

    in_process = False

    def __init__(self) -> None:
        self._app: Celery = current_app._get_current_object()
        self._renderer = Renderer()
        register(self._app)

    def publish(self, messages: Sequence[Message]) -> None:
        """Hand the messages to the broker. Raises what the broker's client raises."""
        if self._redis is None:
            self._produce(messages)
        else:
            self._push(self._redis, messages)

    def waiting_since(self, queue: str) -> datetime | None:
        """When the message was sent that the next worker takes. A broker that does not show its messages is taken to
        have had them for ever."""
        if self._redis is None:
            return self._waiting_unseen(queue)
        oldest = self._redis.lindex(self._key_prefix + queue, -1)
        return sent_at(oldest) if oldest else None

    def _waiting_unseen(self, queue: str) -> datetime | None:
        with self._app.connection_for_read() as connection, connection.channel() as channel:
            try:
                waiting = channel.queue_declare(queue, passive=True).message_count
            except connection.channel_errors:
                return None  # there is no such queue
        return datetime.min.replace(tzinfo=UTC) if waiting else None

    def _push(self, redis: Redis, messages: Sequence[Message]) -> None:
        queues: defaultdict[str, list[bytes]] = defaultdict(list)
        now = time()
        for message in messages:
            queues[message.subscriber.queue].append(self._renderer.render(message, now))
        pipeline = redis.pipeline(transaction=False)
        for queue, rendered in queues.items():
            for start in range(0, len(rendered), _PUSH_COUNT):
                pipeline.lpush(self._key_prefix + queue, *rendered[start : start + _PUSH_COUNT])
        pipeline.execute()

    def _produce(self, messages: Sequence[Message]) -> None:
        with self._app.producer_pool.acquire(block=True) as producer, producer.batch():
            for message in messages:
                self._app.tasks[message.subscriber.name].apply_async(
                    args=task_arguments(message),
                    task_id=str(message.key),
                    argsrepr=message.title,
                    retries=message.retries,
                    producer=producer,
                )

    @cached_property
    def _redis(self) -> Redis | None:
        url = self._app.conf.broker_write_url or self._app.conf.broker_url
        if not url.startswith(("redis://", "rediss://")):
            return None
        options = self._app.conf.broker_transport_options
        timeouts = {key: options[key] for key in ("socket_timeout", "socket_connect_timeout") if key in options}
        return Redis.from_url(url, **timeouts)

    def close(self) -> None:
        """Give the connection to Redis back."""
        if self._redis is not None:
            self._redis.close()

    @property
    def _key_prefix(self) -> str:
        return self._app.conf.broker_transport_options.get("global_keyprefix", "")


def task_arguments(message: Message) -> list[Any]:
    """The positional arguments of a subscriber's task."""
    return [json.loads(message.event_json), message.key.run]
