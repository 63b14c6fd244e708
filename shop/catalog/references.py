"""Whether what a document claims and refers to can be: asked with one query, whatever it refers to."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.utils.translation import gettext as _

from shop.catalog.document import Core, field_error
from shop.catalog.guides import check_guide
from shop.catalog.models import Product, upload_of
from shop.catalog.parts import PARTS, Reference
from shop.catalog.pictures import check_stored_picture
from shop.errors import FieldErrors

# What is there of what was asked for, and whose it is.
_FIND = """
SELECT 'sku', sku, id FROM catalog_product WHERE sku = ANY(%(skus)s)
UNION ALL SELECT 'variant', sku, product_id FROM catalog_variant WHERE sku = ANY(%(skus)s)
UNION ALL SELECT 'slug', slug, id FROM catalog_product WHERE slug = %(slug)s
UNION ALL SELECT 'name', name, id FROM catalog_product WHERE name = %(name)s AND name <> ''
UNION ALL SELECT 'category', code, 0 FROM catalog_category WHERE code = ANY(%(categories)s)
UNION ALL SELECT kind, id::text, 0 FROM catalog_upload WHERE id = ANY(%(uploads)s::uuid[])
"""
_CHECKS = {"image-path": check_stored_picture, "pdf-path": check_guide}


def wrong_references(document: Core, slug: str | None, product: Product | None) -> FieldErrors:
    """The errors of everything in a document that is taken by another product, or not there."""
    wanted = list(_references(document, slug, product))
    found = _find(wanted)
    pk = product.pk if product else 0
    return [error for one in wanted if (error := _wrong(one, found, pk))] + _own_sku_again(document, product)


def uploads_in(document: Core) -> list[UUID]:
    """The ids of the uploads that a document refers to, also by the paths of their files."""
    given = list(_of_parts(document))
    by_path = [upload_of(one.key) for one in given if one.kind in _CHECKS]
    return [one.key for one in given if one.kind in {"image", "pdf"}] + [pk for pk in by_path if pk]


def _references(document: Core, slug: str | None, product: Product | None) -> Iterable[Reference]:
    if document.sku and not (product and product.sku == document.sku):
        yield Reference("sku", document.sku, ("sku",))
    if slug and not (product and product.slug == slug):
        yield Reference("slug", slug, ("slug",))
    if document.name and not (product and product.name == document.name):
        yield Reference("name", document.name, ("translations", "en", "name"))
    yield from _of_parts(document)


def _of_parts(document: Core) -> Iterable[Reference]:
    for name in document.given_parts:
        yield from PARTS[name].references(document.part(name))


def _find(wanted: list[Reference]) -> dict[str, dict[str, int]]:
    keys: dict[str, list[Any]] = defaultdict(list)
    for one in wanted:
        keys[one.kind].append(one.key)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    values = {
        "skus": keys["sku"] + keys["product"],
        "slug": next(iter(keys["slug"]), None),
        "name": next(iter(keys["name"]), None),
        "categories": keys["category"],
        "uploads": keys["image"] + keys["pdf"],
    }
    if any(values.values()):
        with connection.cursor() as cursor:
            cursor.execute(_FIND, values)
            for kind, key, owner in cursor.fetchall():
                found[kind][key] = owner
    return found


def _wrong(one: Reference, found: dict[str, dict[str, int]], pk: int) -> dict[str, Any] | None:
    if one.kind in _CHECKS:
        return _wrong_file(one)
    if one.kind in {"sku", "slug", "name"}:
        return _taken(one, found, pk)
    key = str(one.key)
    if one.kind == "product":
        if found["sku"].get(key) == pk:
            return field_error(one.where, "itself", _("A product is not related to itself."))
        missing = key not in found["sku"]
    else:
        missing = key not in found[one.kind]
    return field_error(one.where, "unknown", _missing(one)) if missing else None


def _taken(one: Reference, found: dict[str, dict[str, int]], pk: int) -> dict[str, Any] | None:
    """A variant may keep its own SKU; what else of that SKU there is, also the product itself, is another thing."""
    owner = found[one.kind].get(one.key)
    is_variant = one.where[0] == "variants"
    if one.kind == "sku" and one.key in found["variant"]:
        owner = found["variant"][one.key]
        return None if is_variant and owner == pk else _unique(one)
    if owner is None or (owner == pk and not is_variant):
        return None
    return _unique(one)


def _own_sku_again(document: Core, product: Product | None) -> FieldErrors:
    """A new product is not in the database yet."""
    if product or "variants" not in document.given_parts:
        return []
    return [
        _unique(Reference("sku", one.sku, ("variants", index, "sku")))
        for index, one in enumerate(document.part("variants"))
        if one.sku == document.sku
    ]


def _unique(one: Reference) -> dict[str, Any]:
    return field_error(one.where, "unique", _("Another product has this already."))


def _missing(one: Reference) -> str:
    if one.kind == "product":
        return _("There is no product {sku}.").format(sku=one.key)
    if one.kind == "category":
        return _("There is no category {code}; give its names, and it is made.").format(code=one.key)
    if one.kind == "pdf":
        return _("There is no upload of a PDF with this id.")
    return _("There is no upload of an image with this id.")


def _wrong_file(one: Reference) -> dict[str, Any] | None:
    try:
        with default_storage.open(one.key) as file:
            _CHECKS[one.kind](file)
    except (OSError, ValueError):
        return field_error(one.where, "unknown", _("There is no such file in the media storage."))
    except ValidationError as error:
        return field_error(one.where, str(error.code), " ".join(error.messages))
    return None
