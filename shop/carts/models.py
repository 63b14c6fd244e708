"""Carts and their lines. Prices are not kept: they are computed whenever a cart is shown or bought."""

import hashlib
import secrets

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product, Variant
from shop.customers.countries import country_choices
from shop.customers.models import Customer

MOST_LINES = 200
MOST_PIECES = 10_000


def new_token() -> str:
    """A secret nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is stored of a guest's token, so that reading the table opens no cart."""
    return hashlib.sha256(token.encode()).hexdigest()


class Cart(models.Model):
    """A customer's one cart, or a guest's, who shows a secret token for it."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="cart", verbose_name=_("customer")
    )
    token_digest = models.CharField(_("digest of the token"), max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 (customers' carts have none)
    coupon_code = models.CharField(_("coupon"), max_length=40, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, choices=country_choices)
    region = models.CharField(_("region"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=True, token_digest__isnull=False)
                | Q(customer__isnull=False, token_digest__isnull=True),
                name="cart_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class CartLine(models.Model):
    """So many pieces of a product or of one of its variants."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines", verbose_name=_("cart"))
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="cart_lines", verbose_name=_("product"))
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, null=True, blank=True, related_name="cart_lines", verbose_name=_("variant")
    )
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    class Meta:
        verbose_name = _("line of a cart")
        verbose_name_plural = _("lines of carts")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "product", "variant"], name="one_cart_line_per_thing", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity__lte=MOST_PIECES), name="cart_line_quantity_sensible"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def sku(self) -> str:
        """Of the variant, else of the product."""
        return self.variant.sku if self.variant else self.product.sku
