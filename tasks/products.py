"""The parts of a submitted product: one subscriber for each kind, so that one that fails stops none of the others."""

from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.dispatch import receiver
from django.utils import timezone

from events.api import delivery_buried, subscriber
from shop.catalog.events import ProductCoreCreated, ProductCoreUpdated
from shop.catalog.parts import PARTS
from shop.catalog.processing import give_up_part, write_part
from shop.catalog.uploading import sweep_uploads

_PREFIX = "products.write_"


def _writer(name: str) -> Callable[[ProductCoreCreated | ProductCoreUpdated], None]:
    def write(event: ProductCoreCreated | ProductCoreUpdated) -> None:
        """Twice is once: a part that is written is ticked off, and an older document never overwrites a newer one."""
        if name in event.parts:
            write_part(event.submission_id, name)

    write.__name__ = write.__qualname__ = f"write_{name}"
    return write


for _name, _part in PARTS.items():
    subscriber(
        ProductCoreCreated,
        ProductCoreUpdated,
        name=f"{_PREFIX}{_name}",
        soft_time_limit_seconds=_part.time_limit_seconds,
        time_limit_seconds=_part.time_limit_seconds + 30,
    )(_writer(_name))


@receiver(delivery_buried)
def count_dead_part(delivery: Any, event: Any, **_: Any) -> None:
    """Twice is once: a part is marked as failed once, and not at all when it has been written."""
    if delivery.subscriber.startswith(_PREFIX) and (given := event.payload.get("submission_id")):
        give_up_part(given, delivery.subscriber.removeprefix(_PREFIX))


@shared_task(name="tasks.products.sweep_uploads", ignore_result=True)
def sweep_unused_uploads() -> int:
    """Every hour. Twice is once: what is swept is gone."""
    return sweep_uploads(timezone.now())
