"""What the broker loses, the log still knows."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events import catalogue, subscriptions
from events import rescue as rescuing
from events.errors import Snooze
from events.event import Event
from events.log import emit
from events.models import Attempt, Delivery, OutboxEntry, Outcome, Subscription
from events.models import Event as LoggedRow
from events.rescue import rescue
from events.subscribers import Context, subscriber
from tests.events.postman import Postman

pytestmark = pytest.mark.django_db(transaction=True)

RAN: list[tuple[str, int]] = []


@pytest.fixture
def landed() -> type[Event]:
    class Landed(Event, name="plane.landed", stream="plane-{plane_id}"):
        plane_id: int

    RAN.clear()
    for name in ("crew.leave", "tower.note"):

        def run(event: Landed, context: Context) -> None:
            RAN.append((context.subscriber, event.plane_id))

        subscriber(Landed, name=name)(run)
    subscriptions.enroll()
    return Landed


def later(minutes: float = 10) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def settled_positions() -> dict[str, int]:
    """How many events of the log lie at or below each subscription's settled position."""
    return {
        one.subscriber: LoggedRow.objects.extra(
            where=["(xid, position) <= (%s, %s)"], params=[one.settled_xid, one.settled_position]
        ).count()
        for one in Subscription.objects.filter(subscriber__in=[one.name for one in catalogue.subscribers()])
    }


def test_what_the_broker_lost_is_sent_again_and_settles_once(postman: Postman, landed: type[Event]) -> None:
    postman.emit(*[landed(plane_id=number) for number in range(5)])
    messages = postman.collect()
    postman.deliver(*messages[:3])  # the others are lost
    assert rescue(later()) == {"crew.leave": 3, "tower.note": 4}
    assert postman.deliver_all() == 7
    assert sorted(RAN) == sorted((name, number) for name in ("crew.leave", "tower.note") for number in range(5))
    assert not rescue(later(60))
    assert settled_positions() == {"crew.leave": 5, "tower.note": 5}


def test_nothing_is_sent_again_before_its_time(postman: Postman, landed: type[Event]) -> None:
    postman.emit(landed(plane_id=1))
    assert not rescue(later())  # it waits in the outbox
    postman.collect()
    assert not rescue(timezone.now())  # it was sent a moment ago
    postman.oldest_waits_since = timezone.now() - timedelta(hours=1)
    assert not rescue(later())  # an older message still waits before it
    postman.oldest_waits_since = None
    assert rescue(later()).total() == 2


def test_what_was_rescued_is_left_alone_for_longer_and_longer(postman: Postman, landed: type[Event]) -> None:
    postman.emit(landed(plane_id=1))
    postman.collect()
    start, sent = timezone.now(), []
    for minute in range(60):
        if rescue(start + timedelta(minutes=minute)):
            sent.append(minute)
            postman.collect()
    distances = [second - first for first, second in pairwise(sent)]
    assert distances == sorted(distances)
    assert distances[-1] > 2 * distances[0]
    assert {one.spent for one in Attempt.objects.all()} == {False}


def test_a_message_that_never_is_heard_of_ends_as_a_dead_letter(postman: Postman, landed: type[Event]) -> None:
    postman.emit(landed(plane_id=1))
    for day in range(8):
        postman.collect()
        rescue(later() + timedelta(days=day))
    assert set(Delivery.objects.values_list("outcome", "subscriber")) == {
        (Outcome.DEAD, "crew.leave"),
        (Outcome.DEAD, "tower.note"),
    }
    assert "MessageLost" in Delivery.objects.first().fingerprint  # type: ignore[union-attr]


def test_rescues_spend_no_try(postman: Postman, landed: type[Event]) -> None:
    postman.emit(landed(plane_id=1))
    postman.collect()
    rescue(later())
    assert {message.retries for message in postman.collect()} == {0}


def test_a_retry_that_is_due_later_is_left_alone(postman: Postman, landed: type[Event]) -> None:
    @subscriber(landed, name="fuel.fill", max_retries=3)
    def fill(event: Event) -> None:
        raise ValueError("no fuel")

    subscriptions.enroll()
    postman.emit(landed(plane_id=1))
    postman.deliver(*postman.collect())
    Attempt.objects.update(next_try_at=later(30))
    assert not rescue(later(20))
    assert rescue(later(40)) == {"fuel.fill": 1}
    (again,) = postman.collect()
    assert again.retries == 1


