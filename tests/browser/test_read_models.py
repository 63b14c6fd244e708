"""Read models in a browser: how far they are, in each language, scheme and width, and a rebuild."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from events import catalogue
from events.models import Rebuild
from events.projections.driving import drive
from events.projections.rebuilding import cancel_rebuild
from tests.browser.conftest import Visit
from tests.events.meters import Meters, meters
from tests.events.rebuilds import NAME, start

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_catalogue() -> Iterator[None]:
    """Nothing is declared but the meters."""
    with catalogue.scratch(empty=True):
        yield


def test_the_pages_of_read_models_open_without_a_complaint(meters: Meters, operator: User, visit: Visit) -> None:
    meters.emit(5, 7)
    cancel_rebuild(start().pk, reason="operator: the wrong one of all the read models", now=timezone.now())
    running = start()
    visit.log_in(operator)
    for path in (
        "/admin/events/rebuild/",
        *(f"/admin/events/rebuild/{one.pk}/change/" for one in Rebuild.objects.all()),
    ):
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    visit.open("/admin/events/rebuild/")
    visit.page.locator("progress").wait_for()
    assert running.state == Rebuild.State.RUNNING


def test_a_read_model_is_rebuilt_from_its_page_which_follows_it_to_the_end(
    meters: Meters, operator: User, plain_visit: Visit, settings: Settings
) -> None:
    settings.EVENTS = {"transport": "inline", "relay_wake_url": ""}
    meters.emit(5, 7)
    page = plain_visit.page
    plain_visit.log_in(operator)
    plain_visit.open("/admin/events/rebuild/")
    page.locator("a[hx-get]", has_text="Rebuild a read model").locator("visible=true").click()
    page.select_option("#dialog select", NAME)
    page.fill("#dialog textarea", "the sums were wrong")
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text("the sums were wrong").wait_for()
    assert Rebuild.objects.get().state == Rebuild.State.RUNNING
    assert drive(timezone.now()) == 1
    page.locator("main, #main, body").get_by_text("finished", exact=True).first.wait_for()
    assert meters.live() == meters.straight()
