"""Saving products emits, however they are saved."""

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from djmoney.money import Money
from pytest_django import DjangoAssertNumQueries

from events.models import Event
from shop.catalog.models import Product, ProductTranslation
from shop.catalog.operations import NewProduct, Text, create_products, update_product
from tests.shop.builders import event_names, logged, make_product
from tests.shop.pages import form_values

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_save_in_a_shell_emits_in_the_transaction_of_the_save() -> None:
    assert not connection.in_atomic_block
    product = Product.objects.create(sku="CHAIR", slug="chair", price=Money("10.00", "GBP"))
    assert logged("product.created") == [{"product_id": product.pk, "sku": "CHAIR"}]

    product.price = Money("12.00", "GBP")
    product.save()
    assert logged("product.updated") == [
        {"product_id": product.pk, "sku": "CHAIR", "changed": ["price"], "old_price": "10.00", "new_price": "12.00"}
    ]


def test_a_price_in_another_currency_is_neither_higher_nor_lower() -> None:
    product = Product.objects.get(pk=make_product().pk)
    product.price = Money("10.00", "EUR")
    product.save()
    (told,) = logged("product.updated")
    assert (told["changed"], told["old_price"], told["new_price"]) == (["price"], None, None)


def test_a_save_whose_event_cannot_be_logged_is_not_saved(settings: object) -> None:
    product = make_product()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event RENAME TO events_event_away")
    try:
        product.status = Product.Status.ARCHIVED
        with pytest.raises(Exception, match="events_event"):
            product.save()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE events_event_away RENAME TO events_event")
    assert Product.objects.get(pk=product.pk).status == Product.Status.ACTIVE


def test_an_unchanged_save_emits_nothing() -> None:
    product = Product.objects.get(pk=make_product().pk)
    product.save()
    product.price = Money("10.0", "GBP")
    product.save()
    assert logged("product.updated") == []


def test_each_change_is_told_once() -> None:
    product = Product.objects.get(pk=make_product().pk)
    product.status, product.slug = Product.Status.DRAFT, "another"
    product.save()
    product.save()
    assert [payload["changed"] for payload in logged("product.updated")] == [["slug", "status"]]


def test_only_the_saved_of_the_changed_fields_are_told() -> None:
    product = Product.objects.get(pk=make_product().pk)
    product.status, product.slug = Product.Status.DRAFT, "another"
    product.save(update_fields=["slug"])
    product.save(update_fields=["status"])
    assert [payload["changed"] for payload in logged("product.updated")] == [["slug"], ["status"]]


def test_a_deferred_field_is_compared_with_the_database_before_it_is_overwritten() -> None:
    make_product("A")
    product = Product.objects.defer("slug").get(sku="A")
    product.slug = "a"  # what it was
    product.save()
    assert logged("product.updated") == []

    product = Product.objects.defer("slug").get(sku="A")
    product.slug = "b"
    product.save()
    assert [payload["changed"] for payload in logged("product.updated")] == [["slug"]]


def test_an_instance_made_by_hand_is_compared_with_its_row() -> None:
    stored = make_product("A")
    by_hand = Product(pk=stored.pk, sku="A", slug="a", price=Money("11.00", "GBP"), created_at=stored.created_at)
    by_hand.save()
    assert [payload["changed"] for payload in logged("product.updated")] == [["price"]]


def test_a_refreshed_instance_is_compared_with_what_was_refreshed() -> None:
    product = Product.objects.get(pk=make_product().pk)
    Product.objects.filter(pk=product.pk).update(slug="changed-elsewhere")
    product.refresh_from_db()
    product.save()
    assert logged("product.updated") == []


def test_an_expression_is_a_change_every_time() -> None:
    product = Product.objects.get(pk=make_product().pk)
    product.price = F("price") + Money("1.00", "GBP")
    product.save()
    product.refresh_from_db()
    assert product.price == Money("11.00", "GBP")
    product.price = F("price") + Money("1.00", "GBP")
    product.save()
    product.price = Money("12.00", "GBP")  # what came out
    product.save()
    assert [payload["changed"] for payload in logged("product.updated")] == [["price"], ["price"]]


def test_loading_a_fixture_emits_nothing() -> None:
    product = make_product()
    fixture = serializers.serialize("json", [product, *product.translations.all()])
    before = Event.objects.count()
    for deserialized in serializers.deserialize("json", fixture):
        deserialized.save()
    assert Event.objects.count() == before


def test_a_text_is_a_change_of_its_product() -> None:
    product = make_product("A")
    arabic = ProductTranslation.objects.create(product=product, language="ar", name="كرسي")
    arabic.description = "مريح"
    arabic.save()
    arabic.save()
    arabic.delete()
    assert [payload["changed"] for payload in logged("product.updated")] == [
        ["name[ar]"],
        ["description[ar]"],
        ["description[ar]", "name[ar]"],
    ]


def test_deleting_a_product_does_not_call_its_texts_updates() -> None:
    make_product().delete()
    assert event_names("product.") == ["product.created"]


def test_products_made_in_bulk_emit_one_event_each_and_take_few_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    texts = {"en": Text("Chair"), "ar": Text("كرسي")}
    new = [NewProduct(f"P{n}", f"p{n}", Money("1.00", "GBP"), texts) for n in range(50)]
    with transaction.atomic(), django_assert_max_num_queries(8):
        create_products(new)
    assert event_names() == ["product.created"] * 50
    assert ProductTranslation.objects.count() == 100


def test_products_made_in_bulk_are_all_or_none() -> None:
    make_product("TAKEN")
    new = [NewProduct("FREE", "free", Money("1.00", "GBP")), NewProduct("TAKEN", "other", Money("1.00", "GBP"))]
    with pytest.raises(IntegrityError):
        create_products(new)
    assert not Product.objects.filter(sku="FREE").exists()
    assert event_names("product.") == ["product.created"]


def test_fields_and_texts_changed_together_are_one_event() -> None:
    product = make_product("A", en="Chair")
    update_product(product, {"price": Money("9.00", "GBP")}, {"en": Text("Stool", "About Chair"), "ar": Text("كرسي")})
    assert [payload["changed"] for payload in logged("product.updated")] == [["name[ar]", "name[en]", "price"]]


def test_creating_in_the_admin_emits_one_event_and_changing_one_more(admin_client: Client, admin_user: User) -> None:
    add = reverse("admin:catalog_product_add")
    form = form_values(admin_client.get(add).content.decode()) | {
        "sku": "CHAIR",
        "slug": "chair",
        "price_0": "10.00",
        "translations-TOTAL_FORMS": "2",
        "translations-0-language": "en",
        "translations-0-name": "Chair",
        "translations-1-language": "ar",
        "translations-1-name": "كرسي",
        "stock-TOTAL_FORMS": "1",
        "stock-0-available": "7",
        "stock-0-low_at": "2",
    }
    answer = admin_client.post(add, form)
    assert answer.status_code == 302, answer.context["errors"]
    product = Product.objects.get(sku="CHAIR")
    assert product.name_in("ar") == "كرسي"
    assert product.stock.available == 7
    assert event_names("product.") == ["product.created"]
    assert Event.objects.get(name="product.created").actor == f"user:{admin_user.pk}"

    change = reverse("admin:catalog_product_change", args=[product.pk])
    form = form_values(admin_client.get(change).content.decode()) | {"price_0": "11.00"}
    answer = admin_client.post(change, form)
    assert answer.status_code == 302, answer.context["errors"]
    assert [payload["changed"] for payload in logged("product.updated")] == [["price"]]
