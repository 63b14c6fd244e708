"""What helps to sell a product: prices for many pieces, and what customers say."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.catalog.models.product import Product


class TierPrice(models.Model):
    """The price of a piece from that many pieces on."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tier_prices")
    min_quantity = models.PositiveIntegerField(_("from quantity"), validators=[MinValueValidator(2)])
    price = MoneyField(_("price"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("tier price")
        verbose_name_plural = _("tier prices")
        ordering = ["min_quantity"]
        constraints = [
            models.UniqueConstraint(fields=["product", "min_quantity"], name="one_price_per_tier"),
            models.CheckConstraint(condition=Q(min_quantity__gte=2), name="tier_is_for_several"),
            models.CheckConstraint(condition=Q(price__gte=0), name="tier_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.min_quantity}+: {self.price}"


class Review(models.Model):
    """What somebody says of a product; shown when somebody of the shop has approved it."""

    class State(models.TextChoices):
        """Of moderation."""

        PENDING = "pending", _("pending")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")

    class Origin(models.TextChoices):
        """A document replaces the reviews that came with a document, never those that customers wrote here."""

        DOCUMENT = "document", _("document")
        CUSTOMER = "customer", _("customer")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="reviews")
    author = models.CharField(_("author"), max_length=255)
    rating = models.PositiveSmallIntegerField(
        _("rating"), validators=[MinValueValidator(1), MaxValueValidator(5)], help_text=_("1 to 5.")
    )
    title = models.CharField(_("title"), max_length=255, blank=True)
    body = models.TextField(_("text"), blank=True, max_length=10_000)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="reviews",
        verbose_name=_("by"),
    )
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.CUSTOMER, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "by"], name="one_review_per_customer"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_rating_1_to_5"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "approved", "rejected"]), name="review_state_known"
            ),
        ]
        indexes = [models.Index(fields=["state"], condition=Q(state="pending"), name="reviews_to_moderate")]

    def __str__(self) -> str:
        return self.title or self.author
