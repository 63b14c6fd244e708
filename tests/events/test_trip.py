"""The trip of docs/how-to/book-a-trip.md: the code of that page, run as it stands there."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

from events.api import sagas_of
from events.models import OutboxEntry
from events.relay import drain

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(settings.BASE_DIR) / "docs" / "how-to" / "book-a-trip.md"
WISHES = {"to": "Cairo", "nights": 4}


@pytest.fixture
def trip() -> Any:
    """All Python on the page, as one module."""
    module = ModuleType("book_a_trip")
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), module.__dict__)
    return module


def states(number: int) -> dict[str, str]:
    """Of the actions, by step."""
    (view,) = sagas_of(f"trip-{number}")
    return {one.step: one.state for one in view.steps if one.direction == "action"}


def test_flight_hotel_and_card_are_booked_once_however_often_it_is_started(trip: Any) -> None:
    assert trip.book(1, limit=1000, **WISHES)
    assert not trip.book(1, limit=1000, **WISHES)
    (view,) = sagas_of("trip-1")
    assert view.state == "completed"
    assert view.steps[-1].recorded == {"reference": "card-3", "total": 620}
    assert len(trip.outside.books) == 3


def test_a_declined_card_cancels_both_against_the_order_of_their_booking(trip: Any) -> None:
    trip.book(2, limit=500, **WISHES)
    (view,) = sagas_of("trip-2")
    assert (view.state, view.reason) == ("compensated", "Declined: 620 is over the limit of 500")
    booked = [one["reference"] for one in trip.outside.books.values()]
    assert trip.outside.cancelled == booked[::-1]


def test_an_airline_that_stays_down_cancels_the_hotel_and_leaves_no_flight(trip: Any) -> None:
    trip.outside.is_down.add("flight")
    trip.book(3, limit=1000, **WISHES)
    for _ in range(5):
        OutboxEntry.objects.update(available_at="2020-01-01T00:00Z")
        drain()
    assert states(3) == {"flight": "unknown", "hotel": "done"}
    assert trip.outside.cancelled == ["hotel-1"]


def test_an_airline_that_comes_back_is_asked_again(trip: Any) -> None:
    trip.outside.is_down.add("flight")
    trip.book(4, limit=1000, **WISHES)
    trip.outside.is_down.clear()
    OutboxEntry.objects.update(available_at="2020-01-01T00:00Z")
    drain()
    assert states(4) == {"flight": "done", "hotel": "done", "card": "done"}


def test_a_careful_trip_cancels_what_may_have_been_booked(trip: Any) -> None:
    from django.db import transaction

    trip.outside.is_down.add("flight")
    with transaction.atomic():
        trip.start_saga(trip.CarefulTrip, key="trip-5", data=WISHES)
    assert trip.outside.cancelled == ["saga:careful_trip:trip-5:flight:action"]
    assert sagas_of("trip-5")[0].state == "compensated"


def test_who_stays_at_home_has_paid_nothing(trip: Any) -> None:
    trip.outside.is_down.add("flight")
    trip.book(6, limit=1000, **WISHES)
    assert trip.stay_at_home(6)
    assert sagas_of("trip-6")[0].state == "compensating"  # the flight is still being tried
    trip.outside.is_down.clear()
    OutboxEntry.objects.update(available_at="2020-01-01T00:00Z")
    drain()
    assert sagas_of("trip-6")[0].state == "compensated"
    assert sorted(trip.outside.cancelled) == ["flight-2", "hotel-1"]
