"""What happens because an order was placed, paid or cancelled; and that it happens once."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone
from django.utils.translation import override
from djmoney.money import Money

from events.api import acting_as
from events.models import Event
from events.testing import Rehearsal
from shop.analytics.models import DailySales
from shop.audit.models import AuditEntry
from shop.loyalty.models import PointsEntry
from shop.loyalty.queries import balance_of
from shop.notices.models import LowStockNotice
from shop.orders.events import OrderPaid, OrderPlaced
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, cancel, check_out
from shop.payments.provider import Card
from shop.stock.models import StockItem
from tasks.receipts import receipt
from tests.shop.builders import GOOD_CARD, buy, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_checkout_has_all_its_effects_once_however_often_it_is_delivered(events: Rehearsal) -> None:
    product = make_product(price="19.99", available=6)
    order = buy(LineWish(product.sku, 3))
    for _ in range(3):
        events.deliver_twice()
    assert [message.to for message in mail.outbox] == [[order.customer.email]]
    assert balance_of(order.customer_id) == 59
    sales = DailySales.objects.get()
    assert (sales.order_count, sales.unit_count, sales.gross) == (1, 3, Decimal("59.97"))
    assert LowStockNotice.objects.get().available == 3
    assert AuditEntry.objects.count() == len(events.emitted) == 5
    events.assert_done("audit.record_entry")


def test_points_come_once_although_awarding_them_failed_at_the_last_moment(events: Rehearsal) -> None:
    order = buy(LineWish(make_product(price="19.99").sku, 1))
    events.assert_emitted(OrderPaid, order_id=order.pk)
    events.fail("loyalty.award_points", times=2, after=True)
    events.deliver_twice("loyalty.award_points")
    events.assert_done("loyalty.award_points", OrderPaid, order_id=order.pk)
    assert [entry.points for entry in PointsEntry.objects.all()] == [19]


def test_a_receipt_that_was_never_sent_is_a_dead_letter_and_is_sent_by_a_replay(events: Rehearsal) -> None:
    order = buy(LineWish(make_product().sku, 1))
    events.fail("receipts.send_receipt", times=100, error=ConnectionRefusedError("no mail server"))
    events.deliver()
    events.assert_dead("receipts.send_receipt", OrderPlaced, error="no mail server", order_id=order.pk)
    assert mail.outbox == []
    events.fail("receipts.send_receipt", times=0)
    events.replay("receipts.send_receipt")
    assert [message.to for message in mail.outbox] == [[order.customer.email]]


def test_points_end_at_what_was_kept_however_an_order_is_cancelled() -> None:
    product = make_product(price="0.60", available=10)
    order = buy(LineWish(product.sku, 5))
    assert balance_of(order.customer_id) == 3
    for expected in (2, 1, 1, 0):
        cancel(order, {1: 1}, by="test")
        assert balance_of(order.customer_id) == expected
    cancel(order, by="test")
    assert balance_of(order.customer_id) == 0
    assert [entry.points for entry in PointsEntry.objects.order_by("id")] == [3, -1, -1, 0, -1, 0]


def test_a_cancellation_is_counted_beside_the_sales() -> None:
    product = make_product(price="10.00")
    order = buy(LineWish(product.sku, 4))
    cancel(order, {1: 3}, by="test")
    sales = DailySales.objects.get()
    assert (sales.gross, sales.cancelled, sales.cancelled_unit_count) == (Decimal(40), Decimal(30), 3)


def test_a_product_that_runs_low_is_noted_once_a_day() -> None:
    product = make_product(available=10)
    buy(LineWish(product.sku, 4))
    assert not LowStockNotice.objects.exists()
    buy(LineWish(product.sku, 1))
    buy(LineWish(product.sku, 1))
    assert LowStockNotice.objects.get().available == StockItem.objects.get().low_at == 5


def test_the_audit_trail_says_who_did_what() -> None:
    user = User.objects.create_user("someone")
    with acting_as(f"user:{user.pk}"):
        product = make_product(sku="CHAIR-1")
    entry = AuditEntry.objects.get(name="product.created")
    assert (entry.name, entry.stream, entry.actor) == ("product.created", f"product-{product.pk}", f"user:{user.pk}")
    assert entry.summary == f"product_id {product.pk}, sku CHAIR-1"


def buy_in(language: str) -> Order:
    product = make_product(price="1234.50", en="Ash <Chair>", ar="كرسي <خشبي>")
    buyer = Buyer("someone@example.com", "سارة & Co", language)
    return check_out(buyer, [LineWish(product.sku, 2)], Card(GOOD_CARD), now=timezone.now())


def test_a_receipt_says_what_was_bought_in_the_customers_language() -> None:
    order = buy_in("en")
    (message,) = mail.outbox
    assert message.subject == f"Your order {order.number}"
    assert "2 × Ash <Chair>: £2,469.00" in message.body
    html = message.alternatives[0].content
    assert 'lang="en" dir="ltr"' in html
    assert "Ash &lt;Chair&gt;" in html
    assert "سارة &amp; Co" in html


def test_an_arabic_receipt_is_arabic_and_runs_from_right_to_left() -> None:
    buy_in("ar")
    (message,) = mail.outbox
    assert "كرسي <خشبي>" in message.body
    assert 'lang="ar" dir="rtl"' in message.alternatives[0].content
    assert "طلبك" in message.subject


@pytest.mark.parametrize(
    ("language", "place", "country"), [("en", "Delivery address", "United Kingdom"), ("ar", "", "")]
)
def test_a_receipt_says_how_the_total_came_about_and_where_it_goes(language: str, place: str, country: str) -> None:
    order = buy_in(language)
    address = {"name": "Ann <Lee>", "line1": "1 High Street", "city": "York", "postal_code": "YO1 7AA", "country": "GB"}
    amounts = {"subtotal": "2469.00", "discount": "246.90", "tax": "444.42", "shipping_fee": "4.99", "total": "2671.51"}
    order.coupon_code, order.shipping_address, order.billing_address = "TEN", address, {**address, "name": "Bob"}
    for field, amount in amounts.items():
        setattr(order, field, Money(amount, "GBP"))
    with override(language):
        message = receipt(order, language, "key")
    html = message.alternatives[0].content
    lines = message.body.splitlines()
    assert len({"Ann <Lee>", "Bob", "1 High Street", "YO1 7AA York"} & set(lines)) == 4
    assert "<bdi>Ann &lt;Lee&gt;</bdi>" in html
    for amount in ("2,469.00", "246.90", "444.42", "4.99", "2,671.51"):
        assert amount in message.body
        assert amount in html
    if place:
        assert {"Subtotal: £2,469.00", "Discount (TEN): -£246.90", "Shipping: £4.99", "Tax: £444.42"} <= set(lines)
        assert {f"{place}:", "Billing address:", country} <= set(lines)


def test_a_receipt_that_is_sent_again_is_known_as_the_same_mail() -> None:
    buy_in("en")
    event = Event.objects.get(name="order.placed")
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{event.id}:receipts.send_receipt@backroom.localhost>"
