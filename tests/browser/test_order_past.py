"""The past of an order in a browser."""

import pytest
from django.contrib.auth.models import User

from events.api import acting_as
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, hold, note, release
from tests import simulated
from tests.browser.conftest import Visit
from tests.shop.builders import buy, make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(operator: User) -> Order:
    """Sent, after a hold and a note."""
    simulated.forget()
    order, by = buy(LineWish(make_product().sku, 3)), f"user:{operator.pk}"
    with acting_as(by):
        cancel(order, {1: 1}, by=by)
        hold(order.pk, reason="Suspected fraud: 50 points")
    note(order, "Rang twice", by=by)
    release(order.pk, by=by)
    return advance(order, "shipped", by="system:warehouse", carrier="Royal Mail", tracking_number="JD0123456789")


def test_the_past_of_an_order_is_read_in_any_language_colour_and_width(
    order: Order, operator: User, visit: Visit
) -> None:
    visit.log_in(operator)
    for path in ("change/", "history/", "history/?at=5", "history/?at=3&with=7"):
        visit.open(f"/admin/orders/order/{order.pk}/{path}")
        visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_point_is_chosen_without_a_script(order: Order, operator: User, plain_visit: Visit) -> None:
    page = plain_visit.page
    plain_visit.log_in(operator)
    plain_visit.open(f"/admin/orders/order/{order.pk}/change/")
    page.get_by_role("link", name="point 5").click()
    page.get_by_role("heading", name="The order at point 5 of 9").wait_for()
    assert page.locator("tr.changed", has_text="tracking number").locator("mark").inner_text() == "JD0123456789"
    page.get_by_role("link", name="One event earlier").click()
    page.get_by_role("heading", name="The order at point 4 of 9").wait_for()
    page.get_by_label("and compare it with").select_option("5")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**at=4&with=5")
    labels = page.locator("tr.changed th").all_inner_texts()
    assert labels == ["held since", "why it is held"]
