"""Deliveries that have to wait spend no try; tries that took a worker with them are counted."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import Settings

from events import catalogue, subscriptions
from events.errors import Snooze
from events.event import Event
from events.models import Attempt, Delivery, OutboxEntry, Outcome
from events.subscribers import subscriber
from events.transports.tasks import SubscriberTask
from tests.events.postman import Postman

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ordered() -> type[Event]:
    class Ordered(Event, name="cake.ordered", stream="cake-{cake_id}"):
        cake_id: int

    return Ordered


def make_due() -> None:
    OutboxEntry.objects.update(available_at=timezone.now())


@pytest.mark.parametrize("effects", ["database", "external"])
def test_a_snooze_waits_without_spending_a_try(postman: Postman, ordered: type[Event], effects: str) -> None:
    oven = {"hot": False}

    @subscriber(ordered, name="bakers.bake", effects=effects, max_retries=0)  # type: ignore[arg-type]
    def bake(event: Event) -> None:
        if not oven["hot"]:
            raise Snooze(30, "the oven is cold")

    subscriptions.enroll()
    postman.emit(ordered(cake_id=1))
    for _ in range(5):
        assert postman.deliver_all() == 1
        entry = OutboxEntry.objects.get()
        assert timedelta(seconds=20) < entry.available_at - timezone.now() <= timedelta(seconds=30)
        make_due()
    assert [(one.number, one.spent) for one in Attempt.objects.all()] == [(0, False)]  # why it waits, and no try
    oven["hot"] = True
    postman.deliver_all()
    assert Delivery.objects.get().attempts == 1


def test_tries_that_failed_before_a_snooze_still_count(postman: Postman, ordered: type[Event]) -> None:
    endings = iter([ValueError("burnt"), Snooze(1), ValueError("burnt again")])

    @subscriber(ordered, name="bakers.bake", max_retries=1)
    def bake(event: Event) -> None:
        raise next(endings)

    subscriptions.enroll()
    postman.emit(ordered(cake_id=1))
    (message,) = postman.collect()
    postman.deliver(message)
    again = type(message)(message.subscriber, message.key, message.event_json, message.title, retries=1)
    postman.deliver(again)
    make_due()
    postman.deliver_all()
    assert (Delivery.objects.get().outcome, Delivery.objects.get().attempts) == (Outcome.DEAD, 2)


def test_an_event_of_a_version_that_this_code_does_not_know_waits_and_then_is_a_dead_letter(
    postman: Postman, ordered: type[Event], settings: Settings
) -> None:
    subscriber(ordered, name="bakers.bake")(lambda event: None)
    subscriptions.enroll()
    postman.emit(ordered(cake_id=1))
    with catalogue.scratch():
        catalogue._entries.event_types.clear()
        assert postman.deliver_all() == 1
        assert OutboxEntry.objects.get().available_at > timezone.now()
        assert not Attempt.objects.filter(spent=True).exists()
        settings.EVENTS = settings.EVENTS | {"unknown_version_patience_seconds": 0}
        make_due()
        postman.deliver_all()
    dead = Delivery.objects.get()
    assert (dead.outcome, dead.attempts) == (Outcome.DEAD, 1)
    assert "UnknownEvent" in dead.fingerprint


def test_a_message_that_came_back_is_counted_before_it_starts_again(postman: Postman, ordered: type[Event]) -> None:
    tries: list[int] = []

    @subscriber(ordered, name="bakers.bake", max_retries=2)
    def bake(event: Event) -> None:
        tries.append(task.request.retries)

    subscriptions.enroll()
    postman.emit(ordered(cake_id=1))
    (message,) = postman.collect()
    task = SubscriberTask(message.subscriber)
    task.bind(current_app)
    event = postman.event_of(message)
    for _ in range(2):
        task.push_request(retries=0, hostname="w", delivery_info={"redelivered": True})
        task._count_lost_try(event, 0)
        tries.append(task.request.retries)
        task.pop_request()
    assert tries == [1, 2]
    assert [one.error_class for one in Attempt.objects.all()] == ["events.errors.WorkerDied"] * 2
    task.push_request(retries=0, hostname="w", delivery_info={"redelivered": True})
    with pytest.raises(Exception, match="The message came back"):
        task._count_lost_try(event, 0)
    task.pop_request()
    postman.deliver(message)
    task.push_request(retries=0, hostname="w", delivery_info={"redelivered": True})
    task._count_lost_try(event, 0)  # settled: nothing is counted any more
    task.pop_request()
    assert Attempt.objects.count() == 2
