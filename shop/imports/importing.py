"""Importing one product: checked as the API checks it, submitted as the API submits it, and remembered.

Running it again is safe: a product that has not changed since it was imported is left alone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from shop.catalog.document import Changes, Core, read_document
from shop.catalog.models import Category, CategoryTranslation, Product, Upload, Variant
from shop.catalog.parts import PARTS
from shop.catalog.pictures import check_picture
from shop.catalog.references import wrong_references
from shop.catalog.submitting import submit_changes, submit_new
from shop.catalog.uploading import store_upload
from shop.errors import InvalidInput
from shop.imports.errors import BadRow
from shop.imports.models import ImportedProduct
from shop.imports.pictures import Pictures
from shop.imports.uploads import paths_in, with_uploads, without_files
from shop.stock.operations import set_stock

Document = dict[str, Any]


class Outcome(Enum):
    """What became of a product of the file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged since the last import: left alone"
    FAILED = "not imported, see the errors"


@dataclass(frozen=True, slots=True)
class Job:
    """One product to import. `shelves` are the categories above its own."""

    document: Document
    shelves: Mapping[str, Document]
    file: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is done. Without `set_stock`, what the shop has already keeps its stock, which sales have counted down."""

    pictures: Pictures
    set_stock: bool = False
    dry_run: bool = False


def import_product(job: Job, manner: Manner) -> tuple[Outcome, bool]:
    """Create or change a product, and whether it is related to products that are not there yet: see `relate`.

    Raises InvalidInput or BadRow, and then nothing of it is written.
    """
    product = Product.objects.filter(sku=job.document["sku"]).first()
    record = ImportedProduct.objects.filter(product=product).first() if product else None
    contents = _contents(job.document, manner.pictures)
    fingerprint = fingerprint_of(job.document, contents)
    if record and record.fingerprint == fingerprint:
        return Outcome.UNCHANGED, False
    document, is_later = _without_missing_relations(job.document)
    if product and not manner.set_stock:
        document = _without_known_stock(document)
    _check(document, job.shelves, product)
    _check_pictures(contents)
    uploads = {} if manner.dry_run else _stored(contents, record)
    with transaction.atomic():
        _set_up(job.shelves)
        product, outcome = _submitted(_written(document, contents, uploads, manner), product)
        made = {"file": job.file, "fingerprint": "" if is_later else fingerprint, "uploads": uploads}
        ImportedProduct.objects.update_or_create(product=product, defaults=made)
    return outcome, is_later


def relate(job: Job, manner: Manner) -> None:
    """What a product is related to, once the whole file is in the shop. What was not imported is left out."""
    product = Product.objects.get(sku=job.document["sku"])
    document, is_missing = _without_missing_relations(job.document)
    changes = read_document({"related": document["related"]}, Changes)
    fingerprint = "" if is_missing else fingerprint_of(job.document, _contents(job.document, manner.pictures))
    with transaction.atomic():
        submit_changes(product, changes, ["related"])
        ImportedProduct.objects.filter(product=product).update(fingerprint=fingerprint)


def _contents(document: Document, pictures: Pictures) -> dict[str, bytes]:
    return {path: pictures.read(path) for path in paths_in(document)}


def _without_missing_relations(document: Document) -> tuple[Document, bool]:
    wanted = document["related"]
    there = set(Product.objects.filter(sku__in=wanted).values_list("sku", flat=True)) if wanted else set()
    return {**document, "related": [sku for sku in wanted if sku in there]}, len(there) < len(wanted)


def _written(document: Document, contents: Mapping[str, bytes], uploads: Mapping[str, str], manner: Manner) -> Core:
    """A dry run checks the pictures, but stores none."""
    if manner.dry_run:
        return read_document(without_files(document))
    return read_document(
        with_uploads(document, {path: uploads[_digest(content)] for path, content in contents.items()})
    )


def fingerprint_of(document: Document, contents: Mapping[str, bytes]) -> str:
    """The same for the same document with the same pictures."""
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
    for path in sorted(contents):
        digest.update(_digest(contents[path]).encode())
    return digest.hexdigest()


def _check(document: Document, shelves: Mapping[str, Document], product: Product | None) -> None:
    """All that the sender must know, before anything is stored."""
    core = read_document(without_files(document))
    slug = core.slug if product else core.wanted_slug()
    errors = [one for one in wrong_references(core, slug, product) if not _is_shelf(one, document, shelves)]
    if errors:
        raise InvalidInput(errors)


def _check_pictures(contents: Mapping[str, bytes]) -> None:
    for path, content in contents.items():
        try:
            check_picture(ContentFile(content))
        except ValidationError as error:
            raise BadRow(f"{path}: {' '.join(error.messages)}") from error


def _is_shelf(error: Mapping[str, Any], document: Document, shelves: Mapping[str, Document]) -> bool:
    """A category that is about to be made."""
    return error["code"] == "unknown" and error["field"] in {
        f"categories[{place}].parent"
        for place, category in enumerate(document["categories"])
        if category.get("parent") in shelves
    }


def _submitted(document: Core, product: Product | None) -> tuple[Product, Outcome]:
    def stock(saved: Product) -> None:
        if document.stock:
            set_stock({saved.pk: document.stock.available}, low_at=document.stock.low_at)

    if product is None:
        return submit_new(document, stock).product, Outcome.CREATED
    return submit_changes(product, document, PARTS, and_then=stock).product, Outcome.UPDATED


def _set_up(shelves: Mapping[str, Document]) -> None:
    """Categories above others, the highest first. Those that are there stay as they are."""
    for code, shelf in shelves.items():
        parent = Category.objects.filter(code=shelf["parent"]).first()
        category, created = Category.objects.get_or_create(code=code, defaults={"parent": parent})
        if created:
            CategoryTranslation.objects.bulk_create(
                CategoryTranslation(category=category, language=language, name=name)
                for language, name in shelf["names"].items()
            )


def _stored(contents: Mapping[str, bytes], record: ImportedProduct | None) -> dict[str, str]:
    """The upload of each picture, by its digest; those of the last import are taken again."""
    known = record.uploads if record else {}
    there = {str(pk) for pk in Upload.objects.filter(pk__in=known.values()).values_list("pk", flat=True)}
    stored: dict[str, str] = {}
    for path, content in contents.items():
        digest = _digest(content)
        if digest not in stored:
            before = known.get(digest)
            stored[digest] = before if before in there else str(store_upload(ContentFile(content), path).pk)
    return stored


def _without_known_stock(document: Document) -> Document:
    """Pieces are counted by the shop once it has them; new variants come with theirs."""
    skus = [variant["sku"] for variant in document["variants"]]
    known = set(Variant.objects.filter(sku__in=skus).values_list("sku", flat=True))
    variants = [
        {key: value for key, value in variant.items() if key != "stock" or variant["sku"] not in known}
        for variant in document["variants"]
    ]
    return {**{key: value for key, value in document.items() if key != "stock"}, "variants": variants}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
