"""A customer who has done everything that one can do, and is erased then."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core import mail
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from events.api import Reject, erase
from events.testing import Rehearsal
from shop.accounts.models import Registration
from shop.catalog.models import Review
from shop.customers.models import Customer
from shop.erasure.operations import person_of
from shop.followups.operations import ring
from shop.orders.models import Order
from shop.orders.operations import advance, cancel, hold, note, receive_return, release, request_return
from shop.orders.operations.capturing import capture
from shop.payments.reports import Told, keep
from tests.shop.builders import GOOD_CARD, make_product, staff_user

PASSWORD = "correct horse battery"
MAIL, NAME, STREET, PHONE = "zerlinda.quux@example.com", "Zerlinda Quuxworth", "77 Wibblewick Lane", "+44 7700 900123"
TOWN, POSTCODE = "Flibberton", "ZQ1 7WX"
WORDS = (MAIL, NAME, "Zerlinda", STREET, "Wibblewick", PHONE, "900123", TOWN, POSTCODE)
ADDRESS = {
    "name": NAME,
    "line1": STREET,
    "city": TOWN,
    "postal_code": POSTCODE,
    "country": "GB",
    "phone": PHONE,
}
#: Papers are kept as long as the law says: docs/personal-data.md.
KEPT_BY_LAW = {"billing_paper"}


@dataclass
class Journey:
    """A customer with an account who has done everything that one can do."""

    events: Rehearsal
    sku: str
    client: APIClient = field(default_factory=APIClient)
    customer: Customer = field(default_factory=Customer)

    def register(self) -> None:
        """By the link of the mail."""
        answer = self.client.post("/api/accounts/register/", {"email": MAIL, "name": NAME, "language": "en"})
        assert answer.status_code == 202
        self.events.deliver("accounts.send_confirmation")
        token = re.search(r"/account/confirm/(\S+)/", mail.outbox[-1].body)[1]  # type: ignore[index]
        answer = self.client.post("/api/accounts/confirm/", {"token": token, "password": PASSWORD})
        assert answer.status_code == 201
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
        self.customer = Customer.objects.get(email=MAIL)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """As this customer; it must work."""
        answer = self.client.post(f"/api/{path}/", body, format="json", headers=headers)
        assert answer.status_code < 300, answer.json()
        return answer.json() if answer.content else None

    def order(self) -> Order:
        """One more, of three pieces."""
        body = {
            "lines": [{"sku": self.sku, "quantity": 3}],
            "card": {"number": GOOD_CARD},
            "shipping_address": ADDRESS,
            "billing_address": ADDRESS | {"line2": f"c/o {NAME}"},
        }
        receipt = self.post("checkout", body, **{"Idempotency-Key": str(uuid4())})
        return Order.objects.get(number=receipt["number"])

    def look_around(self) -> None:
        """Address book, cart, wishlist, a review, and a second registration that nobody confirms."""
        self.post("addresses", ADDRESS | {"is_default_shipping": True})
        self.post("cart/lines", {"sku": self.sku, "quantity": 1})
        self.post("wishlist", {"product": self.sku})
        review = {"author": NAME, "rating": 5, "title": "Good", "body": f"I, {NAME}, like it"}
        self.post(f"products/{self.sku}/reviews", review)
        Review.objects.update(state=Review.State.APPROVED)
        Registration.objects.create(email=MAIL, name=NAME, language="en", requested_at=timezone.now())

    def be_talked_about(self, order: Order) -> None:
        """Words of staff, of the payment provider and of the admin."""
        note(order, f"{NAME} has called from {PHONE}", by="user:1")
        hold(order.pk, reason=f"{NAME} lives in {TOWN}?")
        release(order.pk, by="user:1")
        content = {"object": {"id": order.charge_id, "billing_details": {"email": MAIL, "name": NAME}, "amount": 5}}
        keep(Told(f"evt_{order.pk}", "charge.updated", content, datetime.now(UTC)))
        clerk = staff_user()
        for thing in (self.customer, self.customer.user):
            LogEntry.objects.log_actions(
                clerk.pk, [thing], CHANGE, change_message=f"Changed {NAME}", single_object=True
            )


@pytest.fixture
def journey(events: Rehearsal, outside: None, settings: Settings) -> Journey:
    """Logged in, with five orders: delivered, cancelled in part, returned, dead in a subscriber, and called off by its
    saga; all mails sent."""
    settings.FRAUD_HOLD_POINTS = 10_000
    journey = Journey(events, make_product("CHAIR", available=100).sku)
    journey.register()
    journey.look_around()
    first, second, third = (journey.order() for _ in range(3))
    quote = f"{MAIL} of {NAME}, {STREET}, {TOWN}: {PHONE}"
    events.fail("analytics.record_sales", times=99, error=Reject(quote))
    for saga_step in ("sagas.fulfilment.accept", "sagas.return.accept"):
        events.fail(saga_step, error=RuntimeError(quote))
    fourth = journey.order()
    journey.be_talked_about(first)
    cancel(second, {1: 1}, by="test", reason=f"{NAME} has moved to {STREET}")
    events.deliver()
    for order in (first, second, third, fourth):
        capture(order.pk, now=timezone.now())
        advance(order, Order.Status.DELIVERED, by="test")
    request = request_return(Order.objects.get(pk=third.pk), by="test", reason=f"not for {NAME}", now=timezone.now())
    receive_return(Order.objects.get(pk=third.pk), request.number)
    events.deliver()
    journey.order()
    events.fail("sagas.fulfilment.label", error=Reject(quote))
    events.deliver()
    assert Order.objects.filter(status=Order.Status.CANCELLED).count() == 1
    ring(now=timezone.now() + timedelta(days=99))
    events.deliver()
    return journey


def erased(journey: Journey) -> Customer:
    """With what follows."""
    erase(person_of(journey.customer.pk), reason="asked by letter", by="test")
    journey.events.deliver()
    return Customer.objects.get(pk=journey.customer.pk)
