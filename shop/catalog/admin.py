"""Products in the admin."""

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

from shop.catalog.models import FALLBACK_LANGUAGE, Product, ProductTranslation
from shop.catalog.operations import add_texts


class ProductTranslationInline(StackedInline):
    """The texts of a product."""

    model = ProductTranslation
    extra = 0
    min_num = 1
    tab = True


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    """Products with texts; other slices add their inlines. Products are archived, never deleted."""

    list_display = ["shown_picture", "sku", "shown_name", "price", "shown_status", "updated_at"]
    list_display_links = ["sku", "shown_name"]
    list_filter = ["status"]
    search_fields = ["sku", "slug", "translations__name"]
    readonly_fields = ["created_at", "updated_at"]
    prepopulated_fields = {"slug": ["sku"]}
    inlines = [ProductTranslationInline]

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
