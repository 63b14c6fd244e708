"""Sagas in a browser: the diagram in each language, scheme and width, and what people do from it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from events import catalogue
from events.api import Reject
from events.models import Saga
from tests.browser.conftest import Visit
from tests.events.journeys import Journey, begin, state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journey(transactional_db: None) -> Iterator[Journey]:
    """One with parallel steps that could not be undone."""
    with catalogue.scratch(empty=True):
        after = {"car": ("flight",), "card": ("hotel", "car")}
        failing = {"card": Reject("no money"), "undo hotel": Reject("closed")}
        journey = Journey("flight", "hotel", "car", "card", "mail", after=after, failing=failing)
        begin(journey.saga, customer=7)
        yield journey


def test_the_pages_of_sagas_open_without_a_complaint(journey: Journey, operator: User, visit: Visit) -> None:
    Saga.objects.get().notes.create(author="operator", text="Asked the hotel.")
    visit.log_in(operator)
    for path in ("/admin/events/saga/", f"/admin/events/saga/{Saga.objects.get().pk}/change/"):
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_dead_step_is_retried_and_a_note_added_from_the_page(
    journey: Journey, operator: User, plain_visit: Visit
) -> None:
    page = plain_visit.page
    journey.failing.clear()
    plain_visit.log_in(operator)
    plain_visit.open(f"/admin/events/saga/{Saga.objects.get().pk}/change/")
    page.locator("a[hx-get]", has_text="Add a note").locator("visible=true").click()
    page.fill("#dialog textarea", "Asked the hotel.")
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text("Asked the hotel.").wait_for()
    page.locator("a[hx-get]", has_text="Retry").locator("visible=true").click()
    page.fill("#dialog textarea", "they are open again")
    page.locator("#dialog button[type=submit]").click()
    page.locator(".console-title").get_by_text("compensated").wait_for()
    assert state() == "compensated"
