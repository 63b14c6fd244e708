"""Old versions of an event, of which the log is full, are read as the newest."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.utils import timezone
from pytest_django import Settings

from events import subscriptions
from events.api import Event, LoggedEvent, subscriber, upcaster
from events.errors import PayloadUnreadable, UnknownEvent
from events.models import Attempt, Delivery, OutboxEntry, Outcome
from events.models import Event as LoggedRow
from events.replay import Selection, create_replay
from tests.events.postman import Postman

#: As version 1 was logged, when it was the only one: a price in pence, and no currency.
RECORDED = """
{"position": 17, "id": "0199f5a4-6b1e-7c31-9d43-2f4f0a6c11e2", "stream": "book-7", "stream_version": 3,
 "name": "book.sold", "version": 1, "payload": {"book_id": 7, "pence": 1250, "buyer": {"name": "سارة"}},
 "correlation_id": "0199f5a4-6b1e-7c31-9d43-2f4f0a6c11e2", "causation_id": null, "actor": "user:5", "traceparent": "",
 "occurred_at": "2024-11-03T10:15:30.123456+00:00"}
"""


def recorded(**changes: object) -> LoggedEvent:
    return LoggedEvent.from_message(json.loads(RECORDED) | changes)


def declare_sold() -> type[Event]:
    """Version 3, and the way to it from the versions before."""

    class Sold(Event, name="book.sold", version=3, stream="book-{book_id}"):
        book_id: int
        price: Decimal
        currency: str
        buyer: dict[str, str]

    @upcaster("book.sold", version=1)
    def price_in_pounds(payload: dict) -> dict:
        payload["price"] = str(Decimal(payload.pop("pence")) / 100)
        return payload

    @upcaster("book.sold", version=2)
    def add_currency(payload: dict) -> dict:
        return payload | {"currency": "GBP"}

    return Sold


def test_a_recorded_old_payload_is_read_as_the_newest_version() -> None:
    sold = declare_sold()
    event = recorded().typed()
    assert event == sold(book_id=7, price=Decimal("12.5"), currency="GBP", buyer={"name": "سارة"})
    assert recorded(version=2, payload={"book_id": 7, "price": "3", "buyer": {}}).typed().currency == "GBP"  # type: ignore[attr-defined]


def test_the_logged_event_itself_stays_as_it_was_logged() -> None:
    declare_sold()
    logged = recorded()
    logged.typed()
    assert logged == recorded()


def test_a_version_newer_than_the_code_is_unknown() -> None:
    declare_sold()
    with pytest.raises(UnknownEvent, match=r"'book\.sold' with version 4"):
        recorded(version=4).typed()


def test_a_version_that_no_upcaster_leads_away_from_is_unknown() -> None:
    class Sold(Event, name="book.sold", version=3, stream="book-{book_id}"):
        book_id: int

    upcaster("book.sold", version=2)(lambda payload: payload)
    with pytest.raises(UnknownEvent, match="version 1"):
        recorded().typed()


def test_an_event_is_read_as_the_newest_version_that_upcasters_lead_to() -> None:
    class First(Event, name="book.sold", version=1, stream="book-{book_id}"):
        book_id: int

    class Second(Event, name="book.sold", version=2, stream="book-{book_id}"):
        book_id: int

    class Fourth(Event, name="book.sold", version=4, stream="book-{book_id}"):
        book_id: int

    upcaster("book.sold", version=1)(lambda payload: payload)
    assert type(recorded(payload={"book_id": 1}).typed()) is Second
    assert type(recorded(payload={"book_id": 1}, version=4).typed()) is Fourth


def test_an_upcaster_that_fails_says_which_one_and_why() -> None:
    declare_sold()
    with pytest.raises(PayloadUnreadable, match=r"price_in_pounds raised KeyError\('pence'\)"):
        recorded(payload={"book_id": 7}).typed()


def leads_nowhere() -> None:
    declare_sold()
    upcaster("book.sold", version=3)(lambda payload: payload)


def misspelt() -> None:
    declare_sold()
    upcaster("book.sodl", version=1)(lambda payload: payload)


def twice() -> None:
    declare_sold()
    upcaster("book.sold", version=1)(lambda payload: payload)


def below_one() -> None:
    declare_sold()
    upcaster("book.sold", version=0)(lambda payload: payload)


@pytest.mark.parametrize(
    ("contradiction", "message"),
    [
        (leads_nowhere, "E012.*from version 1 to 4, which no class is"),
        (misspelt, "E012.*did you mean 'book.sold'"),
        (twice, "E002.*claim the same name"),
        (below_one, "E012.*from version 0"),
    ],
)
def test_an_upcaster_that_contradicts_the_declarations_fails_the_check(contradiction: object, message: str) -> None:
    contradiction()  # type: ignore[operator]
    with pytest.raises(SystemCheckError, match=f"(?s){message}"):
        call_command("check", tags=["events"])


def test_a_sound_chain_passes_the_check() -> None:
    declare_sold()
    call_command("check", tags=["events"])


def log_recorded(**changes: object) -> LoggedRow:
    """The recorded event in the log and in the outbox, as it would be had it been emitted long ago."""
    values = json.loads(RECORDED) | {"stream_version": 1, "occurred_at": datetime.now(UTC)} | changes
    del values["position"]
    values["id"], values["correlation_id"] = UUID(values["id"]), UUID(values["correlation_id"])
    row: LoggedRow = LoggedRow.objects.create(**values)
    OutboxEntry.objects.create(event=row)
    return row


@pytest.mark.django_db(transaction=True)
def test_a_replay_reads_old_versions_as_the_newest(postman: Postman) -> None:
    read: list[tuple[int, Event]] = []
    works: list[bool] = []
    sold = declare_sold()

    @subscriber(sold, name="till.note", max_retries=0)
    def note(event: Event, context: object) -> None:
        read.append((context.run, event))  # type: ignore[attr-defined]
        if not works:
            raise ValueError("the till is locked")

    subscriptions.enroll()
    log_recorded()
    postman.deliver_all()
    works.append(True)
    create_replay(Selection(), name="mended", reason="the till is open", owner="test", now=timezone.now())
    postman.deliver_all()
    assert [run for run, _ in read] == [0, 1]
    assert read[0][1] == read[1][1]
    assert type(read[1][1]) is sold
    assert Delivery.objects.get(run=1).outcome == Outcome.DONE


@pytest.mark.django_db(transaction=True)
def test_an_unknown_version_waits_for_its_code_and_then_dies(postman: Postman, settings: Settings) -> None:
    sold = declare_sold()
    subscriber(sold, name="till.note")(lambda event: None)
    subscriptions.enroll()
    log_recorded(version=4)
    for _ in range(3):
        postman.deliver(*postman.collect())
        assert OutboxEntry.objects.get().available_at > timezone.now()
        OutboxEntry.objects.update(available_at=timezone.now())
    assert not Attempt.objects.filter(spent=True).exists()
    settings.EVENTS = settings.EVENTS | {"unknown_version_patience_seconds": 0}
    postman.deliver_all()
    assert Delivery.objects.get().outcome == Outcome.DEAD
    assert Delivery.objects.get().transient
