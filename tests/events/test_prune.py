"""Old rows go, and what they stood for stays."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_celery_results.models import TaskResult
from pytest_django import Settings

from events import prune, subscriptions
from events.api import Saga, SagaRun, cancel_saga, start_saga, step
from events.errors import Reject
from events.event import Event
from events.models import Attempt, Delivery, SagaArrival, Subscription
from events.models import Event as LoggedRow
from events.rescue import rescue
from events.subscribers import subscriber
from tests.events.postman import Postman
from tests.events.test_rescue import later

pytestmark = pytest.mark.django_db(transaction=True)

RAN: list[int] = []


@pytest.fixture
def read(postman: Postman, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> type[Event]:
    class Read(Event, name="meter.read", stream="meter-{meter_id}"):
        meter_id: int

    @subscriber(Read, name="bills.write", max_retries=1)
    def write(event: Read) -> None:
        RAN.append(event.meter_id)
        if event.meter_id == 13:
            raise Reject("no such meter")

    RAN.clear()
    Subscription.objects.all().delete()
    subscriptions.enroll()
    monkeypatch.setattr(prune, "_BATCH_COUNT", 3)
    settings.EVENTS = settings.EVENTS | {"delivery_retention_days": 10, "log_retention_days": 20}
    return Read


def after(days: float) -> Settings:
    return timezone.now() + timedelta(days=days)  # type: ignore[return-value]


def settle(postman: Postman, read: type[Event], *meters: int) -> None:
    postman.emit(*[read(meter_id=meter) for meter in meters])
    postman.deliver_all()
    rescue(later())


def test_settled_deliveries_go_when_they_are_old_and_not_before(postman: Postman, read: type[Event]) -> None:
    settle(postman, read, *range(10))
    assert not prune.prune(after(9))["deliveries"]
    assert prune.prune(after(11))["deliveries"] == 10
    assert not Delivery.objects.exists()
    assert LoggedRow.objects.count() == 10


def test_what_was_pruned_stays_settled(postman: Postman, read: type[Event]) -> None:
    postman.emit(read(meter_id=1))
    messages = postman.collect()
    postman.deliver(*messages)
    rescue(later())
    prune.prune(after(11))
    postman.deliver(*messages)
    assert not Delivery.objects.exists()
    assert not rescue(after(12))


def test_what_lies_above_the_settled_position_stays(postman: Postman, read: type[Event]) -> None:
    postman.emit(read(meter_id=1), read(meter_id=2))
    _lost, second = postman.collect()
    postman.deliver(second)
    rescue(timezone.now())
    assert not prune.prune(after(11))["deliveries"]


def test_an_open_dead_letter_stays_whole(postman: Postman, read: type[Event]) -> None:
    settle(postman, read, 13, 14)
    prune.prune(after(100))
    dead = Delivery.objects.get()
    assert (dead.outcome, Attempt.objects.count(), TaskResult.objects.count()) == ("dead", 1, 1)
    assert LoggedRow.objects.filter(position=dead.event_id).exists()


def test_the_log_keeps_the_last_event_of_each_stream(postman: Postman, read: type[Event]) -> None:
    settle(postman, read, 1, 1, 1, 2)
    assert prune.prune(after(21))["events"] == 2
    assert set(LoggedRow.objects.values_list("stream", "stream_version")) == {("meter-1", 3), ("meter-2", 1)}
    settle(postman, read, 1)
    assert LoggedRow.objects.get(stream="meter-1", stream_version=4)


def test_nothing_goes_that_the_settings_keep(postman: Postman, read: type[Event], settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"delivery_retention_days": None, "log_retention_days": None}
    settle(postman, read, 1, 1)
    assert not prune.prune(after(1000)).total()


def test_what_arrived_for_a_saga_stays_in_the_log_until_the_saga_is_over(postman: Postman, read: type[Event]) -> None:
    class Billing(Saga, name="billing"):
        @step(waits_for=read, by="meter-{meter_id}", timeout_seconds=9e9)
        def weigh(run: SagaRun) -> None: ...

        @step(waits_for=read, by="second-{meter_id}", timeout_seconds=9e9)
        def again(run: SagaRun) -> None: ...

    subscriptions.enroll()
    with transaction.atomic():
        start_saga(Billing, key="meter-1")
    settle(postman, read, 1, 1)
    pruned = prune.prune(after(21))
    assert pruned["arrivals"] == 1  # for second-1, which never began
    assert SagaArrival.objects.get().key == "meter-1"
    assert LoggedRow.objects.filter(stream="meter-1").count() == 2
    with transaction.atomic():
        cancel_saga(Billing, key="meter-1", reason="over")
    pruned = prune.prune(after(21))
    assert (pruned["arrivals"], LoggedRow.objects.filter(stream="meter-1").count()) == (1, 1)


def test_progress_is_told_batch_by_batch(postman: Postman, read: type[Event]) -> None:
    settle(postman, read, *range(10))
    told: list[int] = []
    prune.prune(after(11), lambda pruned: told.append(pruned["deliveries"]))
    assert told[:4] == [3, 6, 9, 10]


def test_a_subscription_remembers_that_it_was_pruned(postman: Postman, read: type[Event]) -> None:
    settle(postman, read, 1)
    prune.prune(after(11))
    assert Subscription.objects.get().pruned_at is not None
