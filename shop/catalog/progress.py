"""How far the submitted documents of a product are written."""

from typing import Any, TypedDict

from django.db.models import F, Prefetch, Q

from shop.catalog.models import Product, Submission


class Processing(TypedDict):
    """Parts that are written, parts that were submitted, and the names of those that failed."""

    done: int
    total: int
    failed: list[str]


def progress_paths() -> list[Any]:
    """What `processing` reads, for prefetch_related."""
    telling = Submission.objects.defer("document").filter(
        ~Q(state=Submission.State.PROCESSED) | Q(revision=F("product__revision"))
    )
    return [Prefetch("submissions", telling.order_by("revision"), to_attr="telling_submissions"), "part_states"]


def processing(product: Product) -> Processing:
    """Of the newest document, and of older ones that are not written yet; a part counts once, for the newest of them.

    A failed part is forgotten when a newer document has written it.
    """
    newest = {name: submission for submission in product.telling_submissions for name in submission.parts}
    written = {state.part: state.revision for state in product.part_states.all()}
    done = [name for name, one in newest.items() if written.get(name, 0) >= one.revision or name in one.done]
    failed = sorted(name for name, one in newest.items() if name in one.failed and name not in done)
    return {"done": len(done), "total": len(newest), "failed": failed}
