"""`manage.py sagas`: what runs, how it went, and giving one up."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from events import catalogue
from events.api import Reject, Saga, SagaRun, step
from events.doctor.sagas import sagas as examine
from events.models import SagaNote
from events.sagas.checking import check_sagas
from tests.events.journeys import KEY, Journey, begin, state
from tests.events.terminal import Ended

pytestmark = pytest.mark.django_db(transaction=True)


def sagas(*arguments: str) -> Ended:
    """Run it to its end."""
    out, err = StringIO(), StringIO()
    try:
        call_command("sagas", *arguments, stdout=out, stderr=err)
        code = 0
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    except SystemExit as error:
        code = int(error.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


def test_sagas_are_listed_by_state_and_name() -> None:
    begin(Journey("flight", "hotel", waiting={"hotel"}).saga)
    listed = sagas("list")
    assert listed.code == 0
    assert "trip-1  running" in listed.out
    assert [one["key"] for one in sagas("list", "--open", "--name", "journey", "--json").json["sagas"]] == [KEY]
    assert sagas("list", "--state", "failed").code == 3


def test_a_failed_saga_is_a_warning_and_shown_with_its_reasons() -> None:
    begin(Journey("flight", "card", failing={"card": Reject("no money"), "undo flight": Reject("closed")}).saga)
    shown = sagas("show", KEY)
    assert shown.code == 1
    assert "no money" in shown.out
    assert "closed" in shown.out
    (document,) = sagas("show", KEY, "--json").json["sagas"]
    assert [(one["step"], one["direction"], one["state"]) for one in document["steps"]] == [
        ("flight", "action", "done"),
        ("card", "action", "failed"),
        ("flight", "compensation", "failed"),
    ]


def test_compensating_says_what_it_would_do_and_does_it_when_told() -> None:
    journey = Journey("flight", "hotel", waiting={"hotel"})
    begin(journey.saga)
    pretended = sagas("compensate", KEY)
    assert pretended.code == 0
    assert "to undo first: flight" in pretended.out
    assert state() == "running"
    assert sagas("compensate", KEY, "--yes").code == 2  # it needs a reason
    assert sagas("compensate", KEY, "--yes", "--reason", "she stays").code == 0
    assert state() == "compensated"
    assert journey.ran[-1].startswith("undo flight")
    assert SagaNote.objects.get().text == "she stays"
    assert sagas("compensate", KEY, "--yes", "--reason", "again").code == 3


def test_retrying_says_what_it_would_do_and_has_the_saga_go_on_when_told() -> None:
    journey = Journey("flight", "card", failing={"card": Reject("no"), "undo flight": Reject("closed")})
    begin(journey.saga)
    journey.failing.clear()
    assert sagas("retry", KEY).out.strip() == "Would run again: sagas.journey.flight.undo"
    assert sagas("retry", KEY, "--yes").code == 2  # it needs a reason
    assert state() == "failed"
    assert sagas("retry", KEY, "--yes", "--reason", "they are open", "--json").json["dry_run"] is False
    assert state() == "compensated"
    assert sagas("retry", KEY, "--yes", "--reason", "again").code == 3


def test_a_key_without_a_saga_is_nothing() -> None:
    unknown = sagas("show", "trip-9")
    assert unknown.code == 3
    assert "trip-9" in unknown.err


def test_the_doctor_finds_steps_that_this_code_does_not_have() -> None:
    begin(Journey("flight", waiting={"flight"}).saga)
    assert [finding.level for finding in examine()] == [0]
    with catalogue.scratch(empty=True):
        (finding,) = examine()
    assert "sagas.journey.flight, which this code does not have" in finding.says


def test_the_doctor_finds_sagas_that_could_not_be_undone() -> None:
    begin(Journey("flight", "card", failing={"card": Reject("no"), "undo flight": Reject("closed")}).saga)
    (finding,) = examine()
    assert finding.says.startswith("1 sagas could not be undone")


def test_contradictions_in_a_saga_are_reported() -> None:
    journey = Journey("one")

    class Wrong(Saga, name="Wrong one"):
        @step(after=("secnd",))
        def first(run: SagaRun) -> None: ...

        @step(after=("third",))
        def second(run: SagaRun) -> None: ...

        @step(after=("second",), waits_for=journey.Confirmed, by="trip")
        def third(run: SagaRun) -> None: ...

        @step(timeout_seconds=5)
        def fourth(run: SagaRun) -> None: ...

    found = {problem.id: problem.msg for problem in check_sagas()}
    assert sorted(found) == [f"events.E04{number}" for number in range(6)]
    assert "did you mean 'second'" in found["events.E041"]
    assert "second, third, fourth" in found["events.E042"]
