"""The event catalogue in a browser."""

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/docs/events/", "/docs/events/order.placed/", "/docs/events/sales.day_ended/"])
def test_a_page_needs_no_other_host_and_fits_the_screen(visit: Visit, path: str) -> None:
    visit.open(path)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_event_is_found_by_following_links(plain_visit: Visit) -> None:
    plain_visit.open("/")
    plain_visit.page.locator("header").get_by_role("link", name="Events").click()
    plain_visit.page.get_by_role("link", name="order.placed", exact=True).click()
    assert plain_visit.page.locator("h1 bdi").inner_text() == "order.placed"
    assert "receipts.send_receipt" in plain_visit.page.locator("#subscribers + ul").inner_text()
