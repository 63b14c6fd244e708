"""Finding products."""

import pytest
from rest_framework.test import APIClient

from shop.catalog.models import Product, Variant
from shop.catalog.models.facts import Attribute, AttributeValue, AttributeValueTranslation
from shop.catalog.models.places import Category, CategoryTranslation, ProductCategory, ProductTag, Tag
from shop.catalog.operations import Text, update_product
from shop.search.models import SearchDocument
from shop.search.operations import index_product
from tests.shop.builders import make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> None:
    make_product("CHAIR-1", en="Oak dining chairs", ar="كرسي طعام من البلوط")
    make_product("LAMP-1", en="Table lamp", ar="مصباح طاولة")
    make_product("TABLE-1", en="Round table", ar="طاولة مستديرة")


def found(text: str, **headers: str) -> list[str]:
    response = APIClient().get("/api/products/", {"search": text}, headers=headers)
    assert response.status_code == 200
    return [product["sku"] for product in response.json()["results"]]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("chair", ["CHAIR-1"]),
        ("CHAIRS oak", ["CHAIR-1"]),
        ("table", ["LAMP-1", "TABLE-1"]),
        ("table lamp", ["LAMP-1"]),
        ("tab", ["LAMP-1", "TABLE-1"]),
        ("round tab", ["TABLE-1"]),
        ("table -lamp", ["TABLE-1"]),
        ('"round table"', ["TABLE-1"]),
        ("chair-1", ["CHAIR-1"]),
        ("كرسي", ["CHAIR-1"]),
        ("الطاولة", ["LAMP-1", "TABLE-1"]),
        ("sofa", []),
        ("   ", ["CHAIR-1", "LAMP-1", "TABLE-1"]),
    ],
)
def test_words_find_products_in_either_language(shop: None, text: str, skus: list[str]) -> None:
    assert sorted(found(text)) == skus


@pytest.mark.parametrize("text", ["'", ":*", "a & | !", "\0", "\\", "(((", "😀" * 300, "-", '"', "<->", "' or 1=1"])
def test_no_text_breaks_the_search(shop: None, text: str) -> None:
    found(text)


def test_the_index_follows_the_catalogue(shop: None) -> None:
    product = Product.objects.get(sku="LAMP-1")
    update_product(product, {}, {"en": Text("Lantern", "For the garden")})
    assert found("lantern") == ["LAMP-1"]
    assert found("garden") == ["LAMP-1"]
    product.translations.all().delete()
    assert found("lantern") == []


def test_indexing_again_or_too_late_changes_nothing(shop: None) -> None:
    product = Product.objects.get(sku="LAMP-1")
    index_product(product.pk)
    index_product(product.pk + 1000)
    assert SearchDocument.objects.count() == 6


@pytest.mark.parametrize(
    "text", ["SKU-RED", "furniture", "أثاث", "handmade", "beech", "الزان", "مستشفى", "مستشفي", "furniture beech"]
)
def test_a_product_is_found_by_its_variants_categories_tags_and_attributes(shop: None, text: str) -> None:
    product = make_product("STOOL-1", en="Stool", ar="كرسي مستشفى")
    Variant.objects.create(product=product, sku="SKU-RED")
    category = Category.objects.create(code="furniture")
    for language, name in {"en": "Furniture", "ar": "أثاث"}.items():
        CategoryTranslation.objects.create(category=category, language=language, name=name)
    ProductCategory.objects.create(product=product, category=category)
    ProductTag.objects.create(product=product, tag=Tag.objects.create(name="handmade"))
    wood = Attribute.objects.create(code="wood")
    value = AttributeValue.objects.create(product=product, attribute=wood, value="beech")
    AttributeValueTranslation.objects.create(attribute_value=value, language="ar", value="خشب الزان")
    index_product(product.pk)
    assert found(text) == ["STOOL-1"]
