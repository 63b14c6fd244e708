"""Who buys."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import languages
from shop.changes import RemembersValues
from shop.customers.countries import country_choices

MOST_ADDRESSES = 50


class Customer(RemembersValues, models.Model):
    """A person who orders, known by e-mail address; with a user only if they log in. Saving a change emits
    customer.changed."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=10, choices=languages, default="en")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="customer",
        verbose_name=_("user"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # Since then no mails but those about their own orders and account.
    unsubscribed_at = models.DateTimeField(_("unsubscribed at"), null=True, blank=True)

    # Since then nothing here says who it was.
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    watched_fields = ("email", "name", "language")

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="customer_email_lower_case"),
            models.CheckConstraint(condition=~Q(email=""), name="customer_has_email"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def recipients(self) -> list[str]:
        """Whom a mail to the customer goes to; nobody, which Django then does not send, once they are erased."""
        return [] if self.erased_at else [self.email]

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """One person, one spelling; before the length is checked, for some letters get longer."""
        self.email = self.email.lower()
        super().clean_fields(exclude)


class Address(models.Model):
    """Where a customer lives, or wants parcels or invoices to go. Orders keep a copy as it was."""

    FIELDS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="addresses", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=200)
    line1 = models.CharField(_("address"), max_length=200)
    line2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=country_choices)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    is_default_shipping = models.BooleanField(_("parcels go here"), default=False)
    is_default_billing = models.BooleanField(_("invoices go here"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["customer_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_default_shipping=True), name="one_default_shipping_address"
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_default_billing=True), name="one_default_billing_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.line1}, {self.city}, {self.country}"

    def snapshot(self) -> dict[str, str]:
        """As it is now, to be kept with an order."""
        return {field: getattr(self, field) for field in self.FIELDS}
