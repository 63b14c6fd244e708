"""What the staff should look at, and what customers are told of their wishes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product
from shop.customers.models import Customer


class LowStockNotice(models.Model):
    """That a product was running low; once a day (UTC) at most, with the pieces that were left when it was noticed."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("product"))
    noticed_on = models.DateField(_("noticed on"))
    available = models.BigIntegerField(_("available"))
    low_at = models.IntegerField(_("low at"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("low-stock notice")
        verbose_name_plural = _("low-stock notices")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["product", "noticed_on"], name="one_low_stock_notice_a_day")]

    def __str__(self) -> str:
        return f"{self.product}: {self.available}"


class WishNotice(models.Model):
    """That a customer is to hear of a product on their wishlist: once per occasion. `event_id` is of the event that
    was the occasion."""

    class Kind(models.TextChoices):
        """Why."""

        BACK_IN = "back-in", _("back in stock")
        PRICE = "price", _("costs less")

    class State(models.TextChoices):
        """A notice that is not true any more when its mail is to be sent is dropped."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("dropped")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer"))
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("product"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    occasion = models.CharField(_("occasion"), max_length=40)
    event_id = models.UUIDField(_("event"))
    old_price = models.DecimalField(_("price before"), max_digits=14, decimal_places=2, null=True, blank=True)
    new_price = models.DecimalField(_("price after"), max_digits=14, decimal_places=2, null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("wish notice")
        verbose_name_plural = _("wish notices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "customer", "kind", "occasion"], name="one_wish_notice_per_occasion"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.get_kind_display()}"
