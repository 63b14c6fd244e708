"""What a crash left half done is ended by the duty."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from shop.orders.models import Order
from shop.orders.operations import LineWish, settle_abandoned
from tasks.orders import settle_abandoned_orders
from tests.shop.builders import at_once, available, buy, event_names, make_product

pytestmark = pytest.mark.django_db(transaction=True)
REAL = "shop.payments.simulated.SimulatedProvider"


def abandon(settings: Settings, provider: str, count: int = 1) -> None:
    """Orders whose checkout ended in the middle."""
    settings.PAYMENT_PROVIDER = f"tests.shop.providers.{provider}"
    for _order in range(count):
        with pytest.raises((SystemExit, Exception)):
            buy(LineWish("CHAIR", 2))
    settings.PAYMENT_PROVIDER = REAL
    assert set(Order.objects.values_list("status", flat=True)) == {"pending"}


def in_minutes(minutes: int) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def test_a_web_process_killed_after_the_charge_is_confirmed(settings: Settings) -> None:
    chair = make_product("CHAIR", available=5)
    abandon(settings, "Crashing")
    assert settle_abandoned(in_minutes(16)) == {"confirmed": 1}
    order = Order.objects.get()
    assert order.status == "paid"
    assert order.charge_id
    assert available(chair) == 3
    assert event_names("order.") == ["order.placed", "order.paid"]


def test_a_web_process_killed_before_the_charge_frees_the_stock(settings: Settings) -> None:
    chair = make_product("CHAIR", available=5)
    abandon(settings, "Down")
    assert settle_abandoned(in_minutes(16)) == {"expired": 1}
    assert settle_abandoned(in_minutes(17)) == {}
    assert Order.objects.get().status == "expired"
    assert available(chair) == 5
    assert event_names("order.") == []


def test_a_checkout_that_is_still_running_is_left_alone(settings: Settings) -> None:
    make_product("CHAIR", available=5)
    abandon(settings, "Down")
    assert settle_abandoned(in_minutes(14)) == {}
    assert Order.objects.get().status == "pending"


def test_while_the_provider_is_silent_nothing_is_decided(settings: Settings) -> None:
    make_product("CHAIR", available=5)
    abandon(settings, "Silent")
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Silent"
    assert settle_abandoned(in_minutes(16)) == {"undecided": 1}
    settings.PAYMENT_PROVIDER = REAL
    assert settle_abandoned(in_minutes(16)) == {"confirmed": 1}


def test_four_runs_at_once_settle_each_order_once(settings: Settings) -> None:
    chair = make_product("CHAIR", available=20)
    abandon(settings, "Crashing", 3)
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    for _order in range(3):
        with pytest.raises(Exception, match="do not order again"):
            buy(LineWish("CHAIR", 2))
    settings.PAYMENT_PROVIDER = REAL
    when = in_minutes(16)
    at_once([lambda: settle_abandoned(when)] * 4)
    assert event_names("order.").count("order.paid") == 3
    assert available(chair) == 14


def test_the_scheduled_task_runs_the_duty(settings: Settings) -> None:
    make_product("CHAIR", available=5)
    abandon(settings, "Crashing")
    settings.ORDER_ABANDONED_AFTER_MINUTES = 0
    assert settle_abandoned_orders() == {"confirmed": 1}
