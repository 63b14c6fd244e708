"""What a Celery worker needs to run for months: connections that heal, and a broker client that survives a restart."""

from typing import Any

import kombu
from celery.signals import task_prerun, worker_init
from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as RedisConnectionError

from events.connections import renew_connections

#: The kombu whose Redis channel is patched; another version is left alone.
_PATCHED_KOMBU = "5.7."


def prepare() -> None:
    """Make the workers of this project the platform's; config/celery.py calls it once."""
    worker_init.connect(_equip)
    # Celery is told to keep its database connections: opening one for each task costs four fifths of the throughput.
    task_prerun.connect(_renew_connections)


def _equip(sender: Any, **kwargs: Any) -> None:
    """Runs in a starting worker, once Django and all task modules are loaded; the import has to wait for that too."""
    from events.transports.tasks import queues, register

    register(sender.app)
    _consume(sender.app, queues())
    _patch_redis_channel()


def _consume(app: Any, queues: set[str]) -> None:
    """A worker that was not told with -Q which queues to consume takes those of all subscribers."""
    if app.amqp.queues._consume_from is None:
        app.amqp.queues.select({app.conf.task_default_queue, *queues})


def _renew_connections(**kwargs: Any) -> None:
    renew_connections()


def _patch_redis_channel() -> None:
    """A worker that holds an unacknowledged message when Redis goes down asks a closed channel for a client, and dies
    of the AttributeError. As a connection error it is what the worker knows how to survive."""
    create_client_of_kombu = Channel._create_client
    if not kombu.__version__.startswith(_PATCHED_KOMBU):
        return

    def create_client(channel: Any, asynchronous: bool = False) -> Any:
        if channel.connection is None or channel.connection.client is None:
            raise RedisConnectionError("the channel was closed because the connection to Redis is gone")
        return create_client_of_kombu(channel, asynchronous)

    Channel._create_client = create_client
