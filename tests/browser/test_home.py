"""The home page in a browser."""

import pytest
from playwright.sync_api import expect

from events import catalogue
from tests.browser.conftest import Visit
from tests.events.console import declare_parcels, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/", "/docs/", "/api/docs/", "/api/redoc/"])
def test_a_page_needs_no_other_host_and_fits_the_screen(visit: Visit, path: str) -> None:
    visit.open(path)
    visit.page.wait_for_load_state("networkidle") if path != "/" else None
    if path in {"/", "/docs/"}:
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_figures_refresh_by_themselves(plain_visit: Visit) -> None:
    with catalogue.scratch(empty=True):
        plain_visit.open("/")
        events = plain_visit.page.locator("[data-figure=events]")
        assert events.inner_text() == "0"
        parcel = declare_parcels({"says": "no"})
        send([parcel(parcel_id=number) for number in (1, 2, 3)])
        expect(events).to_have_text("3", timeout=8000)
        assert plain_visit.page.locator("[data-figure=dead_open]").inner_text() == "3"


def test_figures_pause_while_nobody_looks(plain_visit: Visit) -> None:
    plain_visit.open("/")
    asked: list[str] = []
    plain_visit.page.on("request", lambda one: one.url.endswith("/figures/") and asked.append(one.url))
    plain_visit.page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    plain_visit.page.wait_for_timeout(4500)
    assert asked == []
    plain_visit.page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    plain_visit.page.wait_for_timeout(500)
    assert len(asked) == 1


def test_a_silent_server_is_said_to_be_silent(plain_visit: Visit) -> None:
    plain_visit.open("/")
    plain_visit.page.route("**/figures/", lambda route: route.abort())
    plain_visit.page.wait_for_selector("#figures.stale", timeout=8000)
    assert "No answer from the server" in plain_visit.page.locator(".state").inner_text()
    plain_visit.complaints.clear()  # the aborted requests are what this test is about
    plain_visit.page.unroute("**/figures/")
    plain_visit.page.wait_for_selector("#figures:not(.stale)", timeout=8000)
    plain_visit.complaints.clear()


def test_a_visit_complains_of_a_request_that_fails(plain_visit: Visit) -> None:
    plain_visit.open("/docs/")
    plain_visit.page.route("**/lost.png", lambda route: route.abort("connectionrefused"))
    plain_visit.page.evaluate("fetch('/lost.png').catch(() => null)")
    plain_visit.page.wait_for_timeout(300)
    assert any(one.startswith("failed: ") and "lost.png" in one for one in plain_visit.complaints)
    plain_visit.complaints.clear()


def test_the_language_switch_turns_the_page_around(plain_visit: Visit) -> None:
    plain_visit.open("/")
    plain_visit.page.click("button[value=ar]")
    plain_visit.page.wait_for_selector("html[dir=rtl]")
    plain_visit.page.click("button[value=en]")
    plain_visit.page.wait_for_selector("html[dir=ltr]")


def test_the_home_page_works_without_scripts(browser, live_server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url)
    assert page.locator("[data-figure=events]").inner_text() == "0"
    page.click("button[value=ar]")
    assert page.locator("html").get_attribute("dir") == "rtl"
    context.close()
