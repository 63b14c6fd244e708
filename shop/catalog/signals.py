"""Saving a product, or a text of it, emits."""

from collections.abc import Collection
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal, receiver

from events.api import emit
from shop.catalog.events import ProductCreated, ProductUpdated
from shop.catalog.models import Product, ProductTranslation, Review
from shop.catalog.ratings import summarise

#: Sent with `stock`, pieces by the id of the variant, in the transaction that writes the variants.
variant_stock_given = Signal()


@receiver(post_save, sender=Product)
def emit_product_saved(
    instance: Product, created: bool, raw: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """product.created, or product.updated when a watched field changed; nothing for fixtures."""
    if raw:
        return
    if created:
        emit(ProductCreated(product_id=instance.pk, sku=instance.sku))
    elif changed := _changed(instance, update_fields):
        prices = _prices(instance) if "price" in changed else {}
        emit(ProductUpdated(product_id=instance.pk, sku=instance.sku, changed=changed, **prices))


@receiver(post_save, sender=ProductTranslation)
def emit_translation_saved(
    instance: ProductTranslation, created: bool, raw: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """product.updated with the texts that changed."""
    if raw:
        return
    if created:
        changed = texts_in(instance, instance.language)
    else:
        changed = _changed_texts(instance, instance.changed_fields(update_fields))
    _emit_texts_changed(instance, changed)


@receiver(post_delete, sender=ProductTranslation)
def emit_translation_deleted(instance: ProductTranslation, origin: Any, **_: Any) -> None:
    """product.updated, unless the product itself goes and takes its texts along."""
    model = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    if model is ProductTranslation:
        _emit_texts_changed(instance, texts_in(instance, instance.language))


@receiver(post_save, sender=Review)
def count_ratings(instance: Review, raw: bool, **_: Any) -> None:
    """One that is saved by itself; documents and moderators count once for many."""
    if not raw:
        with transaction.atomic():
            summarise(instance.product_id)


@receiver(post_delete, sender=Review)
def count_ratings_without(instance: Review, origin: Any, **_: Any) -> None:
    """One that is deleted by itself: its product shows other reviews than before."""
    if origin is instance:
        with transaction.atomic():
            summarise(instance.product_id)
            product = instance.product
            emit(ProductUpdated(product_id=product.pk, sku=product.sku, changed=["reviews"]))


def texts_in(translation: ProductTranslation, language: str) -> list[str]:
    """The texts a translation holds, as names for `changed`."""
    return [f"{field}[{language}]" for field in ("name", "description") if getattr(translation, field)]


def _changed(product: Product, update_fields: Collection[str] | None) -> list[str]:
    names = {"price" if name == "price_currency" else name for name in product.changed_fields(update_fields)}
    return sorted({*names, *product.changed_texts})


def _prices(product: Product) -> dict[str, Any]:
    """The old price and the new one, unless only the database knows the new one, or they are in two currencies."""
    before, after = product.remembered("price"), product.__dict__.get("price")
    one_currency = product.remembered("price_currency", product.price_currency) == product.price_currency
    is_known = before is not None and not hasattr(after, "resolve_expression")
    return {"old_price": before, "new_price": product.price.amount} if is_known and one_currency else {}


def _changed_texts(translation: ProductTranslation, fields: list[str]) -> list[str]:
    if "language" in fields:
        before = translation.remembered("language")
        return [*texts_in(translation, before), *texts_in(translation, translation.language)]
    return [f"{field}[{translation.language}]" for field in fields]


def _emit_texts_changed(translation: ProductTranslation, changed: list[str]) -> None:
    if changed:
        product = translation.product
        emit(ProductUpdated(product_id=product.pk, sku=product.sku, changed=sorted(changed)))
