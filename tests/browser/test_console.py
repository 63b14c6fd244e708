"""The platform's part of the admin in a browser."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from events import catalogue
from events.models import Attempt, Delivery, Event
from events.replay import Selection, create_replay
from events.subscriptions import enroll
from tests.browser.conftest import Visit
from tests.events.console import declare_parcels, letters, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fate(transactional_db: None) -> Iterator[dict[str, str]]:
    """Three parcels, each rejected by the troubled subscriber."""
    with catalogue.scratch(empty=True):
        fate = {"says": "no"}
        parcel = declare_parcels(fate)
        send([parcel(parcel_id=number) for number in (1, 2, 3)])
        yield fate


def test_every_page_of_the_console_opens_without_a_complaint(
    fate: dict[str, str], operator: User, visit: Visit
) -> None:
    words = {"name": "once more", "reason": "the shelf was mended", "owner": "operator"}
    replayed = create_replay(Selection(payload={"parcel_id": 3}), **words, now=timezone.now())
    enroll()
    visit.log_in(operator)
    for path in (
        "/admin/events/event/",
        f"/admin/events/event/{Event.objects.first().pk}/change/",
        "/admin/events/delivery/?outcome=dead",
        f"/admin/events/delivery/{Delivery.objects.filter(outcome='done').first().pk}/change/",
        "/admin/events/flowcount/?period=week",
        "/admin/events/deadletter/",
        f"/admin/events/deadletter/{letters()[0].pk}/change/",
        f"/admin/events/attempt/{Attempt.objects.first().pk}/change/",
        "/admin/events/outboxentry/",
        "/admin/events/replay/",
        f"/admin/events/replay/{replayed.pk}/change/",
        "/admin/events/replayitem/",
        "/admin/events/subscription/",
        "/admin/events/subscription/parcels.trouble/change/",
        "/admin/django_celery_results/taskresult/",
    ):
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_dead_letter_is_replayed_from_its_page(fate: dict[str, str], operator: User, plain_visit: Visit) -> None:
    fate["says"] = "yes"
    letter, page = letters()[0], plain_visit.page
    plain_visit.log_in(operator)
    plain_visit.open(f"/admin/events/deadletter/{letter.pk}/change/")
    page.locator("a[hx-get]", has_text="Replay").locator("visible=true").click()
    page.get_by_text("Run this delivery again?").wait_for()
    page.locator("#dialog button", has_text="Replay").click()
    page.locator("#dialog-form .errors").wait_for()
    assert not Delivery.objects.filter(run=1).exists()
    page.fill("#dialog textarea", "the shelf was mended")
    page.locator("#dialog button", has_text="Replay").click()
    page.get_by_text("1 delivery will run again.").wait_for()
    page.get_by_text("run 1: done").wait_for()
    assert Delivery.objects.get(event=letter.event, run=1).outcome == "done"


def test_a_dead_letter_is_replayed_from_its_row(fate: dict[str, str], operator: User, plain_visit: Visit) -> None:
    fate["says"] = "yes"
    page = plain_visit.page
    plain_visit.log_in(operator)
    plain_visit.open("/admin/events/deadletter/")
    page.locator(".field-actions_holder .material-symbols-outlined").first.click()
    page.locator("nav a[hx-get]", has_text="Replay").locator("visible=true").click()
    page.fill("#dialog textarea", "the shelf was mended")
    page.locator("#dialog button", has_text="Replay").click()
    page.get_by_text("1 delivery will run again.").wait_for()
    assert Delivery.objects.filter(run=1, outcome="done").count() == 1


def test_ticked_dead_letters_are_replayed_together(fate: dict[str, str], operator: User, plain_visit: Visit) -> None:
    fate["says"] = "yes"
    page = plain_visit.page
    plain_visit.log_in(operator)
    plain_visit.open("/admin/events/deadletter/")
    for box in page.locator("input.action-select").all()[:2]:
        box.check()
    page.select_option("select[name=action]", "replay_selected")
    page.locator("button[name=index]").click()
    page.fill(".console-question textarea", "the shelf was mended")
    page.locator(".console-question button", has_text="Replay").click()
    page.get_by_text("2 deliveries will run again.").wait_for()
    assert Delivery.objects.filter(run=1, outcome="done").count() == 2


def test_a_replay_is_paused_and_cancelled_from_its_page(
    fate: dict[str, str], operator: User, plain_visit: Visit
) -> None:
    page, words = plain_visit.page, {"name": "slowly", "reason": "to see", "owner": "operator"}
    replay = create_replay(Selection(), **words, now=timezone.now(), rate_per_second=0.001)
    plain_visit.log_in(operator)
    plain_visit.open(f"/admin/events/replay/{replay.pk}/change/")
    for button, words_then in (("Pause", "paused"), ("Cancel replay", "cancelled")):
        page.locator("a[hx-get]", has_text=button).locator("visible=true").click()
        page.fill("#dialog textarea", f"{button} for a reason")
        page.locator("#dialog button[type=submit]").click()
        page.get_by_text(f"{button} for a reason").wait_for()
        assert page.locator(".console-title").get_by_text(words_then).is_visible()


def test_a_subscriber_is_paused_and_resumed_on_its_page(
    fate: dict[str, str], operator: User, plain_visit: Visit
) -> None:
    enroll()
    page = plain_visit.page
    plain_visit.log_in(operator)
    plain_visit.open("/admin/events/subscription/")
    page.get_by_text("parcels.trouble").click()
    page.locator("a[hx-get]", has_text="Pause").locator("visible=true").click()
    page.fill("#dialog textarea", "repairs")
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text("repairs").wait_for()
    page.locator("a[hx-get]", has_text="Resume").locator("visible=true").click()
    page.locator("#dialog button[type=submit]").click()
    page.get_by_text("parcels.trouble goes on.").wait_for()
    assert not page.get_by_text("repairs").is_visible()
