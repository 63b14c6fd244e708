"""What customers would like to have."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product
from shop.customers.models import Customer


class WishlistItem(models.Model):
    """One product on a customer's wishlist."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="wishlist_items", verbose_name=_("customer")
    )
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="wishlist_items", verbose_name=_("product")
    )
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    class Meta:
        verbose_name = _("wishlist item")
        verbose_name_plural = _("wishlist items")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["customer", "product"], name="once_on_a_wishlist")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.product_id}"
