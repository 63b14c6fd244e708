"""Writing the parts of a submitted document, each by itself, and noticing when all of them have settled.

    write_part:  lock the part ─▶ newer than what is there? ─▶ replace it ─▶ lock the submission ─▶ tick the part off
    give_up_part:                                                            lock the submission ─▶ mark it failed

Locks are taken in this one order, and events are emitted under the submission's lock, so parts that finish at the same
moment wait for each other for as long as a commit takes, and exactly one of them finds that it was the last.
What is slow, such as making pictures smaller, comes before all locks.
"""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from events.api import emit
from shop.catalog.document import read_part
from shop.catalog.events import ProductFullyProcessed, ProductProcessedWithFailures, ProductUpdated
from shop.catalog.models import PartState, Product, Submission
from shop.catalog.parts import PARTS, Part

# Makes the part's row when it is the first time, and locks it.
_LOCK_PART = """
INSERT INTO catalog_partstate (product_id, part, revision) VALUES (%s, %s, 0)
ON CONFLICT (product_id, part) DO UPDATE SET part = excluded.part RETURNING revision
"""
_WRITTEN = "UPDATE catalog_partstate SET revision = %s WHERE product_id = %s AND part = %s"


@transaction.atomic
def write_part(submission_id: int, name: str) -> None:
    """Bring one part of a product to what a submission says; readers see the old part until the commit.

    Twice is once: what is ticked off is not written again, and an older submission never overwrites a newer one.
    """
    submission = Submission.objects.filter(pk=submission_id).first()
    if submission is None or name not in submission.parts or name in submission.done:
        return
    _prepare(PARTS[name], submission)
    changed = False
    if _locked_revision(submission.product_id, name) < submission.revision:
        if PARTS[name].emits:
            _locked(submission_id)
        changed = _replace(PARTS[name], submission)
        _execute(_WRITTEN, [submission.revision, submission.product_id, name])
    locked = _locked(submission_id)
    if changed:
        emit(ProductUpdated(product_id=locked.product_id, sku=locked.product.sku, changed=[name]))
    _tick_off(locked, name)


@transaction.atomic
def give_up_part(submission_id: int, name: str) -> None:
    """The part's delivery died. Twice is once, and what was written meanwhile has not failed."""
    if (submission := _locked_or_none(submission_id)) is None:
        return
    if name in submission.parts and name not in {*submission.done, *submission.failed}:
        submission.failed.append(name)
        _settle(submission)


def finish_empty(submission: Submission) -> None:
    """A document without parts is processed as soon as it is stored."""
    _settle(submission)


def _tick_off(submission: Submission, name: str) -> None:
    if name not in submission.done:
        submission.done.append(name)
        submission.failed = [one for one in submission.failed if one != name]
        _settle(submission)


def _settle(submission: Submission) -> None:
    """Store how far it is, and tell when it came to an end; after a failure it may come to a better one."""
    before = submission.state
    if len(submission.done) + len(submission.failed) == len(submission.parts):
        submission.state = Submission.State.FAILED if submission.failed else Submission.State.PROCESSED
        submission.settled_at = timezone.now()
    submission.save(update_fields=["done", "failed", "state", "settled_at"])
    if submission.state == Submission.State.PROCESSED:
        emit(ProductFullyProcessed(**_names(submission)))
    elif submission.state == Submission.State.FAILED and before == Submission.State.OPEN:
        emit(ProductProcessedWithFailures(**_names(submission), parts=sorted(submission.failed)))


def _names(submission: Submission) -> dict[str, Any]:
    product = submission.product
    return {
        "product_id": product.pk,
        "submission_id": submission.pk,
        "sku": product.sku,
        "revision": submission.revision,
    }


def _prepare(part: Part, submission: Submission) -> None:
    """Before the transaction has written anything: rescue sees nothing of what came after the oldest one that has."""
    newer = PartState.objects.filter(product=submission.product_id, part=part.name, revision__gte=submission.revision)
    if part.prepare and not newer.exists():
        part.prepare(read_part(part.name, submission.document))


def _replace(part: Part, submission: Submission) -> bool:
    """Whether that changed anything that is shown."""
    products = Product.objects.prefetch_related(*part.prefetch)
    product = products.get(pk=submission.product_id)
    before = part.show(product)
    part.write(product, read_part(part.name, submission.document))
    return part.show(products.get(pk=product.pk)) != before


def _locked(submission_id: int) -> Submission:
    return Submission.objects.select_for_update(of=["self"]).select_related("product").get(pk=submission_id)


def _locked_or_none(submission_id: int) -> Submission | None:
    found = Submission.objects.select_for_update(of=["self"]).select_related("product")
    return found.filter(pk=submission_id).first()


def _locked_revision(product_id: int, name: str) -> int:
    return int(_execute(_LOCK_PART, [product_id, name])[0])


def _execute(statement: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() if cursor.description else None
