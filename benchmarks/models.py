"""The tables that the rivals write to; `migrate --run-syncdb` makes them."""

from django.db import models
from django.db.models.functions import Now


class Sale(models.Model):
    """The business change of a request: a sale and its lines."""

    number = models.UUIDField(unique=True)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    created_at = models.DateTimeField(db_default=Now())


class SaleLine(models.Model):
    """A line of a sale."""

    sale = models.ForeignKey(Sale, models.CASCADE)
    position = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=14, decimal_places=2)


class LedgerEntry(models.Model):
    """The one row that a subscriber or a rival task writes: who, for which crate of which lap, and when it began."""

    writer = models.TextField()
    crate_id = models.IntegerField()
    lap = models.IntegerField()
    started_at = models.DateTimeField()
    written_at = models.DateTimeField()


class CrateStock(models.Model):
    """The read model of a projection: what has come in and gone out of each crate."""

    crate_id = models.IntegerField(primary_key=True)
    customer_id = models.IntegerField(db_index=True)
    moves = models.PositiveIntegerField()
    units = models.BigIntegerField()
