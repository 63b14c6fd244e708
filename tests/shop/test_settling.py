"""What a crash left half done is ended by the duty."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from pytest_django import Settings

from shop.orders.models import Order, Reversal
from shop.orders.operations import LineWish, cancel, settle_abandoned
from tasks.orders import BUDGET_SECONDS, settle_abandoned_orders
from tests.shop import providers
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


@pytest.fixture(autouse=True)
def nobody_is_stuck() -> Iterator[None]:
    yield
    providers.silent_about.clear()


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


def test_orders_that_stay_undecided_keep_no_other_from_its_turn(settings: Settings) -> None:
    make_product("CHAIR", available=1000)
    abandon(settings, "Down", 4)
    stuck = list(Order.objects.order_by("pk")[:3])
    providers.silent_about.update(str(order.payment_key) for order in stuck)
    settings.PAYMENT_PROVIDER = "tests.shop.providers.SlowAndSilentAboutSome"
    runs = [settle_abandoned(in_minutes(16 + run), budget_seconds=0.1) for run in range(4)]
    assert runs[:3] == [{"undecided": 1}] * 3
    assert runs[3] == {"expired": 1}
    assert settle_abandoned(in_minutes(30), budget_seconds=5) == {"undecided": 3}


def test_cancellations_that_stay_undecided_keep_no_other_from_its_turn(settings: Settings) -> None:
    chair = make_product("CHAIR", available=1000)
    orders = [buy(LineWish("CHAIR", 1)) for _order in range(4)]
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    for order in orders:
        with pytest.raises(Exception, match="tried again"):
            cancel(order, by="user:1")
    providers.silent_about.update(one.refund_key for one in Reversal.objects.order_by("pk")[:3])
    settings.PAYMENT_PROVIDER = "tests.shop.providers.SlowAndSilentAboutSome"
    runs = [settle_abandoned(in_minutes(16 + run), budget_seconds=0.05) for run in range(4)]
    assert runs == [*[{"undecided": 1}] * 3, {"cancelled": 1}]
    assert available(chair) == 997


def test_more_stuck_orders_than_one_used_to_look_at_are_passed_in_one_run(settings: Settings) -> None:
    make_product("CHAIR", available=1000)
    abandon(settings, "Down", 1)
    pending = Order.objects.get()
    stuck = [Order(customer=pending.customer, total=pending.total, line_count=1, unit_count=1) for _one in range(250)]
    Order.objects.bulk_create(stuck)
    Order.objects.filter(pk__in=[one.pk for one in stuck]).update(created_at=timezone.now() - timedelta(hours=1))
    providers.silent_about.update(str(one.payment_key) for one in stuck)
    settings.PAYMENT_PROVIDER = "tests.shop.providers.SilentAboutSome"
    assert settle_abandoned(in_minutes(16)) == {"undecided": 250, "expired": 1}


def test_the_soft_time_limit_ends_the_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product("CHAIR", available=5)
    abandon(settings, "Down")

    def time_is_up(provider: object, idempotency_key: str) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(providers.Down, "close_key", time_is_up)
    settings.PAYMENT_PROVIDER = "tests.shop.providers.Down"
    with pytest.raises(SoftTimeLimitExceeded):
        settle_abandoned(in_minutes(16))
    assert Order.objects.get().tried_at is not None


def test_the_scheduled_task_runs_the_duty(settings: Settings) -> None:
    make_product("CHAIR", available=5)
    abandon(settings, "Crashing")
    settings.ORDER_ABANDONED_AFTER_MINUTES = 0
    assert settle_abandoned_orders() == {"confirmed": 1}
    assert BUDGET_SECONDS < settings.CELERY_TASK_SOFT_TIME_LIMIT
