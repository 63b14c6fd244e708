"""The flow by the minute: every event and every delivery is counted once, whatever happens to who counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from events import flow
from events.flow import count_flow, deliveries_by_time, events_by_time
from events.models import Delivery, DeliveryMinute, EventMinute
from events.models import Event as LoggedRow
from tests.events.console import declare_parcels, fill_log, send
from tests.events.terminal import command

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO, FAR_AHEAD = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def count() -> int:
    """Until nothing is left."""
    total = 0
    while counted := count_flow(timezone.now()) + count_flow(timezone.now()):
        total += counted
    return total


def events() -> dict[str, int]:
    found: dict[str, int] = {}
    for one in events_by_time(LONG_AGO, FAR_AHEAD):
        found[one.name] = found.get(one.name, 0) + one.count
    return found


def deliveries() -> tuple[int, int]:
    found = deliveries_by_time(LONG_AGO, FAR_AHEAD)
    return sum(one.done for one in found), sum(one.dead for one in found)


@contextmanager
def open_transaction(statement: str) -> Iterator[None]:
    """Of somebody else, who has done that and nothing more yet; committed at the end."""
    begun, end = Signal(), Signal()

    def hold() -> None:
        try:
            with transaction.atomic():
                connection.cursor().execute(statement)
                begun.set()
                end.wait(30)
        finally:
            connection.close()

    thread = Thread(target=hold)
    thread.start()
    begun.wait(30)
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_every_event_and_delivery_is_counted_once_however_often_and_in_whatever_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flow, "_BATCH_COUNT", 3)
    monkeypatch.setattr(flow, "_MOST_BATCHES", 2)
    parcel = declare_parcels({"says": "no"})
    for start in (1, 6, 11):
        send([parcel(parcel_id=number) for number in range(start, start + 5)])
        count()
    assert count() == 0
    assert sum(events().values()) == LoggedRow.objects.count() == 15
    outcomes = list(Delivery.objects.values_list("outcome", flat=True))
    assert deliveries() == (outcomes.count("done"), outcomes.count("dead"))
    assert deliveries()[1] == 15


def test_minutes_are_those_in_which_it_happened() -> None:
    send([declare_parcels({"says": "yes"})(parcel_id=1)])
    count()
    happened = LoggedRow.objects.get().occurred_at
    (one,) = events_by_time(happened - timedelta(minutes=1), happened)
    assert one.began_at == happened.replace(second=0, microsecond=0)
    assert events_by_time(happened + timedelta(minutes=1), FAR_AHEAD) == []


def test_a_delivery_whose_transaction_commits_late_is_counted_although_later_numbers_were_there_before() -> None:
    parcel = declare_parcels({"says": "yes"})
    send([parcel(parcel_id=1)])
    early = Delivery.objects.latest("pk")
    late = f"""INSERT INTO events_delivery
        (position, subscriber, run, outcome, attempts, started_at, finished_at, worker, fingerprint)
        SELECT position, subscriber, 7, outcome, attempts, started_at, finished_at, worker, fingerprint
        FROM events_delivery WHERE id = {early.pk}"""
    with open_transaction(late):
        send([parcel(parcel_id=2)])
        count()
        assert deliveries() == (0, 0)
    count()
    assert deliveries()[0] == Delivery.objects.filter(outcome="done").count()


def test_an_event_whose_transaction_commits_late_is_counted() -> None:
    parcel = declare_parcels({"says": "yes"})
    late = "SELECT events_append(gen_random_uuid(), 'late-1', 'late', 1, '{}', gen_random_uuid(), null, '', '')"
    with open_transaction(late):
        send([parcel(parcel_id=1)])
        count()
    count()
    assert sum(events().values()) == 2


def test_a_crash_in_the_middle_counts_nothing_twice_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    send([declare_parcels({"says": "yes"})(parcel_id=number) for number in range(4)])
    count_flow(timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr("events.models.FlowCount.save", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            count_flow(timezone.now())
    count()
    assert sum(events().values()) == 4
    assert deliveries()[0] == Delivery.objects.filter(outcome="done").count()


def test_a_long_log_is_counted_in_few_transactions_and_old_minutes_are_forgotten(settings: Settings) -> None:
    fill_log(100_000)
    assert count() == 200_000
    assert deliveries() == (99_900, 100)
    assert events() == {"old.thing": 100_000}
    settings.EVENTS = settings.EVENTS | {"flow_retention_days": 1}
    count_flow(timezone.now() + timedelta(hours=12))
    assert 700 < EventMinute.objects.count() <= 720
    assert 700 < DeliveryMinute.objects.count() <= 720
    assert count() == 0


def test_the_command_tells_the_sums_and_as_json_every_minute() -> None:
    fill_log(2_000)  # the last half an hour
    count()
    told = command("flow")
    assert "old.thing  2,000" in told.out
    assert "old.sub     1,998  2" in told.out
    document = command("flow", "--since", "2h", "--json").json
    assert sum(one["count"] for one in document["events"]) == sum(one["done"] for one in document["deliveries"]) + 2
    assert len(document["events"]) > 30
    assert command("flow", "--since", "2019-01-01", "--until", "2020-01-01").code == 3
