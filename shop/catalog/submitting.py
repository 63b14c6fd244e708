"""Submitting a product as a document: what its sender must know is checked at once, its core is saved at once, and its
parts are written behind the request (or in it, when PRODUCT_PARTS is "request").

The document is stored once; the event only refers to it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from events.api import emit, emit_many
from shop.catalog.document import Core, field_error
from shop.catalog.events import ProductCoreCreated, ProductCoreUpdated, ProductCreated
from shop.catalog.models import Product, Submission
from shop.catalog.parts import PARTS
from shop.catalog.processing import finish_empty, write_part
from shop.catalog.references import uploads_in, wrong_references
from shop.catalog.uploading import hold_uploads
from shop.errors import FieldErrors, InvalidInput

_INSERT = """
WITH product AS (
    INSERT INTO catalog_product (sku, slug, name, price, price_currency, status, picture, rating_count, revision,
                                 created_at, updated_at)
    VALUES (%(sku)s, %(slug)s, %(name)s, %(price)s, %(currency)s, %(status)s, '', 0, 1,
            statement_timestamp(), statement_timestamp())
    RETURNING id, created_at
)
INSERT INTO catalog_submission (product_id, revision, document, parts, done, failed, uploads, state, created_at)
SELECT id, 1, %(document)s::jsonb, %(parts)s::varchar[], '{}', '{}', %(uploads)s::uuid[], 'open', created_at
FROM product
RETURNING product_id, id, created_at
"""
#: What else happens in the transaction that saves the core, such as setting the stock.
AndThen = Callable[[Product], None]


def _nothing_else(product: Product) -> None:
    pass


def submit_new(document: Core, and_then: AndThen = _nothing_else) -> Submission:
    """Create a product. Raises InvalidInput, and then nothing is written.

    Emits product.created and product.core_created.
    """
    slug, price = document.wanted_slug(), document.money()
    product = Product(
        sku=document.sku, slug=slug, name=document.name or "", price=price, status=document.status, revision=1
    )
    with _uniqueness_races(), transaction.atomic():
        hold_uploads(uploads_in(document))
        _refuse([*wrong_references(document, slug, None), *_wrong_currencies(document, str(price.currency))])
        submission = _insert(product, document)
        created = ProductCreated(product_id=product.pk, sku=product.sku)
        emit_many([created, ProductCoreCreated(**_names(submission))])
        and_then(product)
        _write_at_once(submission)
    return submission


def submit_changes(
    product: Product,
    document: Core,
    parts: Iterable[str],
    check: AndThen = _nothing_else,
    and_then: AndThen = _nothing_else,
) -> Submission:
    """Change a product's core by what the document has of it, and write these parts anew. Raises InvalidInput, or what
    `check` raises for the locked product, and then nothing is written.

    Emits product.core_updated, and product.updated when the core changed. Checkouts do not wait for the lock.
    """
    with _uniqueness_races(), transaction.atomic():
        product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        check(product)
        hold_uploads(uploads_in(document))
        errors = wrong_references(document, document.slug, product)
        price = document.money(product.price)
        _refuse([*errors, *_wrong_currencies(document, str((price or product.price).currency))])
        _set_core(product, document)
        product.revision += 1
        and_then(product)  # before anything is emitted: who changes the stock locks it first and emits then
        product.save()
        submission = _store(product, document, parts)
        emit(ProductCoreUpdated(**_names(submission)))
        _write_at_once(submission)
    return submission


def _set_core(product: Product, document: Core) -> None:
    given = document.model_fields_set
    product.sku = document.sku if "sku" in given else product.sku
    product.slug = document.slug or product.slug
    product.name = document.name or product.name
    product.price = document.money(product.price) or product.price
    product.status = document.status or product.status


def _insert(product: Product, document: Core) -> Submission:
    """Core and document in one statement, and without the signal: its event goes along with the other."""
    submission = Submission(
        product=product, revision=product.revision, parts=document.given_parts, uploads=uploads_in(document)
    )
    values = {
        "sku": product.sku,
        "slug": product.slug,
        "name": product.name,
        "price": product.price.amount,
        "currency": str(product.price.currency),
        "status": product.status,
        "document": document.stored_json(),
        "parts": submission.parts,
        "uploads": submission.uploads,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        product.pk, submission.pk, product.created_at = cursor.fetchone()
    product._state.adding = submission._state.adding = False
    submission.product = product
    return submission


def _store(product: Product, document: Core, parts: Iterable[str]) -> Submission:
    submission = Submission(
        product=product,
        revision=product.revision,
        document=document.stored(),
        parts=list(parts),
        uploads=uploads_in(document),
    )
    submission.save(force_insert=True)
    return submission


def _write_at_once(submission: Submission) -> None:
    if not submission.parts:
        finish_empty(submission)
    elif settings.PRODUCT_PARTS == "request":
        for name in submission.parts:
            write_part(submission.pk, name)
        submission.refresh_from_db()


def _names(submission: Submission) -> dict[str, object]:
    return {
        "product_id": submission.product_id,
        "submission_id": submission.pk,
        "sku": submission.product.sku,
        "revision": submission.revision,
        "parts": submission.parts,
    }


def _refuse(errors: FieldErrors) -> None:
    if errors:
        raise InvalidInput(errors)


def _wrong_currencies(document: Core, currency: str) -> Iterator[dict[str, str]]:
    """A product is sold in one currency."""
    for name in ("variants", "tier_prices"):
        for index, one in enumerate(document.part(name) or () if name in PARTS else ()):
            if one.price and one.price.currency not in {None, currency}:
                told = _("The product is sold in {currency}.").format(currency=currency)
                yield field_error([name, index, "price", "currency"], "currency", told)


@contextmanager
def _uniqueness_races() -> Iterator[None]:
    """Two requests with one SKU may both pass the check; the database lets one through."""
    try:
        yield
    except IntegrityError as error:
        if "unique" not in str(error):
            raise
        told = _("Another product has this SKU, slug or name already.")
        raise InvalidInput([field_error(["sku"], "unique", told)]) from error
