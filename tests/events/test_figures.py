"""Figures: right when they can be counted, honest when they cannot, cheap always."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events import figures
from events.figures import Count, current_figures
from events.models import Attempt, Delivery
from events.models import Event as LoggedRow
from events.outbox import put
from tests.events.console import declare_parcels, fill_log, letters, send

pytestmark = pytest.mark.django_db(transaction=True)


def test_figures_of_an_empty_platform_are_all_zero() -> None:
    zero = Count(0)
    assert current_figures() == figures.Figures(zero, zero, zero, zero, zero, zero, 0.0)


def test_figures_count_what_happened() -> None:
    parcel = declare_parcels({"says": "no"})
    send([parcel(parcel_id=number) for number in (1, 2, 3)])
    now = current_figures()
    assert (now.events, now.done, now.dead_open, now.per_minute) == (Count(3), Count(3), Count(3), Count(6))


def test_a_replayed_dead_letter_is_no_longer_open() -> None:
    send([declare_parcels({"says": "no"})(parcel_id=1)])
    (letter,) = letters()
    again = Delivery.objects.get(pk=letter.pk)
    again.pk, again.run, again.outcome = None, 1, "done"
    again.save()
    assert current_figures().dead_open == Count(0)


def test_a_delivery_is_retrying_between_a_failed_try_and_its_settlement() -> None:
    send([declare_parcels({"says": "no"})(parcel_id=1)])
    position, now = LoggedRow.objects.get().position, timezone.now()
    for number in (1, 2):
        Attempt.objects.create(
            event_id=position, subscriber="parcels.slow", run=0, number=number, error_class="E", message="",
            traceback="", failed_at=now, next_try_at=now + timedelta(hours=number),
        )  # fmt: skip
    assert current_figures().retrying == Count(1)
    Delivery.objects.filter(subscriber="parcels.count").update(subscriber="parcels.slow")
    assert current_figures().retrying == Count(0)


def test_only_what_is_due_waits_and_the_oldest_gives_the_lag() -> None:
    send([declare_parcels({"says": "yes"})(parcel_id=1)])
    position, now = LoggedRow.objects.get().position, timezone.now()
    put(position, "parcels.count", 1, now - timedelta(seconds=90))
    put(position, "parcels.count", 2, now + timedelta(hours=1))
    assert current_figures().waiting == Count(1)
    assert 90 <= current_figures().lag_seconds < 120


def test_a_long_table_is_estimated_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "COUNT_LIMIT", 5)
    monkeypatch.setattr(figures, "THROUGHPUT_SAMPLE", 5)
    parcel = declare_parcels({"says": "no"})
    send([parcel(parcel_id=number) for number in range(10)])
    now = current_figures()
    assert now.events == Count(10, "about")
    assert now.done.exactness == "about"
    assert now.dead_open == Count(5, "at least")


def test_figures_of_a_long_log_are_estimated() -> None:
    fill_log(100_000)
    now = current_figures()
    assert now.events == Count(100_000, "about")
    assert now.done == Count(99_900, "about")
    assert now.dead_open == Count(100)
    assert 0 < now.per_minute.value <= 60
