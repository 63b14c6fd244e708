"""kombu's Redis channel, for a worker that no content of Redis can end.

It replaces kombu's in workers, and only beside the kombu that it was written for; another version keeps its own. What
is different: values of the lists are read by `envelope`, also on their way back from `unacked`; keys of the wrong type
are moved out of the way; and a server that refuses a command is an error that the worker knows how to survive.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from queue import Empty
from typing import Any

import kombu
import kombu.message
from kombu.transport import redis as kombu_redis
from kombu.utils.json import dumps, loads
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from events.transports import envelope

logger = logging.getLogger(__name__)

#: The kombu that this was written for.
_KNOWN_KOMBU = "5.7."
_REDIS_SAYS = (RedisConnectionError, RedisTimeoutError, ResponseError)


def install() -> None:
    """Make this process use it. Connections that exist already keep what they have."""
    # kombu unpacks a message before anybody can ask for its signature, and a few bytes unpack into gigabytes.
    kombu.message.decompress = _refuse_to_unpack
    if kombu.__version__.startswith(_KNOWN_KOMBU):
        kombu_redis.Transport.Channel = EdgeChannel
    else:
        logger.warning("kombu %s is not %s: workers may die of messages", kombu.__version__, _KNOWN_KOMBU)


def _refuse_to_unpack(body: object, content_type: object) -> None:
    raise ValueError(f"it is compressed ({content_type!r:.100}), and messages here never are")


class EdgeQoS(kombu_redis.QoS):
    """What is taken and not yet acknowledged."""

    #: Whether the worker is stopping: what it then gives back itself is no message whose worker died with it.
    is_stopping = False
    _last_queue = ""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Remember a message until it is acknowledged."""
        self._last_queue = message.delivery_info["routing_key"]
        self._survive(partial(super().append, message, delivery_tag))

    def ack(self, delivery_tag: str) -> None:
        """Forget a message."""
        self._survive(partial(super().ack, delivery_tag))

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Put back what was taken too long ago."""
        self._survive(partial(super().restore_visible, *args, **kwargs))

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        """Put one message back into its queue. What is no message goes to a queue as well: those who take it from there
        know what to do with it."""

        def restore(pipe: Any) -> None:
            stored = pipe.hget(self.unacked_key, tag)
            given_back = self.is_stopping and tag in self._delivered
            place = self._place_of(stored, pipe, redelivered=not given_back) if stored else None
            pipe.multi()
            if place or not stored:
                self._remove_from_indices(tag, pipe)
            if place:
                (pipe.lpush if leftmost else pipe.rpush)(*place)

        with self.channel.conn_or_acquire(client) as connected:
            connected.transaction(restore, self.unacked_key)

    def _place_of(self, stored: bytes, client: Any, *, redelivered: bool) -> tuple[str, bytes | str] | None:
        """A list and a value; none for what is no message while this worker does not consume."""
        try:
            message, exchange, routing_key = loads(stored)
            if redelivered:
                message["properties"]["delivery_info"]["redelivered"] = True
            (queue,) = self.channel._lookup(exchange, routing_key)
            key = self.channel._q_for_pri(queue, self.channel._get_message_priority(message))
            if client.type(key) in (b"list", b"none"):
                return key, dumps(message)
            raise ValueError(f"{key} is no queue")
        except _REDIS_SAYS:
            raise
        except Exception:
            queue = next(iter(self.channel.active_queues), self._last_queue)
            return (queue, stored) if queue else None

    def _survive(self, command: Callable[[], Any]) -> Any:
        return self.channel.survive(command, {self.unacked_key: b"hash", self.unacked_index_key: b"zset"})


class EdgeChannel(kombu_redis.Channel):
    """The channel of a worker."""

    QoS = EdgeQoS

    def _create_client(self, asynchronous: bool = False) -> Any:
        # Without this a worker that holds an unacknowledged message when Redis goes down dies of an AttributeError. As
        # a connection error it is what the worker knows how to survive.
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the channel was closed because the connection to Redis is gone")
        return super()._create_client(asynchronous)

    def _brpop_read(self, **options: Any) -> bool:
        """kombu's own, but for what becomes of the value."""
        try:
            taken = self._parse_brpop(options)
            if not taken:
                raise Empty
            key, value = taken
            queue = kombu_redis.bytes_to_str(key).rsplit(self.sep, 1)[0]
            self._queue_cycle.rotate(queue)
            self.connection._deliver(envelope.read(value, queue), queue)
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def _parse_brpop(self, options: dict[str, Any]) -> Any:
        try:
            return self.client.parse_response(self.client.connection, "BRPOP", **options)
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        except ResponseError as error:
            self._recover(error, dict.fromkeys(self._lists(*self.active_queues), b"list"))

    def _handle_message(self, client: Any, response: Any) -> dict[str, Any]:
        """What came by publish and subscribe: commands to the workers."""
        payload: dict[str, Any] = super()._handle_message(client, response)
        if kombu_redis.bytes_to_str(payload["type"]).endswith("message"):
            payload["data"] = dumps(envelope.read(payload["data"], queue=""))
        return payload

    def _size(self, queue: str) -> int:
        return int(self.survive(partial(super()._size, queue), dict.fromkeys(self._lists(queue), b"list")))

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        tables = (self.keyprefix_queue % exchange, self.keyprefix_binding_permanent % exchange)
        types = {**dict.fromkeys(tables, b"set"), self.keyprefix_binding_deadlines: b"zset"}
        self.survive(partial(super()._queue_bind, exchange, *args), types)

    def _lists(self, *queues: str) -> list[str]:
        return [self._q_for_pri(queue, step) for queue in queues for step in self.priority_steps]

    def survive(self, command: Callable[[], Any], types: dict[str, bytes]) -> Any:
        """Run commands whose keys must be of these types. Raises what the worker knows how to survive."""
        while True:
            try:
                return command()
            except ResponseError as error:
                self._recover(error, types)

    def _recover(self, error: ResponseError, types: dict[str, bytes]) -> None:
        """Move keys of the wrong type out of the way. Any other refusal, such as that of a full memory, becomes a lost
        connection: the worker connects again, and goes on once the server takes commands again."""
        moved_count = 0
        with self.conn_or_acquire() as client:
            for key, kind in types.items():
                if client.type(key) not in (kind, b"none"):
                    client.rename(key, f"{key}.refused-{time.time():.0f}")
                    logger.error("The key %s in Redis was no %s, and was renamed", key, kind.decode())
                    moved_count += 1
        if not moved_count:
            raise RedisConnectionError(f"Redis refused a command: {error}") from error
