"""Two that move one saga at the same moment: nothing is lost, and nothing happens twice."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events.api import Saga, SagaRun, cancel_saga, start_saga, step
from events.sagas.tending import tend
from tests.events.journeys import KEY, Journey, begin, names, state, steps
from tests.events.postman import Postman
from tests.events.test_replay_steering import wait_until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(act: Callable[[], object]) -> Callable[[], None]:
    """Do it in a thread with a connection of its own; the answer waits for its end."""
    errors: list[Exception] = []

    def do() -> None:
        try:
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def join() -> None:
        thread.join(30)
        assert not thread.is_alive()
        assert errors == []

    thread = threading.Thread(target=do)
    thread.start()
    return join


def all_at_once(postman: Postman) -> None:
    """Deliver what there is, each message in a thread of its own."""
    for join in [elsewhere(partial(postman.deliver, message)) for message in postman.collect()]:
        join()


def test_branches_that_end_at_the_same_moment_begin_the_step_after_them_once(postman: Postman) -> None:
    both = threading.Barrier(2)

    class Trip(Saga, name="trip"):
        @step(after=())
        def flight(run: SagaRun) -> None:
            both.wait(30)

        @step(after=())
        def hotel(run: SagaRun) -> None:
            both.wait(30)

        @step(after=("flight", "hotel"))
        def card(run: SagaRun) -> None: ...

    begin(Trip)
    all_at_once(postman)
    assert sorted(steps()) == ["card due", "flight done", "hotel done"]
    assert names("sagas.trip.card") == ["sagas.trip.card.due"]
    postman.deliver_all()
    assert state() == "completed"


def test_one_branch_that_fails_while_the_other_one_ends_has_that_undone(postman: Postman) -> None:
    both = threading.Barrier(2)

    class Trip(Saga, name="trip"):
        @step(after=())
        def flight(run: SagaRun) -> None:
            both.wait(30)

        @flight.compensation()
        def cancel(run: SagaRun) -> None: ...

        @step(after=(), max_retries=0)
        def hotel(run: SagaRun) -> None:
            both.wait(30)
            raise ValueError("full")

    begin(Trip)
    all_at_once(postman)
    postman.deliver_all()
    assert sorted(steps()) == ["flight done", "flight undo done", "hotel failed"]
    assert state() == "compensated"


def test_a_saga_that_two_start_is_started_by_one(postman: Postman) -> None:
    journey = Journey("flight")
    started: list[bool] = []
    with transaction.atomic():
        started.append(start_saga(journey.saga, key=KEY))
        join = elsewhere(lambda: started.append(begin(journey.saga)))
        wait_until_somebody_waits_for_a_lock()
    join()
    assert started == [True, False]
    assert steps() == ["flight due"]


def test_what_arrives_while_its_saga_is_started_is_not_lost(postman: Postman) -> None:
    journey = Journey("flight", waiting={"flight"})
    postman.emit(journey.Confirmed(trip=KEY))
    with transaction.atomic():
        start_saga(journey.saga, key=KEY)
        join = elsewhere(postman.deliver_all)
        wait_until_somebody_waits_for_a_lock()
    join()
    postman.deliver_all()
    assert journey.ran == ["flight confirmed by trip-1"]
    assert state() == "completed"


@pytest.mark.parametrize("comes_first", [True, False])
def test_what_arrives_while_its_step_is_reached_is_not_lost(postman: Postman, comes_first: bool) -> None:
    journey = Journey("flight", "hotel", waiting={"hotel"})
    begin(journey.saga)
    (reach,) = postman.collect()
    postman.emit(journey.Confirmed(trip=KEY))
    (arrival,) = postman.collect()
    first, second = (arrival, reach) if comes_first else (reach, arrival)
    with transaction.atomic():
        postman.deliver(first)
        join = elsewhere(partial(postman.deliver, second))
        wait_until_somebody_waits_for_a_lock()
    join()
    postman.deliver_all()
    assert journey.ran == ["flight", "hotel confirmed by trip-1"]
    assert state() == "completed"


@pytest.mark.parametrize("comes_first", [True, False])
def test_of_an_event_and_a_time_out_one_wins(postman: Postman, comes_first: bool) -> None:
    journey = Journey("flight", waiting={"flight"})
    begin(journey.saga)
    postman.emit(journey.Confirmed(trip=KEY))
    (arrival,) = postman.collect()
    acts = [partial(postman.deliver, arrival), partial(tend, timezone.now() + timedelta(seconds=61))]
    first, second = acts if comes_first else acts[::-1]
    with transaction.atomic():
        first()
        join = elsewhere(second)
        wait_until_somebody_waits_for_a_lock()
    join()
    postman.deliver_all()
    assert state() == ("completed" if comes_first else "compensated")
    assert journey.ran == (["flight confirmed by trip-1"] if comes_first else [])
    assert steps() == ["flight done" if comes_first else "flight timed_out"]


@pytest.mark.parametrize("comes_first", [True, False])
def test_cancelling_while_a_step_settles_undoes_it(postman: Postman, comes_first: bool) -> None:
    journey = Journey("flight", "hotel")
    begin(journey.saga)
    (flight,) = postman.collect()

    def cancel() -> None:
        with transaction.atomic():
            assert cancel_saga(journey.saga, key=KEY, reason="she stays at home")

    acts = [cancel, partial(postman.deliver, flight)]
    first, second = acts if comes_first else acts[::-1]
    with transaction.atomic():
        first()
        join = elsewhere(second)
        wait_until_somebody_waits_for_a_lock()
    join()
    postman.deliver_all()
    assert state() == "compensated"
    assert journey.ran == ["flight", "undo flight {'of': 'flight'}"]
