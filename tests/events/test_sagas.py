"""Sagas take their steps in order, record what these return, and turn round when one cannot be done."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from events import catalogue
from events.api import (
    Context,
    Event,
    Reject,
    Saga,
    SagaRun,
    Snooze,
    cancel_saga,
    emit,
    sagas_of,
    start_saga,
    step,
    subscriber,
)
from events.errors import ResultNotStorable, SagaOutsideTransaction, UnknownEvent
from events.models import Delivery, OutboxEntry
from events.models import Event as LoggedRow
from events.models import Saga as SagaRow
from events.relay import drain, publish_due
from events.replay import Selection, create_replay, discard
from events.sagas.announced import SagaCompensated, SagaCompleted, SagaFailed, SagaStepCompleted
from events.sagas.tending import take_up_discarded, tend
from tests.events.journeys import KEY, Journey, begin, names, state, steps

pytestmark = pytest.mark.django_db(transaction=True)


def test_steps_run_in_the_order_of_the_class_and_get_what_the_earlier_ones_returned() -> None:
    seen: list[Any] = []

    class Trip(Saga, name="trip"):
        @step()
        def flight(run: SagaRun) -> dict[str, Any]:
            seen.append(("flight", run.data, run.results))
            return {"seat": "12A"}

        @step(effects="external")
        def hotel(run: SagaRun) -> None:
            seen.append(("hotel", run.results, run.idempotency_key))

    begin(Trip, to="Kairo")
    assert seen == [
        ("flight", {"to": "Kairo"}, {}),
        ("hotel", {"flight": {"seat": "12A"}}, "saga:trip:trip-1:hotel:action"),
    ]
    assert state() == "completed"
    assert steps() == ["flight done", "hotel done"]
    assert [one.recorded for one in sagas_of(KEY)[0].steps] == [{"seat": "12A"}, None]


def test_a_saga_is_started_once_for_a_key_however_it_ended() -> None:
    journey = Journey("flight", "hotel")
    assert begin(journey.saga)
    assert not begin(journey.saga)
    assert SagaRow.objects.count() == 1
    assert journey.ran == ["flight", "hotel"]


def test_a_final_failure_undoes_what_was_done_in_reverse_order_with_what_it_recorded() -> None:
    journey = Journey("flight", "hotel", "card", failing={"card": Reject("no money")})
    begin(journey.saga)
    assert state() == "compensated"
    assert journey.ran == ["flight", "hotel", "undo hotel {'of': 'hotel'}", "undo flight {'of': 'flight'}"]
    assert steps() == ["flight done", "hotel done", "card failed", "hotel undo done", "flight undo done"]
    assert "no money" in sagas_of(KEY)[0].reason
    assert Delivery.objects.get(outcome="dead").subscriber == "sagas.journey.card"


@pytest.mark.parametrize("effects", ["database", "external"])
def test_a_step_is_retried_before_anything_is_undone(effects: str) -> None:
    tries: list[int] = []

    class Trip(Saga, name="trip"):
        @step(effects=effects, max_retries=2)  # type: ignore[arg-type]
        def flight(run: SagaRun) -> None:
            tries.append(run.context.attempt)
            if len(tries) < 3:
                raise ConnectionError("not yet")

    begin(Trip)
    for _ in range(2):
        OutboxEntry.objects.update(available_at=timezone.now() - timedelta(seconds=1))
        drain()
    assert tries == [1, 2, 3]
    assert state() == "completed"


def test_a_step_without_compensation_is_left_as_it_is() -> None:
    journey = Journey("flight", "mail", "card", failing={"card": Reject("no")}, lasting={"mail"})
    begin(journey.saga)
    assert journey.ran == ["flight", "mail", "undo flight {'of': 'flight'}"]


def test_parallel_steps_begin_together_and_the_step_after_them_once() -> None:
    after = {"hotel": (), "car": (), "card": ("flight", "hotel", "car")}
    journey = Journey("flight", "hotel", "car", "card", after=after)
    begin(journey.saga)
    assert sorted(journey.ran[:3]) == ["car", "flight", "hotel"]
    assert journey.ran[3:] == ["card"]
    assert state() == "completed"


def test_parallel_branches_are_undone_in_the_reverse_order_of_their_ends() -> None:
    after = {"hotel": (), "card": ("flight", "hotel")}
    journey = Journey("flight", "hotel", "card", after=after, failing={"card": Reject("no")})
    begin(journey.saga)
    done = [one for one in journey.ran if "undo" not in one]
    undone = [one.split()[1] for one in journey.ran if "undo" in one]
    assert undone == done[::-1]
    assert state() == "compensated"


def test_a_compensation_that_dies_stays_a_dead_letter_and_its_replay_goes_on() -> None:
    journey = Journey("flight", "hotel", "card", failing={"card": Reject("no"), "undo hotel": Reject("still booked")})
    begin(journey.saga)
    assert state() == "failed"
    assert journey.ran == ["flight", "hotel"]
    assert names("saga.")[-1] == "saga.failed"
    failed = LoggedRow.objects.get(name="saga.failed")
    assert failed.payload == {"saga": "journey", "key": KEY, "step": "hotel"}  # what went wrong may name people
    del journey.failing["undo hotel"]
    selection = Selection(subscriber="sagas.journey.hotel.undo")
    create_replay(selection, name="again", reason="the hotel answers", owner="tests", now=timezone.now())
    drain()
    assert state() == "compensated"
    assert journey.ran[2:] == ["undo hotel {'of': 'hotel'}", "undo flight {'of': 'flight'}"]


def test_a_compensation_that_is_discarded_is_taken_for_done_by_hand() -> None:
    journey = Journey("flight", "hotel", "card", failing={"card": Reject("no"), "undo hotel": Reject("closed")})
    begin(journey.saga)
    discard(Selection(subscriber="sagas.journey.hotel.undo"), reason="by phone", owner="tests", now=timezone.now())
    assert take_up_discarded(timezone.now()) == 1
    assert state() == "compensated"
    assert steps()[-2:] == ["hotel undo ended", "flight undo done"]


def test_the_replay_of_a_dead_action_is_refused_once_its_saga_compensates() -> None:
    journey = Journey("flight", "card", failing={"card": Reject("no")})
    begin(journey.saga)
    journey.failing.clear()
    create_replay(
        Selection(subscriber="sagas.journey.card"), name="again", reason="?", owner="tests", now=timezone.now()
    )
    drain()
    assert "card" not in journey.ran
    assert state() == "compensated"
    assert Delivery.objects.get(subscriber="sagas.journey.card", run=1).outcome == "dead"


def test_the_replay_of_a_dead_action_is_refused_while_its_saga_could_not_be_undone() -> None:
    journey = Journey("flight", "card", failing={"card": Reject("no"), "undo flight": Reject("closed")})
    begin(journey.saga)
    assert state() == "failed"
    del journey.failing["card"]
    create_replay(Selection(outcomes=("dead",)), name="all", reason="?", owner="tests", now=timezone.now())
    drain()
    assert journey.ran == ["flight"]
    assert steps() == ["flight done", "card failed", "flight undo failed"]


def test_an_action_that_no_code_knew_and_that_is_discarded_turns_its_saga_round() -> None:
    begin(Journey("flight", failing={"flight": Snooze(60, "not yet")}).saga)
    OutboxEntry.objects.update(available_at=timezone.now() - timedelta(seconds=1))
    with catalogue.scratch(empty=True):
        publish_due()
    assert Delivery.objects.get().outcome == "dead"
    assert steps() == ["flight due"]
    discard(Selection(subscriber="sagas.journey.flight"), reason="gone", owner="tests", now=timezone.now())
    assert take_up_discarded(timezone.now()) == 1
    assert state() == "compensated"
    assert steps() == ["flight failed"]
    assert take_up_discarded(timezone.now()) == 0


def test_dead_actions_are_not_replayed_automatically_and_dead_compensations_are() -> None:
    down = ConnectionError("down")
    journey = Journey("flight", "card", failing={"card": down, "undo flight": down})
    begin(journey.saga)
    assert dict(Delivery.objects.filter(outcome="dead").values_list("subscriber", "transient")) == {
        "sagas.journey.card": False,
        "sagas.journey.flight.undo": True,
    }


@pytest.mark.parametrize(
    ("error", "effects", "expected"),
    [
        (TimeoutError("?"), "external", ["card unknown", "card undo done"]),
        (Reject("no money"), "external", ["card failed"]),
        (UnknownEvent(name="?", version=1, hint=""), "external", ["card unknown", "card undo done"]),
        (TimeoutError("?"), "database", ["card failed"]),
    ],
)
def test_an_effect_outside_that_may_have_happened_is_undone_by_a_compensation_that_covers_it(
    error: Exception, effects: str, expected: list[str]
) -> None:
    keys: list[Any] = []

    class Trip(Saga, name="trip"):
        @step(effects=effects, max_retries=0)  # type: ignore[arg-type]
        def card(run: SagaRun) -> None:
            keys.append(run.idempotency_key)
            raise error

        @card.compensation(covers_unknown=True)
        def refund(run: SagaRun) -> None:
            keys.append((run.action_key, run.recorded))

    begin(Trip)
    assert steps() == expected
    assert state() == "compensated"
    if "card undo done" in expected:
        assert keys == ["saga:trip:trip-1:card:action", ("saga:trip:trip-1:card:action", None)]


def test_cancelling_a_running_saga_compensates_it() -> None:
    journey = Journey("flight", "hotel", waiting={"hotel"})
    begin(journey.saga)
    assert steps() == ["flight done", "hotel waiting"]
    with transaction.atomic():
        assert cancel_saga(journey.saga, key=KEY, reason="she stays at home")
    assert state() == "compensated"
    assert steps() == ["flight done", "hotel ended", "flight undo done"]
    assert sagas_of(KEY)[0].reason == "she stays at home"
    with transaction.atomic():
        assert not cancel_saga(journey.saga, key=KEY, reason="again")


def test_a_step_that_is_out_settles_before_its_saga_is_undone() -> None:
    class Trip(Saga, name="trip"):
        @step(effects="external")
        def flight(run: SagaRun) -> dict[str, Any]:
            with transaction.atomic():
                assert cancel_saga(Trip, key=run.key, reason="meanwhile")
            assert steps() == ["flight due"]
            return {"seat": "12A"}

        @flight.compensation()
        def give_back(run: SagaRun) -> None:
            assert run.recorded == {"seat": "12A"}
            assert run.reason == "meanwhile"

        @step()
        def hotel(run: SagaRun) -> None:
            raise AssertionError("never reached")

    begin(Trip)
    assert state() == "compensated"
    assert steps() == ["flight done", "flight undo done"]


def test_a_database_step_that_has_not_begun_does_not_begin_when_the_saga_was_cancelled() -> None:
    journey = Journey("flight")
    with transaction.atomic():
        start_saga(journey.saga, key=KEY)
        cancel_saga(journey.saga, key=KEY, reason="at once")
    assert journey.ran == []
    assert steps() == ["flight ended"]
    assert state() == "compensated"


def test_a_step_waits_for_its_event_and_no_other_and_gets_it() -> None:
    journey = Journey("flight", "hotel", waiting={"hotel"})
    begin(journey.saga)
    journey.confirm("trip-2")
    assert steps() == ["flight done", "hotel waiting"]
    journey.confirm(KEY)
    assert journey.ran == ["flight", "hotel confirmed by trip-1"]
    assert state() == "completed"


@pytest.mark.parametrize("is_first", [True, False])
def test_an_event_that_came_before_the_step_was_reached_counts(is_first: bool) -> None:
    journey = Journey("flight", "hotel", waiting={"flight" if is_first else "hotel"})
    journey.confirm(KEY)
    begin(journey.saga)
    assert state() == "completed"
    assert f"{'flight' if is_first else 'hotel'} confirmed by trip-1" in journey.ran


def test_an_event_that_does_not_fit_is_not_what_a_step_waits_for() -> None:
    journey = Journey("flight", waiting={"flight"}, where=lambda event: event.is_final)
    begin(journey.saga)
    journey.confirm(KEY, is_final=False)
    assert state() == "running"
    journey.confirm(KEY)
    assert state() == "completed"


def test_a_step_that_waits_in_vain_compensates_and_what_comes_later_changes_nothing() -> None:
    journey = Journey("flight", "hotel", waiting={"hotel"})
    begin(journey.saga)
    assert tend(timezone.now()) == 0
    assert tend(timezone.now() + timedelta(seconds=61)) == 1
    assert state() == "compensated"
    assert steps() == ["flight done", "hotel timed_out", "flight undo done"]
    assert sagas_of(KEY)[0].reason == "StepTimedOut: hotel waited in vain for 60 s"
    journey.confirm(KEY)
    assert state() == "compensated"
    assert tend(timezone.now() + timedelta(seconds=61)) == 0


def test_an_event_in_time_beats_the_time_out() -> None:
    journey = Journey("flight", "hotel", waiting={"hotel"})
    begin(journey.saga)
    journey.confirm(KEY)
    assert tend(timezone.now() + timedelta(seconds=61)) == 0
    assert state() == "completed"


def test_what_happens_to_a_saga_is_told_in_events_of_one_stream_and_one_correlation() -> None:
    told: list[tuple[str, str]] = []
    for event_type in (SagaStepCompleted, SagaCompleted, SagaCompensated, SagaFailed):
        catalogue.add_event_type(event_type)

    @subscriber(SagaStepCompleted, SagaCompleted, SagaCompensated, name="diary.write")
    def write(event: Event, context: Context) -> None:
        told.append((context.name, getattr(event, "step", "")))

    journey = Journey("flight", "card", failing={"card": Reject("no")})
    begin(journey.saga)
    assert told == [("saga.step.completed", "flight"), ("saga.step.completed", "flight"), ("saga.compensated", "")]
    assert set(LoggedRow.objects.values_list("stream", flat=True)) == {"saga-journey-trip-1"}
    assert LoggedRow.objects.values("correlation_id").distinct().count() == 1


def test_a_saga_belongs_to_what_started_it() -> None:
    journey = Journey("flight", waiting={"flight"})

    @subscriber(journey.Confirmed, name="desk.begin")
    def start(event: Event, context: Context) -> None:
        start_saga(journey.saga, key="trip-7")

    with transaction.atomic():
        confirmed = emit(journey.Confirmed(trip="trip-9"))
    assert SagaRow.objects.get().correlation_id == confirmed.correlation_id


def test_a_saga_is_started_and_cancelled_in_a_transaction_only() -> None:
    journey = Journey("flight")
    with pytest.raises(SagaOutsideTransaction):
        start_saga(journey.saga, key=KEY)
    with pytest.raises(SagaOutsideTransaction):
        cancel_saga(journey.saga, key=KEY, reason="?")


@pytest.mark.parametrize("value", [object(), float("nan"), "\0"])
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    with transaction.atomic(), pytest.raises(ResultNotStorable):
        start_saga(Journey("flight").saga, key=KEY, data={"value": value})


def test_a_step_whose_result_cannot_be_stored_compensates() -> None:
    class Trip(Saga, name="trip"):
        @step(effects="external")
        def flight(run: SagaRun) -> dict[str, Any]:
            return {"seat": object()}

    begin(Trip)
    assert state() == "compensated"
    assert steps() == ["flight unknown"]
    assert "ResultNotStorable" in sagas_of(KEY)[0].reason


def test_a_saga_that_is_given_up_by_the_transaction_that_started_it_never_was() -> None:
    journey = Journey("flight")
    with transaction.atomic():
        start_saga(journey.saga, key=KEY)
        transaction.set_rollback(True)
    assert not sagas_of(KEY)
    assert journey.ran == []
