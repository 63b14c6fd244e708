"""What is pushed to Redis is what Celery would have sent, and signed."""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings
from redis import Redis

from events import catalogue, signing
from events.event import Event, LoggedEvent
from events.subscribers import DeliveryKey, subscriber
from events.transports import Message
from events.transports.celery import Transport, task_arguments

QUEUE = "rendered"


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def message() -> Message:
    class Painted(Event, name="wall.painted", stream="wall-{wall_id}"):
        wall_id: int
        colour: str

    @subscriber(Painted, name="walls.look_100%", queue=QUEUE)
    def look(event: Painted) -> None:
        """Looks."""

    event = LoggedEvent(
        position=7, id=uuid4(), stream="wall-1", stream_version=2, name="wall.painted", version=1,
        payload={"wall_id": 1, "colour": 'a "deep" أزرق 100%'}, correlation_id=uuid4(), causation_id=None,
        actor="user:5", traceparent="", occurred_at=datetime.now(UTC),
    )  # fmt: skip
    key = DeliveryKey(event.id, "walls.look_100%", 3)
    text = json.dumps(event.to_message())
    return Message(catalogue.subscriber("walls.look_100%"), key, text, 'wall.painted "wall-1" v2', retries=2)


@pytest.fixture
def transport(message: Message) -> Iterator[Transport]:
    transport = Transport()
    yield transport
    del current_app.tasks[message.subscriber.name]
    transport.close()


def sent(redis: Redis) -> dict[str, object]:
    """The one message in the queue, with the body decoded."""
    (text,) = redis.lrange(QUEUE, 0, -1)
    redis.delete(QUEUE)
    envelope = json.loads(text)
    body = b64decode(envelope["body"])
    signing.verify(signing.TASK, envelope["headers"], body)
    envelope["body"] = json.loads(body)
    assert envelope["headers"].pop("signature")
    assert time.time() - 60 < envelope["headers"].pop("sent_at") <= time.time()
    properties = envelope["properties"]
    assert len(properties.pop("delivery_tag")) >= 36
    # Celery names itself for backends that answer by message, which this one is not, and repeats a header here.
    properties.pop("reply_to")
    properties.pop("argsrepr", None)
    return envelope


def test_the_rendered_message_equals_what_celery_sends(redis: Redis, message: Message, transport: Transport) -> None:
    transport.publish([message])
    rendered = sent(redis)
    task = current_app.tasks[message.subscriber.name]
    task.apply_async(args=task_arguments(message), task_id=str(message.key), argsrepr=message.title, retries=2)
    assert rendered == sent(redis)


def test_the_rendered_message_equals_what_the_way_through_kombu_sends(
    redis: Redis, message: Message, transport: Transport
) -> None:
    transport.publish([message])
    rendered = sent(redis)
    transport._produce([message])
    assert rendered == sent(redis)


def test_messages_keep_their_order_and_have_tags_of_their_own(
    redis: Redis, message: Message, transport: Transport
) -> None:
    runs = [Message(message.subscriber, DeliveryKey(uuid4(), "x", run), message.event_json, "") for run in range(2500)]
    transport.publish(runs)
    envelopes = [json.loads(text) for text in reversed(redis.lrange(QUEUE, 0, -1))]
    assert [envelope["headers"]["id"] for envelope in envelopes] == [str(one.key) for one in runs]
    assert len({envelope["properties"]["delivery_tag"] for envelope in envelopes}) == 2500


def test_a_name_of_any_letters_is_signed_as_the_worker_reads_it(
    redis: Redis, message: Message, transport: Transport
) -> None:
    transport.publish([replace(message, key=DeliveryKey(uuid4(), 'a "b" \\ 50% أزرق'), title="% \0 \ud800")])
    assert sent(redis)


def test_what_lies_in_redis_says_when_it_was_sent(redis: Redis, message: Message, transport: Transport) -> None:
    assert transport.waiting_since(QUEUE) is None
    before = datetime.now(UTC)
    transport.publish([message])
    transport.publish([message])
    assert before <= transport.waiting_since(QUEUE) <= datetime.now(UTC)
    redis.rpush(QUEUE, b"\xff no message")
    assert transport.waiting_since(QUEUE) == datetime.min.replace(tzinfo=UTC)


def test_an_event_survives_the_way_to_the_worker_and_back(message: Message) -> None:
    arguments, run = json.loads(message.event_json), message.key.run
    event = LoggedEvent.from_message(arguments)
    assert event.to_message() == arguments
    assert run == 3
