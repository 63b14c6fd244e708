"""The table of rebuilds: read models that are made again from the log, and how far each one is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Rebuild(models.Model):
    """One rebuild of a projection. It reads the log in passes, each of which takes what the pass before could not see
    yet; the row moves in the transaction that writes what was read."""

    class State(models.TextChoices):
        """Running until the tables are swapped."""

        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    projection = models.TextField(_("projection"))
    reason = models.TextField(_("reason"))
    owner = models.TextField(_("owner"))
    state = models.TextField(_("state"), choices=State, db_default=State.RUNNING)
    #: Why it failed, or what it waits for.
    state_reason = models.TextField(_("reason of the state"), blank=True, db_default="")
    #: What the tables, and the code that fills them, were like at the start.
    table_print = models.TextField(_("fingerprint of the tables"))
    code_print = models.TextField(_("fingerprint of the code"))
    pass_number = models.PositiveIntegerField(_("pass"), db_default=0)
    #: What earlier passes have read: transactions below the first number, and up to the second those not in the list.
    read_xmin = models.BigIntegerField(_("read below"), db_default=0)
    read_xmax = models.BigIntegerField(_("read up to"), db_default=0)
    read_without = ArrayField(models.BigIntegerField(), verbose_name=_("read without"), default=list)
    #: What this pass reads, in the same terms.
    pass_xmin = models.BigIntegerField(_("pass below"), db_default=0)
    pass_xmax = models.BigIntegerField(_("pass up to"), db_default=0)
    pass_without = ArrayField(models.BigIntegerField(), verbose_name=_("pass without"), default=list)
    #: Events of this pass up to the first position are applied; it ends at the second.
    after_position = models.BigIntegerField(_("position"), db_default=0)
    upto_position = models.BigIntegerField(_("last position"), db_default=0)
    #: How many events this pass has applied, and all have.
    pass_applied_count = models.BigIntegerField(_("applied in this pass"), db_default=0)
    applied_count = models.BigIntegerField(_("applied"), db_default=0)
    #: How often somebody had the tables locked when they were to be swapped.
    swap_attempts = models.PositiveIntegerField(_("attempts to swap"), db_default=0)
    created_at = models.DateTimeField(_("created at"))
    #: When a worker was last told to go on; null when none is at it.
    sent_at = models.DateTimeField(_("sent at"), null=True)
    #: Not before this instant, after an attempt to swap.
    due_at = models.DateTimeField(_("due at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("rebuild")
        verbose_name_plural = _("rebuilds")
        constraints = [
            models.UniqueConstraint(fields=["projection"], condition=Q(state="running"), name="events_rebuild_alone")
        ]
        indexes = [models.Index(fields=["projection", "-id"], name="events_rebuild_latest")]
        permissions = [("rebuild_projection", "Can rebuild read models")]

    def __str__(self) -> str:
        return f"{self.projection} {self.pk}"

    @property
    def schema(self) -> str:
        """Where its tables are until the swap."""
        return f"backroom_rebuild_{self.pk}"

    @property
    def is_pass_over(self) -> bool:
        """Whether everything that the pass has to read is applied; before the first one there is nothing."""
        return self.after_position >= self.upto_position

    @property
    def permille(self) -> int:
        """How far it is; the first pass is nearly all of it."""
        if self.state == self.State.FINISHED:
            return 1000
        if self.pass_number > 1:
            return 999
        return min(999, 1000 * self.after_position // self.upto_position) if self.upto_position else 0
