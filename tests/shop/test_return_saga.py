"""A return: a label for the customer, the wait for the parcel, somebody's decision, and the refund or none."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from events.api import SagaView, sagas_of
from events.models import SagaStep
from events.sagas.tending import tend
from events.testing import Rehearsal
from shop.carrier.models import Label
from shop.errors import CannotReturn
from shop.orders.models import Order, Reversal
from shop.orders.operations import (
    LineWish,
    advance,
    check_out,
    note_arrival,
    receive_return,
    reject_return,
    request_return,
)
from shop.orders.operations.drafting import Details
from shop.payments.provider import Card
from tests import simulated
from tests.shop import providers
from tests.shop.builders import BUYER, GOOD_CARD, available, make_product, staff_client
from tests.shop.connections import outside

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)
HOME = {"name": "Mona", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"}
STEPS = ["accept", "label", "invite", "arrived", "decided", "settle"]


@pytest.fixture
def delivered(settings: Settings) -> Order:
    """An order of three pieces that the customer has, sent by staff; the carrier is connected."""
    make_product("CHAIR", available=3)
    settings.WAREHOUSE_URL = ""
    order = check_out(
        BUYER, [LineWish("CHAIR", 3)], Card(GOOD_CARD), now=timezone.now(), details=Details(shipping_address=HOME)
    )
    order = advance(order, "delivered", by="test")
    settings.CARRIER_URL = f"{settings.SIMULATED_URL}/carrier"
    mail.outbox.clear()
    return order


def ask(order: Order, pieces: int = 2) -> Reversal:
    return request_return(order, {1: pieces}, by="user:1", now=timezone.now())


def saga(asked: Reversal) -> SagaView:
    (found,) = sagas_of(f"return-{asked.order_id}-{asked.number}")
    return found


def done(asked: Reversal, direction: str = "action") -> list[str]:
    steps = SagaStep.objects.filter(saga__key=f"return-{asked.order_id}-{asked.number}", direction=direction)
    return list(steps.filter(state="done").order_by("settled_version").values_list("step", flat=True))


def label_states() -> list[str]:
    return [one["state"] for one in reversed(simulated.ask("GET", "/carrier/labels")["labels"])]


@pytest.mark.usefixtures("outside")
class TestReturn:
    """All of them with the simulated services."""

    def test_the_customer_gets_a_label_and_the_money_once_the_pieces_are_accepted(self, delivered: Order) -> None:
        asked = ask(delivered)
        label = Label.objects.get()
        assert (done(asked), label.return_number, label.state) == (STEPS[:3], 1, "bought")
        (letter,) = mail.outbox
        assert label.tracking_number in letter.body
        assert f"{delivered.number}/R1" in letter.body
        note_arrival(delivered, asked.number, now=timezone.now())
        assert (done(asked), simulated.refunds()) == (STEPS[:4], [])
        receive_return(delivered, asked.number)
        asked.refresh_from_db()
        assert (saga(asked).state, asked.status) == ("completed", "done")
        assert [one["amount"] for one in simulated.refunds()] == ["20.00"]

    def test_what_is_received_at_once_has_arrived_and_is_refunded_once(
        self, delivered: Order, events: Rehearsal
    ) -> None:
        asked = ask(delivered)
        events.deliver()
        receive_return(delivered, asked.number, restock=False)
        events.deliver_twice()
        assert done(asked) == STEPS
        assert saga(asked).steps[-1].recorded == {"outcome": "done"}
        assert len(simulated.refunds()) == 1

    def test_a_refund_that_was_cut_off_is_made_by_the_saga(
        self, delivered: Order, events: Rehearsal, settings: Settings
    ) -> None:
        asked = ask(delivered)
        real, settings.PAYMENT_PROVIDER = settings.PAYMENT_PROVIDER, f"{providers.__name__}.Down"
        with pytest.raises(Exception, match="tried again"):
            receive_return(delivered, asked.number)
        settings.PAYMENT_PROVIDER = real
        events.deliver()
        asked.refresh_from_db()
        assert (saga(asked).state, asked.status, len(simulated.refunds())) == ("completed", "done", 1)

    def test_pieces_that_were_looked_at_and_rejected_are_not_refunded(self, delivered: Order) -> None:
        asked = ask(delivered)
        note_arrival(delivered, asked.number, now=timezone.now())
        reject_return(delivered, asked.number)
        assert (saga(asked).state, done(asked)) == ("completed", STEPS)
        assert (simulated.refunds(), label_states()) == ([], ["bought"])
        assert "cannot take it" in mail.outbox[-1].body
        with pytest.raises(CannotReturn):
            note_arrival(delivered, asked.number, now=timezone.now())

    def test_a_return_that_is_rejected_before_it_arrives_needs_no_label(self, delivered: Order) -> None:
        asked = ask(delivered)
        reject_return(delivered, asked.number)
        assert (saga(asked).state, done(asked, "compensation")) == ("compensated", ["label", "accept"])
        assert label_states() == ["voided"]
        assert "your return is closed" in mail.outbox[-1].body

    def test_a_return_that_never_arrives_is_over_and_its_pieces_can_be_returned_again(self, delivered: Order) -> None:
        asked = ask(delivered)
        assert tend(timezone.now() + timedelta(days=29)) == 0
        assert tend(timezone.now() + timedelta(days=31)) == 1
        asked.refresh_from_db()
        assert (saga(asked).state, asked.status, label_states()) == ("compensated", "rejected", ["voided"])
        assert ask(delivered, 3).number == 2

    def test_pieces_that_arrived_and_were_forgotten_are_shown_to_staff_and_not_rejected(self, delivered: Order) -> None:
        asked = ask(delivered)
        note_arrival(delivered, asked.number, now=timezone.now())
        letters = len(mail.outbox)
        assert tend(timezone.now() + timedelta(days=15)) == 1
        asked.refresh_from_db()
        assert (saga(asked).state, asked.status, label_states()) == ("failed", "requested", ["bought"])
        assert len(mail.outbox) == letters
        receive_return(delivered, asked.number)
        assert len(simulated.refunds()) == 1

    def test_two_returns_of_one_order_do_not_meet(self, delivered: Order) -> None:
        first, second = ask(delivered, 1), ask(delivered, 1)
        receive_return(delivered, second.number)
        assert (saga(first).state, saga(second).state) == ("running", "completed")
        receive_return(delivered, first.number)
        assert saga(first).state == "completed"
        assert available(delivered.lines.get().product) == 2


def test_without_a_carrier_the_customer_is_told_where_to(delivered: Order, settings: Settings) -> None:
    settings.CARRIER_URL = ""
    asked = ask(delivered)
    assert settings.SHOP_ADDRESS[0] in mail.outbox[-1].body
    receive_return(delivered, asked.number)
    assert (saga(asked).state, Label.objects.count()) == ("completed", 0)


def test_only_staff_who_handle_returns_note_that_one_has_arrived(delivered: Order) -> None:
    asked, path = ask(delivered), f"/api/orders/{delivered.number}/return-arrived/"
    document = {"return_number": asked.number}
    assert staff_client("orders.view_order").post(path, document).status_code == 403
    clerk = staff_client("orders.view_order", "orders.return_order")
    assert [clerk.post(path, document).status_code for _time in range(2)] == [200, 200]
    assert clerk.post(path, {"return_number": 9}).status_code == 409
    asked.refresh_from_db()
    assert asked.arrived_at is not None
    assert asked.status == "requested"
