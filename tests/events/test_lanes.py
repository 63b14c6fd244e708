"""Ordered subscribers: each stream strictly in order, whatever happens to the messages."""

import json
import random

import pytest
from django.utils import timezone

from events import subscriptions
from events.errors import Reject
from events.event import Event
from events.models import Attempt, Delivery, OutboxEntry, Outcome
from events.rescue import rescue
from events.subscribers import Context, subscriber
from tests.events.postman import Postman
from tests.events.test_rescue import later

pytestmark = pytest.mark.django_db(transaction=True)

RAN: list[tuple[str, int]] = []
BROKEN: set[str] = set()


@pytest.fixture(params=["database", "external"])
def moved(request: pytest.FixtureRequest) -> type[Event]:
    class Moved(Event, name="train.moved", stream="train-{train_id}"):
        train_id: int

    class Painted(Event, name="train.painted", stream="train-{train_id}"):
        train_id: int

    RAN.clear()
    BROKEN.clear()

    @subscriber(Moved, name="board.show", ordered=True, max_retries=1, effects=request.param)
    def show(event: Moved, context: Context) -> None:
        if f"{context.stream} v{context.stream_version}" in BROKEN:
            raise Reject("no such track")
        RAN.append((context.stream, context.stream_version))

    moved: type[Event] = Moved
    moved.painted = Painted  # type: ignore[attr-defined]
    subscriptions.enroll()
    return moved


def of_stream(stream: str) -> list[int]:
    return [version for ran, version in RAN if ran == stream]


def test_a_stream_is_delivered_in_order_through_shuffled_and_repeated_messages(
    postman: Postman, moved: type[Event]
) -> None:
    postman.emit(*[moved(train_id=number % 3) for number in range(30)])
    messages = postman.collect() * 3
    random.Random(7).shuffle(messages)
    postman.deliver(*messages)
    postman.deliver_all()
    for train in range(3):
        assert of_stream(f"train-{train}") == list(range(1, 11))


def test_waiting_spends_no_try_and_stores_nothing(postman: Postman, moved: type[Event]) -> None:
    postman.emit(moved(train_id=1), moved(train_id=1))
    first, second = postman.collect()
    for _ in range(5):
        postman.deliver(second)
    assert not Attempt.objects.exists()
    assert not Delivery.objects.exists()
    assert not OutboxEntry.objects.exists()
    postman.deliver(first)
    postman.deliver_all()
    assert of_stream("train-1") == [1, 2]


def test_events_that_the_subscriber_does_not_want_hold_nobody_up(postman: Postman, moved: type[Event]) -> None:
    postman.emit(moved(train_id=1), moved.painted(train_id=1), moved(train_id=1))  # type: ignore[attr-defined]
    postman.deliver_all()
    assert of_stream("train-1") == [1, 3]


def test_a_dead_letter_parks_its_own_lane_only(postman: Postman, moved: type[Event]) -> None:
    BROKEN.add("train-1 v2")
    for _ in range(4):
        postman.emit(moved(train_id=1), moved(train_id=2))
    postman.deliver_all()
    assert of_stream("train-1") == [1]
    assert of_stream("train-2") == [1, 2, 3, 4]
    assert Delivery.objects.get(outcome=Outcome.DEAD).event.stream_version == 2


def test_a_parked_lane_is_not_taken_for_lost(postman: Postman, moved: type[Event]) -> None:
    BROKEN.add("train-1 v1")
    postman.emit(moved(train_id=1), moved(train_id=1), moved(train_id=1))
    postman.deliver_all()
    assert not rescue(later(60))


def test_of_a_lane_that_was_lost_only_the_head_is_sent_again(postman: Postman, moved: type[Event]) -> None:
    postman.emit(*[moved(train_id=1) for _ in range(4)])
    postman.collect()
    assert rescue(later()) == {"board.show": 1}
    postman.deliver_all()
    assert of_stream("train-1") == [1, 2, 3, 4]


def test_the_next_of_the_lane_is_woken_by_the_one_that_settles(postman: Postman, moved: type[Event]) -> None:
    postman.emit(moved(train_id=1), moved(train_id=1), moved(train_id=1))
    first, second, _ = postman.collect()
    postman.deliver(first)
    entry = OutboxEntry.objects.get()
    assert (entry.subscriber, entry.event_id) == ("board.show", first_position(second.event_json))
    assert entry.available_at <= timezone.now()


def test_discarding_what_died_out_of_turn_lets_nobody_pass_what_is_before_it(
    postman: Postman, moved: type[Event]
) -> None:
    postman.emit(*[moved(train_id=1) for _ in range(3)])
    first, second, third = postman.collect()
    position = first_position(second.event_json)
    for run, outcome in ((0, "dead"), (1, "discarded")):  # an old worker buried it, and an operator looked at it
        Delivery.objects.create(
            event_id=position, subscriber="board.show", run=run, outcome=outcome, attempts=1,
            started_at=timezone.now(), finished_at=timezone.now(),
        )  # fmt: skip
    postman.deliver(third)
    assert of_stream("train-1") == []
    postman.deliver(first)
    postman.deliver_all()
    assert of_stream("train-1") == [1, 3]


def first_position(event_json: str) -> int:
    return int(json.loads(event_json)["position"])
