"""Products in the admin: what is saved here is written at once."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline
from unfold.decorators import display

from events.api import emit
from shop.catalog.admin.inlines import PART_INLINES, ProductForm, texts
from shop.catalog.events import ProductUpdated
from shop.catalog.models import (
    FALLBACK_LANGUAGE,
    Image,
    OptionValue,
    OptionValueImage,
    OptionValueImageTranslation,
    OptionValueTranslation,
    Product,
    ProductTranslation,
)
from shop.catalog.operations import add_texts
from shop.catalog.parts import PARTS
from shop.catalog.progress import processing
from shop.catalog.queries import whole_products


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    """Products with all their parts; other slices add their inlines. Products are archived, never deleted."""

    form = ProductForm
    list_display = ["shown_picture", "sku", "shown_name", "price", "shown_status", "updated_at"]
    list_display_links = ["sku", "shown_name"]
    list_filter = ["status"]
    search_fields = ["sku", "slug", "name", "translations__name"]
    readonly_fields = ["shown_rating", "shown_processing", "created_at", "updated_at"]
    prepopulated_fields = {"slug": ["sku"]}
    inlines = PART_INLINES

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Two queries for any number of rows."""
        return super().get_queryset(request).prefetch_related("translations")

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Orders, events and the search index refer to products."""
        return False

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: BaseModelFormSet, change: bool) -> None:
        """The texts of a product that is just being created belong to its product.created."""
        if change or formset.model is not ProductTranslation:
            super().save_formset(request, form, formset, change)
        else:
            add_texts(formset.save(commit=False))

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """One product.updated for all parts that were changed; texts have told of themselves."""
        product = form.instance
        before = _shown(product) if change else None
        super().save_related(request, form, formsets, change)
        if any(formset.model is Image and formset.has_changed() for formset in formsets):
            _take_picture(product)
        if before is not None and (changed := [name for name, part in _shown(product).items() if part != before[name]]):
            emit(ProductUpdated(product_id=product.pk, sku=product.sku, changed=sorted(changed)))

    @display(description=_("picture"))
    def shown_picture(self, product: Product) -> Any:
        """A thumbnail."""
        if not product.picture:
            return ""
        return format_html('<img src="{}" alt="" width="40" height="40" loading="lazy">', product.picture.url)

    @display(description=_("name"))
    def shown_name(self, product: Product) -> str:
        """In the language of the admin."""
        return product.name_in(get_language() or FALLBACK_LANGUAGE)

    @display(
        description=_("status"), ordering="status", label={"active": "success", "draft": "warning", "archived": "info"}
    )
    def shown_status(self, product: Product) -> tuple[str, str]:
        """Coloured."""
        return product.status, product.get_status_display()

    @display(description=_("rating"))
    def shown_rating(self, product: Product) -> str:
        """The average of so many."""
        return f"{product.rating_average} ({product.rating_count})" if product.rating_count else "–"

    @display(description=_("submitted parts"))
    def shown_processing(self, product: Product) -> str:
        """How many are written, and which failed."""
        if not product.pk:
            return "–"
        now = processing(whole_products().get(pk=product.pk))
        return f"{now['done']}/{now['total']} {', '.join(now['failed'])}".strip()


class OptionValueImageInline(StackedInline):
    """What the value looks like."""

    model = OptionValueImage
    fields = ["file"]
    inlines = [texts(OptionValueImageTranslation)]


@admin.register(OptionValue)
class OptionValueAdmin(ModelAdmin):
    """One value of an option, with its names and its image; reached from its product."""

    list_display = ["code", "option", "shown_product"]
    list_select_related = ["option__product"]
    search_fields = ["code", "option__product__sku"]
    readonly_fields = ["option"]
    inlines = [texts(OptionValueTranslation), OptionValueImageInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Added on the product's page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OptionValue | None = None) -> bool:
        """Deleted on the product's page, where it is a change of the product."""
        return False

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """A change of the product's options."""
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            product = form.instance.option.product
            emit(ProductUpdated(product_id=product.pk, sku=product.sku, changed=["options"]))

    @display(description=_("product"))
    def shown_product(self, value: OptionValue) -> str:
        """By its SKU."""
        return value.option.product.sku


def _shown(product: Product) -> dict[str, Any]:
    """All parts but the texts, as the database has them."""
    whole = whole_products().get(pk=product.pk)
    return {name: part.show(whole) for name, part in PARTS.items() if name != "translations"}


def _take_picture(product: Product) -> None:
    main = product.images.first()
    Product.objects.filter(pk=product.pk).update(picture=main.file.name if main else "")
