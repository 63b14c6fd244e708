"""Writing to the catalogue: many products at once, and one product with its texts as one change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from djmoney.money import Money

from events.api import emit_many
from shop.catalog.events import ProductCreated
from shop.catalog.models import Product, ProductTranslation

BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Text:
    """A product's texts in one language."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to create. `picture` is a path in the media storage; texts are keyed by language code."""

    sku: str
    slug: str
    price: Money
    texts: Mapping[str, Text] = field(default_factory=dict)
    status: str = Product.Status.ACTIVE
    picture: str = ""


@transaction.atomic
def create_products(new: Sequence[NewProduct]) -> list[Product]:
    """Create products with their texts, and emit one product.created each, in few statements for any number.

    bulk_create sends no signals, so this emits what they would have emitted. Raises IntegrityError on a SKU or slug
    that exists, and then nothing is created.
    """
    products = Product.objects.bulk_create([_product(entry) for entry in new], batch_size=BATCH_ROWS)
    pairs = zip(products, new, strict=True)
    _write_texts(translation for product, entry in pairs for translation in _translations(product, entry.texts))
    emit_many([ProductCreated(product_id=product.pk, sku=product.sku) for product in products])
    return products


@transaction.atomic
def update_product(product: Product, values: Mapping[str, Any], texts: Mapping[str, Text]) -> Product:
    """Set fields and texts of a product, with one product.updated for all that changed.

    The product is locked and read afresh, so that two updates at once do not undo each other; checkouts do not wait.
    """
    product = Product.objects.select_for_update(no_key=True).prefetch_related("translations").get(pk=product.pk)
    for name, value in values.items():
        setattr(product, name, value)
    product.changed_texts = _changed_texts(product, texts)
    _write_texts(_translations(product, texts))
    product.save()
    return product


@transaction.atomic
def add_texts(translations: Iterable[ProductTranslation]) -> None:
    """Add texts to products created in this same transaction: their product.created speaks for the texts too."""
    _write_texts(translations)


def _product(entry: NewProduct) -> Product:
    return Product(sku=entry.sku, slug=entry.slug, price=entry.price, status=entry.status, picture=entry.picture)


def _translations(product: Product, texts: Mapping[str, Text]) -> list[ProductTranslation]:
    return [
        ProductTranslation(product=product, language=language, name=text.name, description=text.description)
        for language, text in texts.items()
    ]


def _write_texts(translations: Iterable[ProductTranslation]) -> None:
    ProductTranslation.objects.bulk_create(
        translations,
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        unique_fields=["product", "language"],
        update_fields=["name", "description"],
    )


def _changed_texts(product: Product, texts: Mapping[str, Text]) -> list[str]:
    before = {text.language: text for text in product.translations.all()}
    return [
        f"{name}[{language}]"
        for language, text in texts.items()
        for name in ("name", "description")
        if getattr(text, name) != getattr(before.get(language), name, "")
    ]
