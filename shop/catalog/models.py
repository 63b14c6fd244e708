"""Products and their texts in every language."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.validators import FileExtensionValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.catalog.pictures import PictureField, check_picture
from shop.changes import RemembersValues

FALLBACK_LANGUAGE = "en"
LONGEST_SLUG = 120
sku_validator = RegexValidator(
    r"^[A-Za-z0-9](?:[A-Za-z0-9._ -]*[A-Za-z0-9])?\Z",
    _("Letters and digits, with dots, hyphens, underscores and blanks between them."),
)


def languages() -> list[tuple[str, str]]:
    """The languages a text can have; a callable keeps them out of the migrations."""
    return settings.LANGUAGES


class Product(RemembersValues, models.Model):
    """One thing that can be bought. Saving it emits product.created or product.updated."""

    class Status(models.TextChoices):
        """Only active products are shown and sold."""

        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("active")
        ARCHIVED = "archived", _("archived")

    sku = models.CharField(_("SKU"), max_length=64, unique=True, validators=[sku_validator])
    slug = models.SlugField(_("slug"), max_length=LONGEST_SLUG, unique=True)
    price = MoneyField(_("price"), max_digits=14, decimal_places=2)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    picture = PictureField(
        _("picture"),
        upload_to="products/",
        blank=True,
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"]), check_picture],
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    watched_fields = ("sku", "slug", "price", "price_currency", "status", "picture")
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
        ]

    def __str__(self) -> str:
        return self.sku

    def save(self, **options: Any) -> None:
        """Save, and forget the texts that its event has told of."""
        super().save(**options)
        self.changed_texts = ()

    def name_in(self, language: str) -> str:
        """The name in a language, else in English, else the SKU. No query when the translations are prefetched."""
        return self._text_in(language, "name") or self.sku

    def description_in(self, language: str) -> str:
        """The description in a language, else in English, else nothing."""
        return self._text_in(language, "description")

    def _text_in(self, language: str, field: str) -> str:
        texts = {text.language: getattr(text, field) for text in self.translations.all()}
        return texts.get(language) or texts.get(language.split("-")[0]) or texts.get(FALLBACK_LANGUAGE) or ""


class ProductTranslation(RemembersValues, models.Model):
    """A product's texts in one language. Saving one emits product.updated with `name[ar]`, `description[ar]`."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="translations", verbose_name=_("product")
    )
    language = models.CharField(_("language"), max_length=10, choices=languages)
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True, max_length=10_000)

    watched_fields = ("language", "name", "description")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["product_id", "language"]
        constraints = [
            models.UniqueConstraint(fields=["product", "language"], name="one_translation_per_language"),
            models.CheckConstraint(condition=~Q(name=""), name="translation_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
