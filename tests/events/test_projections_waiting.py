"""Whoever has written something can wait for a read model that knows of it, and is told how far behind it is."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from events import subscriptions
from events.errors import AfterUnreadable, UnknownProjection
from events.log import emit
from events.middleware import CauseMiddleware
from events.projections.lag import lag
from events.projections.waiting import wait_for_own_write, wait_for_projection
from events.prune import prune
from events.rescue import rescue
from tests.events.meters import Meters, meters
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, go_on, kill_with, start

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_that_is_settled_is_not_waited_for(postman: Postman, meters: Meters) -> None:
    logged = meters.emit(5)[0]
    assert not wait_for_projection(NAME, logged.position, 0)
    postman.deliver_all()
    assert wait_for_projection(NAME, logged.position, 0)


def test_the_wait_ends_when_the_delivery_has_committed(postman: Postman, meters: Meters) -> None:
    logged = meters.emit(5)[0]
    messages = postman.collect()

    def deliver_elsewhere() -> None:
        try:
            postman.deliver(*messages)
        finally:
            connection.close()

    thread = threading.Thread(target=deliver_elsewhere)
    thread.start()
    assert wait_for_projection(NAME, logged.position, 60)
    assert meters.live() == {1: (5, " 1")}
    thread.join()


def test_all_events_of_the_own_transaction_are_waited_for_and_those_of_others_only_on_demand(
    postman: Postman, meters: Meters
) -> None:
    meters.emit(5, meter=9)
    others = postman.collect()
    with transaction.atomic():
        emit(meters.read(meter_id=1, litres=7))
        last = emit(meters.read(meter_id=2, litres=8))
    first_message, last_message = postman.collect()
    postman.deliver(last_message)
    assert not wait_for_projection(NAME, last.position, 0)
    postman.deliver(first_message)
    assert wait_for_projection(NAME, last.position, 0)
    assert not wait_for_projection(NAME, last.position, 0, everything=True)
    postman.deliver(*others)
    assert wait_for_projection(NAME, last.position, 0, everything=True)


def test_what_a_rebuild_applied_or_pruning_removed_is_settled(
    postman: Postman, meters: Meters, settings: Settings
) -> None:
    settings.EVENTS = settings.EVENTS | {"delivery_retention_days": 1.0}
    logged = meters.emit(5, 7)
    go_on(start())
    assert wait_for_projection(NAME, logged[1].position, 0)
    delivered = meters.emit(11)[0]
    postman.deliver_all()
    rescue(timezone.now())
    prune(timezone.now() + timedelta(days=3))
    assert wait_for_projection(NAME, delivered.position, 0)


def test_a_dead_letter_is_not_waited_for(postman: Postman, meters: Meters) -> None:
    logged = meters.emit(666)[0]
    kill_with(postman, meters, 666)
    assert not wait_for_projection(NAME, logged.position, 3600)
    assert lag()[0].dead_count == 1


def test_nobody_waits_for_a_projection_that_is_paused(postman: Postman, meters: Meters) -> None:
    subscriptions.pause(NAME, by="user:1", reason="mending")
    logged = meters.emit(5)[0]
    assert not wait_for_projection(NAME, logged.position, 3600)


def test_events_that_the_projection_does_not_want_and_positions_where_nothing_stands_need_no_wait(
    meters: Meters,
) -> None:
    with transaction.atomic():
        painted = emit(meters.painted(meter_id=1))
    assert wait_for_projection(NAME, painted.position, 0)
    assert wait_for_projection(NAME, painted.position + 1000, 0)


def test_a_request_that_is_answered_too_early_says_how_many_events_are_missing(
    postman: Postman, meters: Meters, settings: Settings
) -> None:
    settings.EVENTS = settings.EVENTS | {"read_after_seconds": 0.0}
    logged = meters.emit(5, 7)
    late = wait_for_own_write({"after": str(logged[1].position)}, NAME)
    assert (late.is_current, late.headers) == (False, {"Read-Model-Behind": "2"})
    postman.deliver_all()
    assert wait_for_own_write({"after": str(logged[1].position)}, NAME).headers == {}
    assert wait_for_own_write({}, NAME).headers == {}


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "1e3", "٣", "9" * 19, "1" * 5000, " 7"])
def test_what_is_no_position_is_refused(meters: Meters, text: str) -> None:
    with pytest.raises(AfterUnreadable):
        wait_for_own_write({"after": text}, NAME)


def test_an_unknown_projection_is_said(meters: Meters) -> None:
    with pytest.raises(UnknownProjection, match=r"did you mean 'meters\.totals'"):
        wait_for_projection("meters.total", 1, 0)


def answer_of(view: object) -> HttpResponse:
    return CauseMiddleware(view)(RequestFactory().post("/"))  # type: ignore[arg-type]


def test_the_answer_to_a_request_names_the_position_of_its_last_event(postman: Postman, meters: Meters) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(meters.emit(5, 7)[1].position))

    answer = answer_of(view)
    assert answer["Log-Position"] == answer.content.decode()


def test_a_request_that_emitted_nothing_or_took_it_back_has_no_position(meters: Meters) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            emit(meters.read(meter_id=1, litres=5))
            transaction.set_rollback(True)
        return HttpResponse()

    assert "Log-Position" not in answer_of(view)


def test_what_subscribers_emit_is_not_the_request_s(meters: Meters, settings: Settings) -> None:
    """Inline, they run before the request is answered."""
    from events.api import Event, subscriber

    @subscriber(meters.read, name="painters.paint")
    def paint(event: Event) -> None:
        emit(meters.painted(meter_id=1))

    settings.EVENTS = {"transport": "inline", "relay_wake_url": ""}
    subscriptions.enroll()
    positions: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        positions.append(meters.emit(5)[0].position)
        return HttpResponse()

    assert answer_of(view)["Log-Position"] == str(positions[0])


def test_lag_counts_what_is_not_settled_and_how_old_it_is(postman: Postman, meters: Meters) -> None:
    assert (lag()[0].behind_count, lag()[0].behind_seconds, lag()[0].state) == (0, 0.0, "live")
    meters.emit(5, 7, 11)
    one = lag()[0]
    assert (one.projection, one.behind_count, one.is_at_least) == (NAME, 3, False)
    assert one.behind_seconds > 0
    postman.deliver(postman.collect()[0])
    assert lag()[0].behind_count == 2
    rebuild = go_on(start())
    assert (lag()[0].behind_count, lag()[0].rebuild) == (0, rebuild)
    subscriptions.pause(NAME, by="user:1", reason="mending")
    assert lag()[0].state == "paused"
