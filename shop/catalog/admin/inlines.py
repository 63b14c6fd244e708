"""Every part of a product as a tab of its page, with its texts inside."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline

from shop.catalog.models import (
    AssemblyGuide,
    AssemblyGuideTranslation,
    AttributeValue,
    AttributeValueTranslation,
    Detail,
    DetailTranslation,
    Dimensions,
    Image,
    ImageTranslation,
    Material,
    MaterialTranslation,
    Option,
    OptionTranslation,
    OptionValue,
    Product,
    ProductCategory,
    ProductTag,
    ProductTranslation,
    RelatedProduct,
    Review,
    TierPrice,
    Variant,
    Video,
    VideoTranslation,
)


def texts(model: type[models.Model]) -> type[TabularInline]:
    """The texts of something, to be edited inside it."""
    return type(f"{model.__name__}Inline", (TabularInline,), {"model": model, "extra": 0})


class ProductTranslationInline(StackedInline):
    """The texts of a product."""

    model = ProductTranslation
    extra = 0
    min_num = 1
    tab = True


class PartInline(StackedInline):
    """A part whose entries have texts of their own."""

    extra = 0
    tab = True


class RowsInline(TabularInline):
    """A part whose entries are rows."""

    extra = 0
    tab = True


class CategoryInline(RowsInline):
    """Where the product stands."""

    model = ProductCategory
    autocomplete_fields = ["category"]


class ImageInline(PartInline):
    """The images; a new one gets its smaller pictures when it is saved."""

    model = Image
    fields = ["file", "role", "position"]
    inlines = [texts(ImageTranslation)]


class VideoInline(PartInline):
    """The videos."""

    model = Video
    inlines = [texts(VideoTranslation)]


class AttributeInline(PartInline):
    """The attributes."""

    model = AttributeValue
    autocomplete_fields = ["attribute"]
    inlines = [texts(AttributeValueTranslation)]


class OptionValueInline(TabularInline):
    """The values of an option; their names and images are on a page of their own."""

    model = OptionValue
    extra = 0
    show_change_link = True


class OptionInline(PartInline):
    """The options."""

    model = Option
    inlines = [texts(OptionTranslation), OptionValueInline]


class VariantForm(forms.ModelForm):
    """A variant; one whose product leaves no choice has no option values."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["option_values"].required = False
        self.fields["option_values"].widget.attrs["rows"] = 2

    def clean_option_values(self) -> dict[str, str]:
        """An object, also when nothing was typed in."""
        return self.cleaned_data["option_values"] or {}

    def clean_sku(self) -> str:
        """Neither a variant nor a product has it."""
        return _not_the_sku_of(Product, self.cleaned_data["sku"])


class VariantInline(RowsInline):
    """The variants: no longer offered, but never deleted, because orders refer to them."""

    model = Variant
    form = VariantForm
    fields = ["sku", "option_values", "price", "is_active", "position"]
    can_delete = False


class DimensionsInline(PartInline):
    """Size and weight."""

    model = Dimensions


class MaterialInline(PartInline):
    """The materials."""

    model = Material
    inlines = [texts(MaterialTranslation)]


class DetailInline(PartInline):
    """The details."""

    model = Detail
    inlines = [texts(DetailTranslation)]


class GuideInline(PartInline):
    """The assembly guide."""

    model = AssemblyGuide
    fields = ["file"]
    inlines = [texts(AssemblyGuideTranslation)]


class TagInline(RowsInline):
    """The tags."""

    model = ProductTag
    autocomplete_fields = ["tag"]


class RelatedInline(RowsInline):
    """The related products."""

    model = RelatedProduct
    fk_name = "product"
    autocomplete_fields = ["other"]


class TierPriceInline(RowsInline):
    """The prices for many pieces."""

    model = TierPrice


class ReviewInline(PartInline):
    """The reviews: moderated, not written."""

    model = Review
    fields = ["author", "rating", "title", "body", "state"]
    readonly_fields = ["author", "rating", "title", "body"]
    per_page = 20

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Customers and documents add."""
        return False


class ProductForm(forms.ModelForm):
    """A product."""

    def clean_sku(self) -> str:
        """Neither a product nor a variant has it."""
        return _not_the_sku_of(Variant, self.cleaned_data["sku"])


def _not_the_sku_of(model: type[models.Model], sku: str) -> str:
    if model._default_manager.filter(sku=sku).exists():
        raise ValidationError(_("Another product has this already."), code="unique")
    return sku


PART_INLINES = [
    ProductTranslationInline,
    CategoryInline,
    ImageInline,
    VideoInline,
    AttributeInline,
    OptionInline,
    VariantInline,
    DimensionsInline,
    MaterialInline,
    DetailInline,
    GuideInline,
    TagInline,
    RelatedInline,
    TierPriceInline,
    ReviewInline,
]