@pytest.mark.parametrize("window", [1, 20_000])
def test_the_settled_position_never_passes_a_running_transaction(
    postman: Postman, landed: type[Event], window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescuing, "_WINDOW_COUNT", window)
    emitted, finish = threading.Event(), threading.Event()

    def emit_slowly() -> None:
        with transaction.atomic():
            emit(landed(plane_id=1))
            emitted.set()
            finish.wait(30)
        connection.close()

    slow = threading.Thread(target=emit_slowly)
    slow.start()
    assert emitted.wait(30)
    postman.emit(landed(plane_id=2))
    postman.deliver_all()
    rescue(later())
    finish.set()
    slow.join()
    assert settled_positions() == {"crew.leave": 0, "tower.note": 0}
    postman.collect()  # and the message of the slow one is lost
    assert rescue(later()).total() == 2
    postman.deliver_all()
    rescue(later())
    assert settled_positions() == {"crew.leave": 2, "tower.note": 2}


@pytest.mark.parametrize("window", [1, 2, 20_000])
def test_a_settled_position_stops_below_what_is_not_settled(
    postman: Postman, landed: type[Event], window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescuing, "_WINDOW_COUNT", window)
    postman.emit(*[landed(plane_id=number) for number in range(4)])
    messages = postman.collect()
    postman.deliver(*[message for message in messages if "plane-2" not in message.title])
    rescue(timezone.now())
    assert settled_positions() == {"crew.leave": 2, "tower.note": 2}


def test_a_message_below_the_settled_position_is_a_duplicate_without_its_row(
    postman: Postman, landed: type[Event]
) -> None:
    postman.emit(landed(plane_id=1))
    messages = postman.collect()
    postman.deliver(*messages)
    rescue(later())
    Delivery.objects.all().delete()
    postman.deliver(*messages)
    assert len(RAN) == 4  # they ran, …
    assert not Delivery.objects.exists()  # … and were rolled back whole
    assert not Attempt.objects.exists()


def test_an_event_that_is_gone_from_the_log_is_a_duplicate(postman: Postman, landed: type[Event]) -> None:
    postman.emit(landed(plane_id=1))
    messages = postman.collect()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL events.pruning = 'on'")
        cursor.execute("DELETE FROM events_event")
    postman.deliver(*messages)
    assert not Delivery.objects.exists()


def test_two_rescues_at_once_harm_nothing(postman: Postman, landed: type[Event]) -> None:
    postman.emit(*[landed(plane_id=number) for number in range(20)])
    postman.collect()
    now = later()

    def run() -> None:
        rescue(now)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert OutboxEntry.objects.count() == 40
    postman.deliver_all()
    assert len(RAN) == 40


def test_a_delivery_that_snoozed_a_moment_ago_is_not_taken_for_lost(postman: Postman, landed: type[Event]) -> None:
    @subscriber(landed, name="fuel.fill")
    def fill(event: Event) -> None:
        raise Snooze(1)

    subscriptions.enroll()
    postman.emit(landed(plane_id=1))
    postman.deliver(*postman.collect())
    OutboxEntry.objects.all().delete()  # the relay has taken it, and it waits in the queue
    assert not rescue(timezone.now() + timedelta(seconds=100))
    assert rescue(later()) == {"fuel.fill": 1}


def test_live_deliveries_are_rescued_while_old_ones_are_caught_up_with(postman: Postman, landed: type[Event]) -> None:
    Subscription.objects.update(
        catch_up_xid=0, catch_up_position=0, catch_up_to_xid=1, caught_up_at=later(9.9), paused_by=""
    )
    postman.emit(landed(plane_id=1))
    postman.collect()
    assert rescue(later()).total() == 2


def test_one_subscriber_that_cannot_be_rescued_keeps_no_other_from_it(
    postman: Postman, landed: type[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber(landed, name="aaa.first", queue="gone")(lambda event: None)
    subscriptions.enroll()
    postman.emit(landed(plane_id=1))
    postman.collect()

    def waiting_since(queue: str) -> None:
        if queue == "gone":
            raise ConnectionError("no such queue")

    monkeypatch.setattr(postman, "waiting_since", waiting_since)
    with pytest.raises(ConnectionError):
        rescue(later())
    assert OutboxEntry.objects.count() == 2
