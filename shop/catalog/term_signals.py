"""Saving what products share, a category, an attribute or a tag, emits."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from events.api import emit, emit_many
from shop.catalog.events import ProductUpdated, TermChanged
from shop.catalog.models import Attribute, AttributeTranslation, Category, CategoryTranslation, Product, Tag

Term = Category | Attribute | Tag
Name = CategoryTranslation | AttributeTranslation


@receiver(post_save, sender=Category)
@receiver(post_save, sender=Attribute)
@receiver(post_save, sender=Tag)
def emit_term_saved(instance: Term, created: bool, raw: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    """catalogue.term_changed when the save changes something; a new term is in no product yet."""
    if not raw and not created and instance.changed_fields(update_fields):
        emit(TermChanged(kind=instance._meta.model_name, term_id=instance.pk))


@receiver(post_save, sender=CategoryTranslation)
@receiver(post_save, sender=AttributeTranslation)
def emit_name_saved(instance: Name, created: bool, raw: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    """catalogue.term_changed when a name is new or another one; nothing for fixtures."""
    if not raw and (created or instance.changed_fields(update_fields)):
        emit(_renamed(instance))


@receiver(post_delete, sender=CategoryTranslation)
@receiver(post_delete, sender=AttributeTranslation)
def emit_name_deleted(instance: Name, origin: Any, **_: Any) -> None:
    """catalogue.term_changed, unless the term itself goes and takes its names along."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is type(instance):
        emit(_renamed(instance))


@receiver(pre_delete, sender=Tag)
def emit_tag_deleted(instance: Tag, **_: Any) -> None:
    """product.updated for those that lose it; other terms stay for as long as a product has them."""
    products = Product.objects.filter(tags=instance).order_by("pk").values_list("pk", "sku")
    emit_many([ProductUpdated(product_id=pk, sku=sku, changed=["tags"]) for pk, sku in products])


def _renamed(name: Name) -> TermChanged:
    if isinstance(name, CategoryTranslation):
        return TermChanged(kind="category", term_id=name.category_id)
    return TermChanged(kind="attribute", term_id=name.attribute_id)
