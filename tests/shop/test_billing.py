"""Papers: numbered without gaps, to the penny, drawn the same for ever, and only for those whom they concern."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from djmoney.money import Money
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.billing.models import Paper
from shop.billing.operations import file_of, issue_credit_notes, issue_invoice
from shop.customers.models import Customer
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, check_out, return_pieces
from shop.orders.operations.drafting import Details
from shop.payments.provider import Card
from shop.pricing.models import Coupon, ShippingRate, TaxRate
from tests.shop.builders import BUYER, GOOD_CARD, at_once, buy, make_product, staff_client

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADDRESS = {"name": "Someone", "line1": "1 Road", "city": "London", "postal_code": "E1", "country": "GB"}


@pytest.fixture
def order(events: Rehearsal) -> Order:
    """Three chairs and a lamp, with a coupon, tax and a fee; nothing is delivered yet."""
    chair, lamp = make_product(price="10.00", en="Chair", ar="كرسي"), make_product(price="5.55", en="Lamp", ar="مصباح")
    TaxRate.objects.create(country="GB", percent=20)
    ShippingRate.objects.create(country="GB", fee=Money("4.99", "GBP"))
    Coupon.objects.create(code="SEVEN", percent=7)
    details = Details(coupon_code="SEVEN", shipping_address=ADDRESS)
    wishes = [LineWish(chair.sku, 3), LineWish(lamp.sku, 1)]
    return check_out(BUYER, wishes, Card(GOOD_CARD), now=NOW, details=details)


def test_an_order_gets_one_invoice_however_often_it_is_issued(order: Order) -> None:
    first, again = issue_invoice(order.pk, now=NOW), issue_invoice(order.pk, now=NOW)
    assert first == again
    assert first.number == "INV-2026-000001"
    assert first.total == order.total
    content = first.content
    assert [(line["name"], line["quantity"], line["total"]) for line in content["lines"]] == [
        ("Chair", 3, "30.00"),
        ("Lamp", 1, "5.55"),
    ]
    parts = [Decimal(content[name]) for name in ("subtotal", "shipping_fee")] + [
        Decimal(tax["amount"]) for tax in content["taxes"]
    ]
    assert sum(parts) - Decimal(content["discount"]) == Decimal(content["total"])


def test_numbers_have_no_gap_and_no_double_whoever_issues_at_once_and_whatever_is_rolled_back(
    events: Rehearsal,
) -> None:
    product = make_product(available=100)
    orders = [buy(LineWish(product.sku, 1)) for _ in range(12)]

    def issue(order: Order, fails: bool) -> None:
        with transaction.atomic():
            issue_invoice(order.pk, now=NOW)
            if fails:
                raise ArithmeticError

    at_once([lambda one=one, fails=number % 3 == 0: issue(one, fails) for number, one in enumerate(orders)])
    assert sorted(Paper.objects.values_list("sequence", flat=True)) == list(range(1, 9))


def test_a_year_begins_its_numbers_anew(events: Rehearsal) -> None:
    orders = [buy(LineWish(make_product().sku, 1)) for _ in range(2)]
    numbers = [issue_invoice(one.pk, now=NOW.replace(year=2026 + turn)).number for turn, one in enumerate(orders)]
    assert numbers == ["INV-2026-000001", "INV-2027-000001"]


def test_the_credit_notes_of_a_cancelled_order_add_up_to_its_invoice(order: Order) -> None:
    cancel(order, {1: 1}, by="user:1")
    cancel(Order.objects.get(pk=order.pk), None, by="user:1", reason="too late")
    notes = issue_credit_notes(order.pk, now=NOW)
    assert [note.number for note in notes] == ["CRN-2026-000001", "CRN-2026-000002"]
    invoice = Paper.objects.get(kind="invoice")
    assert all(note.invoice == invoice and note.content["refers_to"] == invoice.number for note in notes)
    for name in ("subtotal", "discount", "shipping_fee", "total"):
        assert sum(Decimal(note.content[name]) for note in notes) == Decimal(invoice.content[name]), name
    assert issue_credit_notes(order.pk, now=NOW) == []


def test_a_return_is_credited_without_the_shipping_fee(order: Order) -> None:
    for state in ("packed", "shipped", "delivered"):
        advance(order, state, by="user:1")
    return_pieces(Order.objects.get(pk=order.pk), None, by="user:1", reason="")
    (note,) = issue_credit_notes(order.pk, now=NOW)
    assert Decimal(note.content["shipping_fee"]) == 0
    assert note.total.amount == sum(line.paid_for.amount for line in order.lines.all())


def test_papers_follow_the_order_in_the_background(events: Rehearsal, order: Order) -> None:
    cancel(order, {2: 1}, by="user:1")
    events.deliver("billing.issue_papers", "billing.seal_paper")
    assert list(Paper.objects.order_by("pk").values_list("kind", flat=True)) == ["invoice", "credit_note"]
    for paper in Paper.objects.all():
        assert paper.sha256 == hashlib.sha256(file_of(paper)).hexdigest()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_same_paper_is_the_same_file_whatever_happens_to_the_product(order: Order, language: str) -> None:
    Customer.objects.filter(pk=order.customer_id).update(language=language)
    paper = issue_invoice(order.pk, now=NOW)
    before = file_of(paper)
    order.lines.first().product.translations.update(name="Something else")
    assert file_of(Paper.objects.get(pk=paper.pk)) == before
    assert before.startswith(b"%PDF-")


def test_customers_see_their_own_papers_and_staff_all(
    order: Order, admin_client: Client, django_user_model: type
) -> None:
    paper = issue_invoice(order.pk, now=timezone.now())
    owner = django_user_model.objects.create_user("owner")
    Customer.objects.filter(email=BUYER.email).update(user=owner)
    path, file = f"/api/orders/{order.number}/papers/", f"/api/papers/{paper.number}/"
    clients = {name: APIClient() for name in ("owner", "stranger", "nobody")}
    clients["owner"].force_authenticate(owner)
    clients["stranger"].force_authenticate(django_user_model.objects.create_user("stranger"))
    clients["staff"] = staff_client("orders.view_order")
    expected = {"owner": 200, "staff": 200, "stranger": 404, "nobody": 401}
    assert {name: client.get(path).status_code for name, client in clients.items()} == expected
    assert {name: client.get(file).status_code for name, client in clients.items()} == expected
    (shown,) = clients["owner"].get(path).json()
    answer = clients["owner"].get(shown["file"])
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content == file_of(paper)
    assert admin_client.get(reverse("admin:billing_paper_file", args=[paper.pk])).content == file_of(paper)


def test_a_penny_of_rounding_is_never_printed_as_tax() -> None:
    make_product("PAD")
    order = check_out(BUYER, [LineWish("PAD", 3, Decimal("0.335"))], Card(GOOD_CARD), now=timezone.now())
    for _piece in range(3):
        cancel(order, {1: 1}, by="user:1")
    issue_credit_notes(order.pk, now=NOW)
    notes = list(Paper.objects.filter(kind="credit_note").order_by("pk").values_list("content", flat=True))
    assert [note["taxes"] for note in notes] == [[], [], []]
    assert (
        [note["lines"][0]["total"] for note in notes] == [note["total"] for note in notes] == ["0.34", "0.33", "0.34"]
    )
    assert [Decimal(note["discount"]) for note in notes] == [0, 0, 0]
