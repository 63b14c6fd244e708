"""The events of an order say all that its row says: at every point, from the first version of the events on."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from djmoney.money import Money
from hypothesis import HealthCheck, given
from hypothesis import settings as thoroughness
from hypothesis import strategies as st
from pytest_django import Settings
from uuid_utils.compat import uuid7

from events.api import fold_all, history, state_of
from events.models import Event as LoggedRow
from shop.errors import ShopError
from shop.orders.history import OrderState
from shop.orders.models import Order, OrderNote
from shop.orders.operations import (
    Buyer,
    LineWish,
    advance,
    cancel,
    check_out,
    hold,
    note,
    receive_return,
    reject_return,
    release,
    request_return,
    return_pieces,
    settle_abandoned,
)
from shop.orders.operations.drafting import Details
from shop.orders.past import changes, read_point, then
from shop.orders.verifying import order_rows, order_streams
from shop.payments.provider import Card
from shop.pricing.models import Coupon, ShippingRate, TaxRate
from tests.shop.builders import DECLINED_CARD, GOOD_CARD, buy, event_names, logged, make_product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]
RECORDED = Path(__file__).parents[1] / "events" / "payloads"
LONDON = {"name": "Ann", "line1": "1 Road", "city": "London", "region": "", "postal_code": "N1", "country": "GB"}
BY = "user:1"

pieces = st.dictionaries(st.integers(1, 3), st.integers(1, 3), min_size=1)
moves = st.one_of(
    st.tuples(st.just("cancel"), pieces | st.none()),
    st.tuples(st.just("give_up"), pieces),  # while the provider is down; settled later
    st.tuples(st.just("settle"), st.none()),
    st.tuples(st.just("hold"), st.text("ab ؀€", min_size=1, max_size=9)),
    st.tuples(st.just("release"), st.none()),
    st.tuples(st.just("advance"), st.sampled_from(["packed", "shipped", "delivered"])),
    st.tuples(st.just("return"), pieces | st.none()),
    st.tuples(st.just("ask"), pieces),
    st.tuples(st.just("receive"), st.integers(1, 4)),
    st.tuples(st.just("reject"), st.integers(1, 4)),
    st.tuples(st.just("note"), st.just("Rang twice")),
)


def stream(order: Order) -> str:
    return f"order-{order.pk}"


def folded(order: Order) -> OrderState:
    state = state_of(stream(order)).state
    assert isinstance(state, OrderState)
    return state


def assert_told(order: Order) -> None:
    """The fold says what the row says, field by field, and leaves no field of the row out."""
    ((_stream, expected),) = order_rows([stream(order)])
    assert folded(order).model_dump() == expected


@transaction.atomic
def note_twice(order: Order, taken_id: int) -> None:
    """The second is refused by the database."""
    note(order, "Half", by=BY)
    OrderNote.objects.create(pk=taken_id, order=order, text="Twice", by=BY)


@pytest.fixture
def shop() -> None:
    """With discounts, taxes and fees, so that no amount is another."""
    for sku, price in (("CHAIR", "19.99"), ("LAMP", "3.35"), ("MUG", "0.07")):
        make_product(sku, price=price, available=10_000)
    Coupon.objects.create(code="SPRING", percent=10)
    TaxRate.objects.create(country="GB", percent=20)
    ShippingRate.objects.create(country="GB", fee=Money("4.99", "GBP"))


def order_much() -> Order:
    wishes = [LineWish("CHAIR", 2), LineWish("LAMP", 3), LineWish("MUG", 3)]
    details = Details(coupon_code="SPRING", shipping_address=LONDON, affiliate="BLOG")
    buyer = Buyer(email="ann@example.com", name="Ann")
    return check_out(buyer, wishes, Card(GOOD_CARD), now=timezone.now() - timedelta(seconds=3), details=details)


def make(move: str, value: Any, order: Order, settings: Settings) -> None:
    """One operation, as the shop does it."""
    now = timezone.now() + timedelta(days=1)
    doing: dict[str, Callable[[], Any]] = {
        "cancel": lambda: cancel(order, value, by=BY),
        "give_up": lambda: cancel(order, value, by=BY),
        "settle": lambda: settle_abandoned(now),
        "hold": lambda: hold(order.pk, reason=value),
        "release": lambda: release(order.pk, by=BY),
        "advance": lambda: advance(order, value, by=BY, carrier="Post", tracking_number="T-1", now=now),
        "return": lambda: return_pieces(order, value, by=BY, restock=False),
        "ask": lambda: request_return(order, value, by=BY, now=timezone.now()),
        "receive": lambda: receive_return(order, value),
        "reject": lambda: reject_return(order, value),
        "note": lambda: note(order, value, by=BY),
    }
    provider = settings.PAYMENT_PROVIDER
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down" if move == "give_up" else provider
    with suppress(ShopError):
        doing[move]()
    settings.PAYMENT_PROVIDER = provider


@given(st.lists(moves, min_size=4, max_size=14))
@thoroughness(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_every_operation_the_fold_equals_the_row_and_the_past_stays_what_it_was(
    shop: None, settings: Settings, steps: list[tuple[str, Any]]
) -> None:
    settings.EVENTS = settings.EVENTS | {"snapshot_every": 3}
    order = order_much()
    remembered: list[tuple[int, datetime, OrderState]] = []
    for move, value in [("note", "First"), *steps]:
        make(move, value, Order.objects.get(pk=order.pk), settings)
        assert_told(order)
        point = state_of(stream(order))
        remembered.append((point.stream_version, point.at, point.state))
    for version, at, state in remembered:
        assert state_of(stream(order), at=version).state == state
        assert state_of(stream(order), at=at).state == state
    (anew,) = [one.state for one in fold_all("order-") if one.stream == stream(order)]
    assert anew == remembered[-1][2]


def test_every_field_of_the_state_is_compared_with_the_row(shop: None) -> None:
    order = order_much()
    ((_stream, expected),) = order_rows([stream(order)])
    assert expected.keys() == OrderState.model_fields.keys()
    assert list(order_streams()) == [stream(order)]


def test_a_row_that_the_log_does_not_know_of_is_found(shop: None) -> None:
    order, other = order_much(), order_much()
    note(other, "Rang twice", by=BY)
    call_command("events", "verify")
    Order.objects.filter(pk=order.pk).update(carrier="Nobody")
    with pytest.raises(SystemExit):
        call_command("events", "verify")


def test_of_an_order_that_is_not_placed_yet_the_log_has_the_notes(settings: Settings) -> None:
    with suppress(ShopError):
        buy(LineWish(make_product().sku, 1), card=DECLINED_CARD)
    order = Order.objects.get()
    note(order, "Wants to pay by transfer", by=BY)
    assert (folded(order).status, folded(order).note_count, folded(order).total) == ("pending", 1, None)
    assert list(order_rows([stream(order)])) == [
        (stream(order), {"order_id": order.pk, "number": order.number, "note_count": 1})
    ]
    assert then(order, 1) is not None
    assert then(order, 2) is None


def test_a_note_and_its_event_are_one(shop: None) -> None:
    order = order_much()
    kept = note(order, "Rang twice", by="user:7")
    (told,) = logged("order.noted")
    assert told == {
        "order_id": order.pk, "number": order.number, "customer_id": order.customer_id, "note_id": kept.pk,
    }  # fmt: skip
    assert LoggedRow.objects.get(name="order.noted").actor == "user:7"
    with pytest.raises(IntegrityError):
        note_twice(order, kept.pk)
    assert event_names("order.noted") == ["order.noted"]


def log_old(name: str, payload: dict[str, Any], *, stream: str = "order-42") -> None:
    """As code of that time has logged it, as version 1."""
    append = "SELECT events_append(%s, %s, %s, 1::smallint, %s, %s, NULL, '', '')"
    with connection.cursor() as cursor:
        cursor.execute(append, [uuid7(), stream, name, json.dumps(payload), uuid7()])


OLD = sorted(RECORDED.glob("order.*/v1/*.json"))


@pytest.mark.parametrize("file", OLD, ids=lambda file: "/".join(file.parts[-3:]))
def test_what_older_versions_have_logged_is_read_as_the_newest(file: Path) -> None:
    payload = json.loads(file.read_text())
    log_old(file.parent.parent.name, payload)
    (event,) = history("order-42")
    read = event.typed().model_dump(mode="json")
    assert read.items() >= payload.items()
    assert {value for name, value in read.items() if name not in payload} <= {None}


def old_order() -> Order:
    """An order that was placed and sent before the events said everything."""
    new = advance(order_much(), "delivered", by=BY, carrier="Post", tracking_number="T-1")
    hold(new.pk, reason="Too late")
    row = {field.attname: getattr(new, field.attname) for field in Order._meta.concrete_fields if field.name != "id"}
    (old,) = Order.objects.bulk_create([Order(**row | {"number": "BR-OLD", "payment_key": uuid4()})])
    unsaid = {"subtotal", "discount", "shipping_fee", "tax", "coupon_code", "affiliate"}
    unsaid |= {"placed_at", "captured_at", "packed_at", "shipped_at", "delivered_at"}
    for event in history(stream(new)):
        payload = {name: value for name, value in event.payload.items() if name not in unsaid}
        log_old(event.name, payload | {"order_id": old.pk, "number": old.number}, stream=stream(old))
    return old


def test_what_old_events_left_out_is_unknown_until_it_is_restated(
    shop: None, capsys: pytest.CaptureFixture[str]
) -> None:
    order = old_order()
    before = folded(order)
    assert (before.subtotal, before.affiliate, before.total) == (None, None, order.total.amount)
    assert set(before.unsaid) >= {"subtotal", "coupon_code", "placed_at", "delivered_at"}
    assert before.delivered_at == state_of(stream(order)).at
    with pytest.raises(SystemExit):
        call_command("events", "verify")

    call_command("restate_orders")
    assert "1 orders were restated" in capsys.readouterr().out
    assert_told(order)
    assert folded(order).unsaid == ()
    assert state_of(stream(order), at=5).state == before
    call_command("events", "verify")
    call_command("restate_orders")
    assert event_names("order.restated") == ["order.restated"]


def test_payloads_stay_small_however_long_the_words_are(shop: None) -> None:
    order = order_much()
    hold(order.pk, reason="📦" * 200)
    release(order.pk, by=BY)
    advance(order, "shipped", by=BY, carrier="🚚" * 100, tracking_number="📦" * 100)
    assert_told(order)
    said = [json.dumps(event.uncovered(), ensure_ascii=False) for event in history(stream(order))]
    assert max(len(one.encode()) for one in said) < 1024


def test_the_past_is_had_by_version_and_by_instant_and_compared(shop: None) -> None:
    order = order_much()
    hold(order.pk, reason="Looks odd")
    held = then(order)
    release(order.pk, by=BY)
    advance(order, "packed", by=BY)
    now = then(order)
    assert held is not None
    assert now is not None
    assert (held.version, held.state.status, held.state.hold_reason) == (3, "paid", "Looks odd")
    assert then(order, held.at) == then(order, 3) == held
    assert [one.field for one in changes(held, now)] == ["status", "packed_at", "held_at"]
    assert [(one.field, one.before, one.after) for one in changes(held, now, ["status"])] == [
        ("status", "paid", "packed")
    ]
    for nowhere in (0, now.version + 1, now.at - timedelta(days=1)):
        assert then(order, nowhere) is None


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "2024-05-31", "2024-05-31T10:00:00", "9" * 10, "٣", "²"])
def test_what_is_no_point_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_point(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_no_instant_is_too_far_away_to_be_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text[:4]):
        read_point(text)
