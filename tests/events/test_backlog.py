"""Whether work waits: asked of the broker itself, whatever broker it is."""

from collections.abc import Iterator

import pytest
from celery import Celery
from django.conf import settings
from redis import Redis

from events.transports.backlog import Backlog
from tests.servers import free_port


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def backlog(url: str, **options: object) -> Backlog:
    app = Celery("other", broker=url, set_as_current=False)
    app.conf.broker_transport_options = options
    return Backlog(app)


@pytest.mark.parametrize("key", ["default", "default\x06\x163", "default\x06\x169"])
def test_a_message_of_any_priority_waits(redis: Redis, key: str) -> None:
    asked = backlog(settings.REDIS_URL)
    assert asked.waits(["default", "calls"]) is False
    redis.lpush(key, "a message")
    assert asked.waits(["default", "calls"]) is True
    assert asked.waits(["calls"]) is False
    assert asked.waits([]) is False


def test_the_prefix_of_all_keys_is_honoured(redis: Redis) -> None:
    asked = backlog(settings.REDIS_URL, global_keyprefix="shop:")
    redis.lpush("default", "a message of somebody else")
    assert asked.waits(["default"]) is False
    redis.lpush("shop:default", "a message")
    assert asked.waits(["default"]) is True


def test_of_a_broker_that_does_not_answer_nothing_is_known() -> None:
    assert backlog(f"redis://127.0.0.1:{free_port()}/0").waits(["default"]) is None
    assert backlog(f"amqp://127.0.0.1:{free_port()}//").waits(["default"]) is None


def test_a_queue_that_is_no_queue_does_not_end_the_watch(redis: Redis) -> None:
    asked = backlog(settings.REDIS_URL)
    redis.set("default", "no list")
    assert asked.waits(["default"]) is None
    redis.delete("default")
    assert asked.waits(["default"]) is False


def test_any_other_broker_is_asked_through_kombu() -> None:
    app = Celery("other", broker="memory://", set_as_current=False)
    asked = Backlog(app)
    assert asked.waits(["default"]) is False
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("default")
        queue.put("a message")
        assert asked.waits(["default"]) is True
        queue.close()
