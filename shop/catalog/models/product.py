"""Products and their texts in every language."""

from collections.abc import Sequence
from typing import Any

from django.core.validators import FileExtensionValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.catalog.models.texts import language_field, one_per_language, text_in
from shop.catalog.pictures import PictureField, check_picture
from shop.changes import RemembersValues

LONGEST_SLUG = 120
sku_validator = RegexValidator(
    r"^[A-Za-z0-9](?:[A-Za-z0-9._ -]*[A-Za-z0-9])?\Z",
    _("Letters and digits, with dots, hyphens, underscores and blanks between them."),
)


class Product(RemembersValues, models.Model):
    """One thing that can be bought. Saving it emits product.created or product.updated."""

    class Status(models.TextChoices):
        """Only active products are shown and sold."""

        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("active")
        ARCHIVED = "archived", _("archived")

    sku = models.CharField(_("SKU"), max_length=64, unique=True, validators=[sku_validator])
    slug = models.SlugField(_("slug"), max_length=LONGEST_SLUG, unique=True)
    name = models.CharField(
        _("name"), max_length=255, blank=True, help_text=_("In English; its translations come before it.")
    )
    price = MoneyField(_("price"), max_digits=14, decimal_places=2)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    picture = PictureField(
        _("picture"),
        upload_to="products/",
        blank=True,
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"]), check_picture],
        help_text=_("The first of the images takes its place."),
    )
    categories = models.ManyToManyField("Category", through="ProductCategory", related_name="products")
    tags = models.ManyToManyField("Tag", through="ProductTag", related_name="products")
    related = models.ManyToManyField("self", through="RelatedProduct", symmetrical=False)
    rating_count = models.PositiveIntegerField(_("ratings"), default=0, editable=False)
    rating_average = models.DecimalField(
        _("average rating"), max_digits=3, decimal_places=2, null=True, blank=True, editable=False
    )
    # Counts the documents that were submitted for the product, see submissions.py.
    revision = models.PositiveIntegerField(_("revision"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    watched_fields = ("sku", "slug", "name", "price", "price_currency", "status", "picture")
    # Texts that were written together with the next save, such as "name[ar]"; they join its one product.updated.
    changed_texts: Sequence[str] = ()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["sku"]
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="product_has_sku"),
            models.CheckConstraint(condition=~Q(slug=""), name="product_has_slug"),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "archived"]), name="product_status_known"
            ),
            # What came from elsewhere, such as old invoices, may have no name of its own.
            models.UniqueConstraint(fields=["name"], condition=~Q(name=""), name="product_name_unique"),
        ]

    def __str__(self) -> str:
        return self.sku

    def save(self, **options: Any) -> None:
        """Save, and forget the texts that its event has told of."""
        super().save(**options)
        self.changed_texts = ()

    def name_in(self, language: str) -> str:
        """The name in a language, else in English, else the SKU. No query when the translations are prefetched."""
        return text_in(self.translations.all(), language, "name") or self.name or self.sku

    def description_in(self, language: str) -> str:
        """The description in a language, else in English, else nothing."""
        return text_in(self.translations.all(), language, "description")


class ProductTranslation(RemembersValues, models.Model):
    """A product's texts in one language. Saving one emits product.updated with `name[ar]`, `description[ar]`."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="translations", verbose_name=_("product")
    )
    language = language_field()
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True, max_length=10_000)

    watched_fields = ("language", "name", "description")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["product_id", "language"]
        constraints = [
            *one_per_language("product", "translation"),
            models.CheckConstraint(condition=~Q(name=""), name="translation_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
