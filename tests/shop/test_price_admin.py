"""The price tables, carts, wishlists and recorded requests in the admin."""

from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.db import models
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from djmoney.money import Money

from shop.customers.models import Address, Customer
from shop.pricing.coupons import take
from shop.pricing.models import Coupon, ExchangeRate, ShippingRate, TaxRate
from tests.shop.builders import at_once
from tests.shop.price_records import make_price_records

pytestmark = pytest.mark.django_db(transaction=True)
SLICES = ("pricing", "carts", "wishlists", "idempotency")
MODELS = [model for label in SLICES for model in apps.get_app_config(label).get_models() if model in site._registry]


@pytest.fixture
def tables() -> Customer:
    """Something of everything, and the customer whose it is."""
    ann = Customer.objects.create(email="ann@example.com", name="Ann")
    Address.objects.create(customer=ann, name="Ann", line1="1 Road", city="London", country="GB")
    make_price_records(ann)
    return ann


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_opens_in_both_languages(tables: Customer, admin_client: Client, language: str) -> None:
    paths = [reverse("admin:catalog_product_changelist"), page(Customer, "change", tables.pk)]
    for model in MODELS:
        paths += [page(model, "changelist") + "?q=some", page(model, "change", model._default_manager.first().pk)]
    paths += [page(model, "add") for model in (Coupon, TaxRate, ShippingRate, ExchangeRate)]
    for path in paths:
        assert admin_client.get(path, headers={"Accept-Language": language}).status_code == 200, path


def page(model: type[models.Model], kind: str, *pk: object) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{kind}", args=pk)


def coupon_form(**values: str) -> dict[str, str]:
    money = {f"{name}_{number}": value for name in ("amount", "minimum") for number, value in enumerate(("0", "GBP"))}
    return {"code": " spring ", "kind": "percent", "percent": "15", "active": "on", **money, **values}


def test_a_coupon_typed_in_is_checked_and_kept_in_capitals(admin_client: Client) -> None:
    path = page(Coupon, "add")
    for wrong in ({"percent": "0"}, {"percent": "101"}, {"code": "x y"}, {"kind": "amount"}):
        assert admin_client.post(path, coupon_form(**wrong)).status_code == 200
        assert not Coupon.objects.exists()
    assert admin_client.post(path, coupon_form()).status_code == 302
    assert Coupon.objects.values_list("code", "percent").get() == ("SPRING", 15)


def test_staff_need_the_permission_and_nobody_sees_a_recorded_answer(tables: Customer, client: Client) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    assert all(client.get(page(model, "changelist")).status_code == 403 for model in MODELS)
    clerk.user_permissions.add(Permission.objects.get(codename="view_recordedrequest"))
    recorded = apps.get_model("idempotency", "RecordedRequest").objects.get()
    shown = client.get(page(type(recorded), "change", recorded.pk))
    assert shown.status_code == 200
    assert recorded.fingerprint not in shown.content.decode()


def test_a_coupon_that_is_used_while_its_page_is_saved_keeps_its_count(tables: Customer, admin_client: Client) -> None:
    coupon = Coupon.objects.get()

    def use(**_: object) -> None:
        at_once([lambda: take("TEN", tables, uuid4(), now=timezone.now())])

    pre_save.connect(use, sender=Coupon)
    try:
        answer = admin_client.post(page(Coupon, "change", coupon.pk), coupon_form(code="TEN", minimum_0="5"))
    finally:
        pre_save.disconnect(use, sender=Coupon)
    coupon.refresh_from_db()
    assert (answer.status_code, coupon.minimum, coupon.percent) == (302, Money(5, "GBP"), 15)
    assert coupon.used_count == coupon.uses.count() == 2
