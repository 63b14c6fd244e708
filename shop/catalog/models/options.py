"""What a customer chooses: options with their values, and the variants that come of them."""

from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from djmoney.models.fields import MoneyField

from shop.catalog.models.product import Product, sku_validator
from shop.catalog.models.texts import language_field, one_per_language, text_in
from shop.catalog.models.uploads import Upload
from shop.catalog.pictures import PictureField, check_picture


class Option(models.Model):
    """A choice that a product leaves, such as its colour."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="options")
    code = models.SlugField(_("code"), max_length=100, allow_unicode=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="one_option_each")]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str) -> str:
        """The name in a language, else in English, else the code."""
        return text_in(self.translations.all(), language, "name") or self.code


class OptionTranslation(models.Model):
    """An option's name in one language."""

    option = models.ForeignKey(Option, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    name = models.CharField(_("name"), max_length=255)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("option", "option_translation")

    def __str__(self) -> str:
        return self.name


class OptionValue(models.Model):
    """One of the things an option can be, such as green."""

    option = models.ForeignKey(Option, on_delete=models.CASCADE, related_name="values")
    code = models.SlugField(_("code"), max_length=100, allow_unicode=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("option value")
        verbose_name_plural = _("option values")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["option", "code"], name="one_option_value_each")]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str) -> str:
        """The name in a language, else in English, else the code."""
        return text_in(self.translations.all(), language, "name") or self.code


class OptionValueTranslation(models.Model):
    """The name of an option's value in one language."""

    value = models.ForeignKey(OptionValue, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    name = models.CharField(_("name"), max_length=255)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("value", "option_value_translation")

    def __str__(self) -> str:
        return self.name


class OptionValueImage(models.Model):
    """What an option's value looks like."""

    value = models.OneToOneField(OptionValue, on_delete=models.CASCADE, related_name="image")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, blank=True, editable=False)
    file = PictureField(
        _("file"),
        upload_to="products/",
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"]), check_picture],
    )

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self) -> str:
        return self.file.name


class OptionValueImageTranslation(models.Model):
    """What the image of an option's value shows, for those who do not see it."""

    image = models.ForeignKey(OptionValueImage, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    alt = models.CharField(_("alternative text"), max_length=500)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("image", "option_value_image_translation")

    def __str__(self) -> str:
        return self.alt


class Variant(models.Model):
    """A product with its options chosen: something that is sold by itself.

    The choice is kept by codes, so that options and variants can be written independently of each other. A variant that
    is no longer offered is retired, never deleted: orders refer to it.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(_("SKU"), max_length=64, unique=True, validators=[sku_validator])
    option_values = models.JSONField(_("option values"), default=dict, help_text=_('Such as {"colour": "green"}.'))
    price = MoneyField(
        _("price"), max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("Empty: the product's.")
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_sku"),
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.sku
