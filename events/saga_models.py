"""The tables of sagas: what runs, its steps, what it waits for, and what people noted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Saga(models.Model):
    """One run of a saga: its name and business key, what it was given, and where it is."""

    class State(models.TextChoices):
        """Compensating until nothing is left to undo; failed when a compensation is a dead letter."""

        RUNNING = "running", _("running")
        COMPENSATING = "compensating", _("compensating")
        FAILED = "failed", _("failed")
        COMPLETED = "completed", _("completed")
        COMPENSATED = "compensated", _("compensated")

    name = models.TextField(_("name"))
    key = models.TextField(_("key"))
    state = models.TextField(_("state"), choices=State, db_default=State.RUNNING)
    #: Why it does not run forward any more.
    reason = models.TextField(_("reason"), blank=True, db_default="")
    #: What it was given at its start.
    data = models.JSONField(_("data"))
    #: How many changes it has seen: who decides on the grounds of an older one decides again.
    version = models.PositiveIntegerField(_("version"), db_default=0)
    #: Of all of its events.
    correlation_id = models.UUIDField(_("correlation"))
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("saga")
        verbose_name_plural = _("sagas")
        default_permissions = ("view",)
        permissions = [
            ("retry_saga", "Can retry dead steps of sagas"),
            ("compensate_saga", "Can compensate sagas"),
            ("annotate_saga", "Can add notes to sagas"),
        ]
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="events_saga_once")]
        indexes = [
            models.Index(fields=["key"], name="events_saga_key"),
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["running", "compensating", "failed"]),
                name="events_saga_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"


class SagaStep(models.Model):
    """One step of a run that was begun, or its compensation. Its delivery is that of the event at `position`."""

    class Direction(models.TextChoices):
        """Forward, or its undo."""

        ACTION = "action", _("action")
        COMPENSATION = "compensation", _("compensation")

    class State(models.TextChoices):
        """Waiting for an event, or due: its delivery is out. Then how it ended."""

        WAITING = "waiting", _("waiting")
        DUE = "due", _("due")
        DONE = "done", _("done")
        #: It had no effect.
        FAILED = "failed", _("failed")
        #: It failed, but may have had its effect outside.
        UNKNOWN = "unknown", _("outcome unknown")
        TIMED_OUT = "timed_out", _("timed out")
        #: Given up before it had begun, because the saga compensates.
        ENDED = "ended", _("ended")

    saga = models.ForeignKey(Saga, models.CASCADE, related_name="steps", db_constraint=False, db_index=False)
    step = models.TextField(_("step"))
    direction = models.TextField(_("direction"), choices=Direction)
    state = models.TextField(_("state"), choices=State)
    #: Of the event that made it due; null while it waits.
    position = models.BigIntegerField(_("position"), null=True)
    #: Of the event that it waited for.
    arrived_position = models.BigIntegerField(_("arrived"), null=True)
    #: What its action returned.
    recorded = models.JSONField(_("recorded"), null=True)
    reason = models.TextField(_("reason"), blank=True, db_default="")
    begun_at = models.DateTimeField(_("begun at"), db_default=Now())
    #: While it waits.
    deadline_at = models.DateTimeField(_("deadline"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    #: The version of the saga that its end made: compensations run against this order.
    settled_version = models.PositiveIntegerField(_("settled version"), null=True)

    class Meta:
        verbose_name = _("saga step")
        verbose_name_plural = _("saga steps")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["saga", "step", "direction"], name="events_sagastep_once")]
        indexes = [
            models.Index(
                fields=["deadline_at"], condition=Q(deadline_at__isnull=False), name="events_sagastep_deadline"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} ({self.direction}): {self.state}"


class SagaArrival(models.Model):
    """An event that a step waits for, or will wait for: the first one counts, whenever it came."""

    name = models.TextField(_("name"))
    key = models.TextField(_("key"))
    step = models.TextField(_("step"))
    position = models.BigIntegerField(_("position"))
    arrived_at = models.DateTimeField(_("arrived at"), db_default=Now())

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["name", "key", "step"], name="events_sagaarrival_once")]
        indexes = [
            models.Index(fields=["arrived_at"], name="events_sagaarrival_age"),
            models.Index(fields=["position"], name="events_sagaarrival_position"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key} {self.step}"


class SagaNote(models.Model):
    """What somebody had to say about a run."""

    saga = models.ForeignKey(Saga, models.CASCADE, related_name="notes")
    author = models.TextField(_("author"))
    text = models.TextField(_("text"))
    written_at = models.DateTimeField(_("written at"), db_default=Now())

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        default_permissions = ()
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
