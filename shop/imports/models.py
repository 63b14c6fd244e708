"""What was imported, so that a second run of a file does only what is left or has changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product


class ImportedProduct(models.Model):
    """A product that came from a file. It is written in the transaction that submits the product."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="imported", verbose_name=_("product")
    )
    file = models.CharField(_("file"), max_length=255)
    # Of the document with the contents of its pictures; empty when something of it is still to be submitted.
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    # The uploads that were made, by the SHA-256 of what is in them: an unchanged picture is not stored again.
    uploads = models.JSONField(_("uploads"), default=dict, blank=True)
    imported_at = models.DateTimeField(_("imported at"), auto_now=True)

    class Meta:
        verbose_name = _("imported product")
        verbose_name_plural = _("imported products")

    def __str__(self) -> str:
        return f"{self.product_id} {self.file}"
