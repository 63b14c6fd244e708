"""Puts the demo catalogue into the shop: products with all their parts, drawn pictures and guides, and stock."""

from collections.abc import Iterable, Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from shop.catalog.document import Changes, Core, read_document
from shop.catalog.models import Category, CategoryTranslation, Product
from shop.catalog.submitting import submit_changes, submit_new
from shop.demo.documents import DemoProduct, demo_products
from shop.demo.guides import draw_guide
from shop.demo.pictures import draw_picture
from shop.demo.words import words
from shop.stock.operations import set_stock


def missing_products() -> list[DemoProduct]:
    """The demo products whose SKU, slug and name the shop does not have yet."""
    skus, slugs, names = (set(Product.objects.values_list(name, flat=True)) for name in ("sku", "slug", "name"))
    return [
        one for one in demo_products() if one.sku not in skus and one.slug not in slugs and one.names["en"] not in names
    ]


def draw_files(products: Iterable[DemoProduct]) -> Iterator[DemoProduct]:
    """Draw what is not in the media storage yet, one product at a time, for whoever shows progress."""
    for product in products:
        for path, tone in product.pictures.items():
            if not default_storage.exists(path):
                default_storage.save(path, ContentFile(draw_picture(product.kind, tone)))
        if product.guide and not default_storage.exists(product.guide):
            with default_storage.open(next(iter(product.pictures))) as picture:
                guide = draw_guide(product.kind, product.names, picture.read())
            default_storage.save(product.guide, ContentFile(guide))
        yield product


@transaction.atomic
def add_products(products: list[DemoProduct]) -> None:
    """Submit them as the API does, all or none; their parts are written behind it. Then what goes with what, which can
    only be said once all are there."""
    _set_up_categories()
    added = [_add(product) for product in products]
    for row, product in zip(added, products, strict=True):
        there = set(Product.objects.filter(sku__in=product.related).values_list("sku", flat=True))
        related = [sku for sku in product.related if sku in there]
        submit_changes(row, read_document({"related": related}, Changes), ["related"])


def _add(product: DemoProduct) -> Product:
    document = read_document(product.document)
    return submit_new(document, lambda row: _stock(row, document)).product


def _stock(product: Product, document: Core) -> None:
    if document.stock:
        set_stock({product.pk: document.stock.available}, low_at=document.stock.low_at)


def _set_up_categories() -> None:
    """The tree; a category that is there stays as it is."""
    for code, names in words("categories").items():
        parent = Category.objects.filter(code=names.get("parent", "")).first()
        category, created = Category.objects.get_or_create(code=code, defaults={"parent": parent})
        if created:
            CategoryTranslation.objects.bulk_create(
                CategoryTranslation(category=category, language=language, name=name)
                for language, name in names.items()
                if language != "parent"
            )
