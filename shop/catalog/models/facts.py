"""What is known of a product: attributes, size and weight, materials, details."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalog.models.product import Product
from shop.catalog.models.texts import language_field, one_per_language, text_in
from shop.changes import RemembersValues


class Attribute(RemembersValues, models.Model):
    """A property that products can have, such as `wood`: shared by all that have it, so that they can be compared.
    Saving a change emits catalogue.term_changed."""

    code = models.SlugField(_("code"), max_length=100, unique=True, allow_unicode=True)

    watched_fields = ("code",)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str) -> str:
        """The name in a language, else in English, else the code."""
        return text_in(self.translations.all(), language, "name") or self.code


class AttributeTranslation(RemembersValues, models.Model):
    """An attribute's name in one language."""

    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    name = models.CharField(_("name"), max_length=255)

    watched_fields = ("language", "name")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("attribute", "attribute_translation")

    def __str__(self) -> str:
        return self.name


class AttributeValue(models.Model):
    """What a product has of an attribute, such as `oak`; it may have several values of one."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="attribute_values")
    attribute = models.ForeignKey(
        Attribute, on_delete=models.PROTECT, related_name="values", verbose_name=_("attribute")
    )
    value = models.CharField(_("value"), max_length=255)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "attribute", "value"], name="one_attribute_value_each")
        ]
        indexes = [models.Index(fields=["attribute", "value"], name="attribute_by_value")]

    def __str__(self) -> str:
        return self.value


class AttributeValueTranslation(models.Model):
    """A value in the words of one language."""

    attribute_value = models.ForeignKey(AttributeValue, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    value = models.CharField(_("value"), max_length=255)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("attribute_value", "attribute_value_translation")

    def __str__(self) -> str:
        return self.value


class Dimensions(models.Model):
    """How big and how heavy a product is."""

    class Unit(models.TextChoices):
        """Of lengths."""

        MM = "mm", _("mm")
        CM = "cm", _("cm")
        M = "m", _("m")
        IN = "in", _("in")

    class WeightUnit(models.TextChoices):
        """Of weights."""

        G = "g", _("g")
        KG = "kg", _("kg")
        OZ = "oz", _("oz")
        LB = "lb", _("lb")

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="dimensions")
    width = models.DecimalField(_("width"), max_digits=10, decimal_places=3, null=True, blank=True)
    height = models.DecimalField(_("height"), max_digits=10, decimal_places=3, null=True, blank=True)
    depth = models.DecimalField(_("depth"), max_digits=10, decimal_places=3, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=2, choices=Unit, default=Unit.CM)
    weight = models.DecimalField(_("weight"), max_digits=10, decimal_places=3, null=True, blank=True)
    weight_unit = models.CharField(_("unit of weight"), max_length=2, choices=WeightUnit, default=WeightUnit.KG)

    class Meta:
        verbose_name = _("dimensions")
        verbose_name_plural = _("dimensions")
        constraints = [
            models.CheckConstraint(condition=Q(**{f"{side}__gte": 0}), name=f"dimensions_{side}_not_negative")
            for side in ("width", "height", "depth", "weight")
        ]

    def __str__(self) -> str:
        return f"{self.width} × {self.height} × {self.depth} {self.unit}"


class Material(models.Model):
    """What a product is made of."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="materials")
    code = models.SlugField(_("code"), max_length=100, allow_unicode=True)
    share = models.DecimalField(
        _("share in percent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "code"], name="one_material_each")]

    def __str__(self) -> str:
        return self.code


class MaterialTranslation(models.Model):
    """A material's name in one language."""

    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    name = models.CharField(_("name"), max_length=255)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("material", "material_translation")

    def __str__(self) -> str:
        return self.name


class Detail(models.Model):
    """One more thing to know about a product, such as how to care for it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="details")
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("detail")
        verbose_name_plural = _("details")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.product_id} {self.position}"


class DetailTranslation(models.Model):
    """A detail's title and text in one language."""

    detail = models.ForeignKey(Detail, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    title = models.CharField(_("title"), max_length=255)
    text = models.TextField(_("text"), blank=True, max_length=10_000)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("detail", "detail_translation")

    def __str__(self) -> str:
        return self.title
