"""What is kept of a call to another system, beside what it was about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.errors import OutsideError

ERROR_LIMIT = 500


class OutsideRecord(models.Model):
    """When the service was last asked, and what went wrong then; empty when nothing did."""

    tried_at = models.DateTimeField(_("last asked at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=ERROR_LIMIT, blank=True)

    class Meta:
        abstract = True


@contextmanager
def noting(record: OutsideRecord, now: datetime) -> Iterator[None]:
    """Keep how the call inside ends; errors go on to whoever asked. Twice is once: the last call is what is kept."""
    try:
        yield
    except OutsideError as error:
        _note(record, tried_at=now, error=str(error)[:ERROR_LIMIT])
        raise
    _note(record, tried_at=now, error="")


def _note(record: OutsideRecord, **values: Any) -> None:
    type(record)._base_manager.filter(pk=record.pk).update(**values)
    for name, value in values.items():
        setattr(record, name, value)
