"""What the CRM knows of the customers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.customers.models import Customer
from shop.outside.records import OutsideRecord


class Contact(OutsideRecord):
    """A customer as the CRM was last told; `revision` counts what it was told."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, related_name="contact", verbose_name=_("customer")
    )
    revision = models.PositiveIntegerField(_("revision"), default=0)
    document = models.JSONField(_("what the CRM knows"), default=dict, blank=True)
    synced_at = models.DateTimeField(_("synced at"), null=True, blank=True)

    class Meta:
        verbose_name = _("CRM contact")
        verbose_name_plural = _("CRM contacts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.document.get("email") or str(self.customer_id)
