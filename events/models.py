"""The tables. Only appends happen on the hot path; the outbox is the one table whose rows come and go."""

from typing import Any

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class TransactionIdField(models.BigIntegerField):
    """PostgreSQL's 64-bit transaction id, as an int."""

    def db_type(self, connection: Any) -> str:
        """The column type."""
        return "xid8"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> int | None:
        """psycopg reads xid8 as text."""
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """xid8 takes text and refuses integers."""
        return str(value) if isinstance(value, int) else value


class Event(models.Model):
    """The log: one row a fact. A trigger refuses UPDATE and DELETE."""

    position = models.BigAutoField(_("position"), primary_key=True)
    id = models.UUIDField(_("id"), unique=True)
    stream = models.TextField(_("stream"))
    stream_version = models.PositiveIntegerField(_("stream version"))
    name = models.TextField(_("name"))
    version = models.PositiveSmallIntegerField(_("schema version"))
    payload = models.JSONField(_("payload"))
    correlation_id = models.UUIDField(_("correlation"))
    causation_id = models.UUIDField(_("causation"), null=True)
    actor = models.TextField(_("actor"), blank=True)
    traceparent = models.TextField(_("trace parent"), blank=True)
    xid = TransactionIdField(_("transaction"), db_default=Func(function="pg_current_xact_id"))
    occurred_at = models.DateTimeField(_("occurred at"), db_default=Now())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["stream", "stream_version"], name="events_event_stream_version")]
        indexes = [models.Index(fields=["correlation_id"], name="events_event_correlation")]

    def __str__(self) -> str:
        return f"{self.name} {self.stream} v{self.stream_version}"


class OutboxEntry(models.Model):
    """What waits to be published; the relay deletes it. Without a subscriber it stands for all of them."""

    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"), null=True)  # noqa: DJ001 (null is for all of them)
    run = models.PositiveSmallIntegerField(_("run"), db_default=0)
    available_at = models.DateTimeField(_("available at"), db_default=Now())

    class Meta:
        db_table = "events_outbox"
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox")
        indexes = [models.Index(fields=["available_at", "id"], name="events_outbox_due")]


class Outcome(models.TextChoices):
    """How a delivery was settled."""

    DONE = "done", _("done")
    DEAD = "dead", _("dead")
    DISCARDED = "discarded", _("discarded")


class Delivery(models.Model):
    """The settled outcome of one event for one subscriber in one run; written once, in the subscriber's transaction."""

    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"))
    run = models.PositiveSmallIntegerField(_("run"))
    outcome = models.TextField(_("outcome"), choices=Outcome)
    attempts = models.PositiveSmallIntegerField(_("attempts"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"))
    worker = models.TextField(_("worker"), blank=True)
    fingerprint = models.TextField(_("error fingerprint"), blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "subscriber", "run"], name="events_delivery_once")]
        indexes = [models.Index(fields=["id"], condition=Q(outcome="dead"), name="events_delivery_dead")]
        permissions = [("replay_delivery", "Can replay dead deliveries")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.subscriber} run {self.run}: {self.outcome}"


class DeadLetter(Delivery):
    """A delivery that ran out of attempts or was rejected, as a list of its own in the admin."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")


class Attempt(models.Model):
    """One failed try."""

    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"))
    run = models.PositiveSmallIntegerField(_("run"))
    number = models.PositiveSmallIntegerField(_("number"))
    error_class = models.TextField(_("error class"))
    message = models.TextField(_("message"))
    traceback = models.TextField(_("traceback"))
    worker = models.TextField(_("worker"), blank=True)
    failed_at = models.DateTimeField(_("failed at"))
    next_try_at = models.DateTimeField(_("next try at"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber", "run", "number"], name="events_attempt_number"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="events_attempt_next_try")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.subscriber} run {self.run} attempt {self.number}"
