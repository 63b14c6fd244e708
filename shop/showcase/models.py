"""What is read of products. The rows follow the log, and can be made again from it at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import languages


class ShownProduct(models.Model):
    """A product in one language: its name, its description, its parts, and how far its documents are written.

    Only products whose documents are all written have rows, and a row of another `revision` than its product's is not
    shown. What must be true at the moment of the request, such as price and stock, is not in it.
    """

    product_id = models.BigIntegerField(_("product"))
    language = models.CharField(_("language"), max_length=10, choices=languages)
    revision = models.PositiveIntegerField(_("revision"))
    #: JSON as text: jsonb would lose the order in which things are shown.
    document = models.TextField(_("document"))

    class Meta:
        verbose_name = _("shown product")
        verbose_name_plural = _("shown products")
        ordering = ["product_id", "language"]
        constraints = [models.UniqueConstraint(fields=["product_id", "language"], name="shown_product_once")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.language}"
