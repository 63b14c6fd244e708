"""Sagas in the admin: what their pages show, and who may retry, compensate and annotate them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from events.api import Reject
from events.models import Saga, SagaNote
from tests.events.console import client_of
from tests.events.journeys import KEY, Journey, begin, state, steps

pytestmark = pytest.mark.django_db(transaction=True)
WATCHER = ("events.view_saga",)
OPERATOR = (*WATCHER, "events.retry_saga", "events.compensate_saga", "events.annotate_saga")
CONFIRMED = {"_form_submitted": "True", "reason": "it was <b>mended</b>", "text": "asked <b>them</b>"}
PERMISSIONS = {"retry": "events.retry_saga", "compensate": "events.compensate_saga", "annotate": "events.annotate_saga"}


@pytest.fixture
def failed() -> Journey:
    """One that could not be undone."""
    journey = Journey("flight", "hotel", "card", failing={"card": Reject("no <b>money</b>"), "undo hotel": Reject("x")})
    begin(journey.saga)
    return journey


def page() -> str:
    return reverse("admin:events_saga_change", args=[Saga.objects.get().pk])


def button(action: str) -> str:
    return reverse(f"admin:events_saga_{action}_it", args=[Saga.objects.get().pk])


def test_a_page_shows_steps_results_reasons_and_what_was_not_reached(failed: Journey) -> None:
    text = client_of(*WATCHER).get(page()).content.decode()
    assert "no &lt;b&gt;money&lt;/b&gt;" in text
    assert "<b>money" not in text
    for words in ("flight", "hotel", "card", "failed", "compensation"):
        assert words in text


def test_a_step_that_was_not_reached_is_shown_as_such() -> None:
    begin(Journey("flight", "hotel", waiting={"flight"}).saga)
    text = client_of(*WATCHER).get(page()).content.decode()
    assert "not reached" in text
    assert "waiting" in text


def test_a_step_that_is_still_tried_shows_what_went_wrong_so_far() -> None:
    begin(Journey("flight", failing={"flight": ConnectionError("no <b>answer</b>")}, max_retries=60).saga)
    text = client_of(*WATCHER).get(page()).content.decode()
    assert "failed attempt" in text
    assert "no &lt;b&gt;answer&lt;/b&gt;" in text


def test_sagas_are_found_by_state_name_and_key(failed: Journey) -> None:
    client, url = client_of(*WATCHER), reverse("admin:events_saga_changelist")
    for query, count in (("", 1), ("state=failed", 1), ("state=running", 0), ("name=journey", 1), (f"q={KEY}", 1)):
        assert len(client.get(f"{url}?{query}").context["cl"].result_list) == count
    assert not client.get(f"{url}?q=trip-2").context["cl"].result_list


def test_a_dead_compensation_is_retried_and_the_saga_goes_on(failed: Journey) -> None:
    failed.failing.clear()
    client_of(*OPERATOR).post(button("retry"), CONFIRMED)
    assert state() == "compensated"
    assert steps()[-2:] == ["hotel undo done", "flight undo done"]


def test_a_running_saga_is_given_up_with_a_reason_and_by_whom() -> None:
    begin(Journey("flight", "hotel", waiting={"hotel"}).saga)
    client_of(*OPERATOR).post(button("compensate"), CONFIRMED)
    assert state() == "compensated"
    saga = Saga.objects.get()
    assert saga.reason == "it was <b>mended</b>"
    note = saga.notes.get()
    assert (note.author.startswith("staff-"), note.text) == (True, saga.reason)


def test_a_note_is_kept_with_its_author_and_time(failed: Journey) -> None:
    client, before = client_of(*OPERATOR), timezone.now()
    client.post(button("annotate"), CONFIRMED)
    note = SagaNote.objects.get()
    assert (note.text, note.written_at > before) == ("asked <b>them</b>", True)
    assert note.author.startswith("staff-")
    assert "asked &lt;b&gt;them&lt;/b&gt;" in client.get(page()).content.decode()


@pytest.mark.parametrize("action", PERMISSIONS)
def test_a_get_changes_nothing_and_neither_does_who_may_not(action: str, failed: Journey) -> None:
    failed.failing.clear()
    others = [permission for name, permission in PERMISSIONS.items() if name != action]
    client_of(*OPERATOR).get(button(action))
    client_of(*WATCHER, *others).post(button(action), CONFIRMED)
    assert client_of(*OPERATOR, csrf=True).post(button(action), CONFIRMED).status_code == 403
    assert state() == "failed"
    assert not SagaNote.objects.exists()


def test_only_what_the_state_allows_is_offered(failed: Journey) -> None:
    offered = client_of(*OPERATOR).get(page()).content.decode()
    assert button("retry") in offered
    assert button("annotate") in offered
    assert button("compensate") not in offered
    failed.failing.clear()
    client_of(*OPERATOR).post(button("retry"), CONFIRMED)
    offered = client_of(*OPERATOR).get(page()).content.decode()
    assert button("retry") not in offered
