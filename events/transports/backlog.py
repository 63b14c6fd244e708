"""Whether messages wait in queues of the broker, asked over a connection of one's own that never waits long."""

import logging
from collections.abc import Collection
from typing import Any

from celery import Celery
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

#: The broker is to answer within this, or it counts as one that cannot be asked.
TIMEOUT_SECONDS = 2
#: What kombu's Redis transport puts between a queue's name and a priority, and its priorities.
_SEPARATOR, _PRIORITIES = "\x06\x16", (0, 3, 6, 9)


class Backlog:
    """The queues of the broker that a worker reads from."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._redis: Redis | None = None
        self._connection: Any = None

    def waits(self, queues: Collection[str]) -> bool | None:
        """Whether a message waits in one of them; None when the broker cannot be asked."""
        url = self._app.conf.broker_read_url or self._app.conf.broker_url
        try:
            if url.startswith(("redis://", "rediss://")):
                return self._waits_in_redis(url, queues)
            return any(self._count(queue) for queue in queues)
        except Exception as error:  # each broker's client has its own family of errors
            logger.debug("the broker cannot be asked: %s", error)
            self._connection = None
            return None

    def _waits_in_redis(self, url: str, queues: Collection[str]) -> bool:
        if self._redis is None:
            never = Retry(NoBackoff(), 0)
            timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
            self._redis = Redis.from_url(url, retry=never, **timeouts)
        options = self._app.conf.broker_transport_options
        prefix, separator = options.get("global_keyprefix", ""), options.get("sep", _SEPARATOR)
        steps = options.get("priority_steps", _PRIORITIES)
        pipeline = self._redis.pipeline(transaction=False)
        for queue in queues:
            for step in steps:
                pipeline.llen(f"{prefix}{queue}{separator}{step}" if step else f"{prefix}{queue}")
        return any(pipeline.execute())

    def _count(self, queue: str) -> int:
        """The length of a queue of RabbitMQ or another broker; 0 if it does not exist yet."""
        if self._connection is None:
            timeouts = {"read_timeout": TIMEOUT_SECONDS, "write_timeout": TIMEOUT_SECONDS}
            self._connection = self._app.connection_for_read(
                connect_timeout=TIMEOUT_SECONDS,
                transport_options={**self._app.conf.broker_transport_options, **timeouts},
            )
            self._connection.connect()
        channel = self._connection.channel()
        try:
            return int(channel.queue_declare(queue, passive=True).message_count)
        except self._connection.channel_errors:
            return 0
        finally:
            channel.close()
