"""Durable timers: what is to happen to an order, and when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.orders.models import Order


class FollowUp(models.Model):
    """A timer in the database, so that no restart forgets it. An order has one of each kind.

    waiting ─▶ due (followup.due is emitted) ─▶ sent; waiting and due ─▶ dropped, when it is wanted no longer.
    """

    class Kind(models.TextChoices):
        """A thank-you, and later a request for a review."""

        THANKS = "thanks", _("thank-you")
        REVIEW = "review", _("request for a review")

    class State(models.TextChoices):
        """Only the first still wait for their time."""

        WAITING = "waiting", _("waiting")
        DUE = "due", _("due")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("dropped")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="followups", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="followup_waiting_until")]
        constraints = [models.UniqueConstraint(fields=["order", "kind"], name="one_followup_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_kind_display()}"
