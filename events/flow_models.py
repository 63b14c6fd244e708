"""The tables of the flow's figures: minutes that are counted once, and how far the counting is."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventMinute(models.Model):
    """How many events of a name were logged in a minute."""

    pk = models.CompositePrimaryKey("minute", "name")
    minute = models.DateTimeField(_("minute"))
    name = models.TextField(_("name"))
    count = models.PositiveBigIntegerField(_("events"))

    class Meta:
        db_table = "events_eventminute"
        verbose_name = _("events of a minute")
        verbose_name_plural = _("events by minute")

    def __str__(self) -> str:
        return f"{self.minute} {self.name}"


class DeliveryMinute(models.Model):
    """How many deliveries of a subscriber were settled in a minute, replays too, by what became of them."""

    pk = models.CompositePrimaryKey("minute", "subscriber")
    minute = models.DateTimeField(_("minute"))
    subscriber = models.TextField(_("subscriber"))
    done_count = models.PositiveBigIntegerField(_("done"))
    dead_count = models.PositiveBigIntegerField(_("dead"))
    discarded_count = models.PositiveBigIntegerField(_("discarded"))

    class Meta:
        db_table = "events_deliveryminute"
        verbose_name = _("deliveries of a minute")
        verbose_name_plural = _("deliveries by minute")

    def __str__(self) -> str:
        return f"{self.minute} {self.subscriber}"


class FlowCount(models.Model):
    """How far the counting is; one row. It moves in the transaction that counts."""

    ONLY = 1

    #: Events at or below this pair are counted.
    events_xid = models.BigIntegerField(_("transaction"), default=0)
    events_position = models.BigIntegerField(_("position"), default=0)
    #: Deliveries up to this number are counted.
    delivery_id = models.BigIntegerField(_("delivery"), default=0)
    #: Numbers of deliveries up to this one had been given out at that moment.
    given_id = models.BigIntegerField(_("delivery given out"), default=0)
    given_at = models.DateTimeField(_("given out at"), null=True)

    class Meta:
        db_table = "events_flowcount"
        verbose_name = _("count of the flow")
        verbose_name_plural = _("counts of the flow")

    def __str__(self) -> str:
        return f"{self.events_position}, {self.delivery_id}"
