"""Products as documents: what the API shows of the catalogue, and what it accepts."""

from typing import Any

from django.conf import settings
from django.core.validators import validate_slug
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.catalog.models import FALLBACK_LANGUAGE, Product, sku_validator
from shop.catalog.operations import NewProduct, Text
from shop.strict import StrictDecimalField, StrictSerializer, TextField


class ProductDocument(serializers.ModelSerializer):
    """A product in the language of the request."""

    name = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()
    currency = serializers.CharField(source="price_currency", read_only=True)
    picture = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            "sku", "slug", "name", "description", "price", "currency", "status", "picture", "created_at", "updated_at",
        ]  # fmt: skip

    def get_name(self, product: Product) -> str:
        """In the language of the request, else English."""
        return product.name_in(get_language() or FALLBACK_LANGUAGE)

    def get_description(self, product: Product) -> str:
        """In the language of the request, else English."""
        return product.description_in(get_language() or FALLBACK_LANGUAGE)

    @extend_schema_field(serializers.DecimalField(max_digits=14, decimal_places=2))
    def get_price(self, product: Product) -> str:
        """The amount, as text so that no reader rounds it."""
        return f"{product.price.amount:.2f}"

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_picture(self, product: Product) -> str | None:
        """The picture's address."""
        if not product.picture:
            return None
        request = self.context.get("request")
        return request.build_absolute_uri(product.picture.url) if request else product.picture.url


class TextInput(StrictSerializer):
    """A product's texts in one language."""

    name = TextField(max_length=255)
    description = TextField(max_length=10_000, allow_blank=True, required=False, multiline=True)


class TextsField(serializers.DictField):
    """Texts by language code."""

    child = TextInput()
    default_error_messages = {"language": _("Unknown language. Known: {known}.")}

    def to_internal_value(self, data: Any) -> dict[str, dict[str, str]]:
        """Refuse unknown languages, then validate each text."""
        known = [code for code, _name in settings.LANGUAGES]
        if isinstance(data, dict) and not set(data) <= set(known):
            self.fail("language", known=", ".join(known))
        return super().to_internal_value(data)


class ProductInput(StrictSerializer):
    """The simple form of a product; on PATCH every field is optional."""

    sku = TextField(max_length=64, validators=[sku_validator])
    slug = TextField(max_length=120, required=False, validators=[validate_slug])
    price = StrictDecimalField(max_digits=14, decimal_places=2, min_value=0)
    currency = serializers.ChoiceField(settings.CURRENCIES, required=False)
    status = serializers.ChoiceField(Product.Status.choices, required=False)
    translations = TextsField()

    def validate_sku(self, sku: str) -> str:
        """Unique."""
        return self._unused("sku", sku)

    def validate_slug(self, slug: str) -> str:
        """Unique."""
        return self._unused("slug", slug)

    def validate_translations(self, given: dict[str, dict[str, str]]) -> dict[str, Text]:
        """A new product has an English text, which every other language falls back to; a new text has a name."""
        if not self.instance and FALLBACK_LANGUAGE not in given:
            raise serializers.ValidationError(_("The English text is required."), code="required")
        texts = {language: {**self._text_before(language), **text} for language, text in given.items()}
        if nameless := [language for language, text in texts.items() if "name" not in text]:
            raise serializers.ValidationError(
                {language: {"name": [_("A new text needs a name.")]} for language in nameless}, code="required"
            )
        return {language: Text(**text) for language, text in texts.items()}

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """A new product without a slug gets one from its name."""
        if not self.instance and "slug" not in values:
            name = values["translations"][FALLBACK_LANGUAGE].name
            values["slug"] = slugify(f"{name[:80]} {values['sku']}")[:120]
            if Product.objects.filter(slug=values["slug"]).exists():
                raise serializers.ValidationError({"slug": _("Another product has this already; give one.")}, "unique")
        return values

    def new_product(self) -> NewProduct:
        """The validated product, to be created."""
        given = self.validated_data
        return NewProduct(
            sku=given["sku"],
            slug=given["slug"],
            price=Money(given["price"], given.get("currency", settings.DEFAULT_CURRENCY)),
            texts=given["translations"],
            status=given.get("status", Product.Status.ACTIVE),
        )

    def changes(self) -> dict[str, Any]:
        """The validated fields to set on an existing product."""
        given = self.validated_data
        values = {name: given[name] for name in ("sku", "slug", "status") if name in given}
        if "price" in given or "currency" in given:
            before = self.instance.price
            values["price"] = Money(given.get("price", before.amount), given.get("currency", before.currency))
        return values

    def _unused(self, field: str, value: str) -> str:
        others = Product.objects.exclude(pk=self.instance.pk) if self.instance else Product.objects.all()
        if others.filter(**{field: value}).exists():
            raise serializers.ValidationError(_("Another product has this already."), code="unique")
        return value

    def _text_before(self, language: str) -> dict[str, str]:
        known = self.instance.translations.all() if self.instance else []
        return {
            name: getattr(text, name) for text in known if text.language == language for name in ("name", "description")
        }
