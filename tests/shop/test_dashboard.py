"""Figures at a glance: made again when something happened, and when somebody looks at old ones."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from shop.dashboard.models import Snapshot
from shop.dashboard.operations import figures, rebuild, refresh
from shop.orders.models import Order
from shop.orders.operations import LineWish, advance, cancel, hold
from tests.shop.builders import at_once, buy, make_product, staff_client

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def test_staff_see_todays_orders_the_best_products_and_what_is_late() -> None:
    make_product("CHAIR", price="10.00", available=100)
    make_product("LAMP", price="5.00", available=100)
    late = buy(LineWish("LAMP", 1))
    Order.objects.filter(pk=late.pk).update(placed_at=NOW - timedelta(hours=49))
    buy(LineWish("CHAIR", 3))
    cancel(buy(LineWish("CHAIR", 1), LineWish("LAMP", 4)), {2: 1}, by="test")
    advance(buy(LineWish("LAMP", 1)), "shipped", by="test")
    hold(buy(LineWish("CHAIR", 1)).pk, reason="test")
    client = staff_client("analytics.view_dailysales")
    shown = client.get("/api/dashboard/?fresh=true").json()
    assert (shown["today"]["order_count"], shown["today"]["unit_count"]) == (5, 11)
    assert shown["today"]["revenue"] == [{"currency": "GBP", "gross": "80.00", "amount": "75.00"}]
    assert [(top["sku"], top["unit_count"]) for top in shown["top_products"]] == [("CHAIR", 5), ("LAMP", 5)]
    assert (shown["late"]["count"], shown["late"]["oldest"][0]["number"]) == (1, late.number)
    assert (shown["held_count"], shown["stale"]) == (1, False)
    with CaptureQueriesContext(connection) as queries:
        client.get("/api/dashboard/")
    assert len([query for query in queries if "SELECT" in query["sql"]]) == 1


def test_figures_are_for_staff_who_may_see_the_sales(client: Client, admin_client: Client) -> None:
    assert APIClient().get("/api/dashboard/").status_code in (401, 403)
    assert staff_client("orders.view_order").get("/api/dashboard/").status_code == 403
    make_product("CHAIR")
    buy(LineWish("CHAIR", 2))
    rebuild(timezone.now())
    for language, words in (("en", "Best sold in a week"), ("ar", 'dir="rtl"')):
        page = admin_client.get(reverse("admin:index"), headers={"Accept-Language": language}).content.decode()
        assert "<bdi>CHAIR</bdi> × 2" in page
        assert words in page


def test_in_a_rush_the_figures_are_computed_once_in_a_while_and_old_ones_when_somebody_looks() -> None:
    assert refresh(NOW)
    assert not refresh(NOW + timedelta(seconds=4))
    assert refresh(NOW + timedelta(seconds=5))
    computed_at = Snapshot.objects.get().computed_at
    assert figures(NOW + timedelta(seconds=64))["computed_at"] == computed_at.isoformat()
    assert figures(NOW + timedelta(seconds=65))["computed_at"] == (NOW + timedelta(seconds=65)).isoformat()
    assert Snapshot.objects.count() == 1


def test_while_somebody_else_computes_old_figures_are_shown_as_old() -> None:
    rebuild(NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('dashboard'))")
    try:
        (shown,) = at_once([lambda: figures(NOW + timedelta(hours=1))])
        assert shown["stale"] is True
        Snapshot.objects.all().delete()
        (shown,) = at_once([lambda: figures(NOW)])
        assert (shown["today"]["order_count"], shown["stale"]) == (0, False)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('dashboard'))")
