"""Stock in the admin: a part of the product's page, and a list of what runs low."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from shop.catalog.admin import ProductAdmin
from shop.catalog.admin.inlines import VariantForm as CatalogVariantForm
from shop.catalog.admin.inlines import VariantInline
from shop.catalog.given import MAX_STOCK
from shop.catalog.models import Variant
from shop.ledgers import LedgerAdmin
from shop.stock.announcing import announce_back_in
from shop.stock.ledger import record_corrections
from shop.stock.models import Movement, StockItem, VariantStock
from shop.stock.queries import pieces
from shop.stock.variants import set_variant_stock


def refuse_moved(there: int | None, form: forms.ModelForm, counted: int | None) -> None:
    """Raises ValidationError if the pieces are not those that the form showed, nor those that were typed in."""
    shown = form.data.get(form.add_initial_prefix("available"))
    if there is not None and str(there) != shown and there != counted:
        moved = _("The stock moved from {shown} to {there} meanwhile. Load the page again, then change it.")
        raise forms.ValidationError(moved.format(shown=shown, there=there), code="moved")


class StockItemForm(forms.ModelForm):
    """Writes what was typed in and nothing else: pieces are sold while the page is open."""

    _found = 0  # pieces there were when the count was checked

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.show_hidden_initial = True  # so that a change is one from what the page showed

    def clean_available(self) -> int:
        """Locked until it is written. Raises ValidationError if the pieces are not those that the page showed."""
        counted = self.cleaned_data["available"]
        if "available" in self.changed_data and not self.instance._state.adding:
            there = StockItem.objects.select_for_update().values_list("available", flat=True).get(pk=self.instance.pk)
            refuse_moved(there, self, counted)
            self._found = there
        return counted

    def save(self, commit: bool = True) -> StockItem:
        """Only the columns that were changed, with their entry in the ledger."""
        adding = self.instance._state.adding
        if commit and not adding:
            self.instance.save(update_fields=self.changed_data)
        else:
            super().save(commit)
        if commit and "available" in self.changed_data:
            self._account(adding)
        return self.instance

    def _account(self, adding: bool) -> None:
        """In the transaction that the admin saves in."""
        item = self.instance
        record_corrections({item.product_id: item.available - self._found})
        if item.available and not self._found and not adding:
            announce_back_in([item.product_id])


class StockItemInline(TabularInline):
    """The stock of a product; counting again sets it, selling changes it."""

    model = StockItem
    form = StockItemForm
    can_delete = False
    tab = True


class VariantForm(CatalogVariantForm):
    """A variant with its pieces."""

    available = forms.IntegerField(
        label=_("available"),
        min_value=0,
        max_value=MAX_STOCK,
        required=False,
        show_hidden_initial=True,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if hasattr(self.instance, "stock"):
            self.initial["available"] = self.instance.stock.available

    def clean_available(self) -> int | None:
        """Locked until it is written. Raises ValidationError if the pieces are not those that the page showed."""
        counted = self.cleaned_data["available"]
        if "available" in self.changed_data and self.instance.pk:
            stock = VariantStock.objects.select_for_update().filter(pk=self.instance.pk)
            refuse_moved(stock.values_list("available", flat=True).first(), self, counted)
        return counted

    def save(self, commit: bool = True) -> Variant:
        """With the entry in the ledger; in the transaction that the admin saves in."""
        variant: Variant = super().save(commit)
        counted = self.cleaned_data["available"]
        if commit and "available" in self.changed_data and counted is not None:
            set_variant_stock({variant.pk: counted})
        return variant


VariantInline.form = VariantForm
VariantInline.fields = ["sku", "option_values", "price", "available", "is_active", "position"]
ProductAdmin.inlines = [*ProductAdmin.inlines, StockItemInline]


@admin.register(StockItem)
class StockItemAdmin(ModelAdmin):
    """All stock at a glance."""

    form = StockItemForm
    list_display = ["product", "shown_pieces", "low_at", "shown_low"]
    search_fields = ["product__sku", "product__translations__name"]
    readonly_fields = ["product"]
    list_select_related = ["product"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        """What runs low first."""
        counted = super().get_queryset(request).annotate(pieces=pieces("product", "available"))
        return counted.order_by("pieces")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Stock is added on the product's page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StockItem | None = None) -> bool:
        """A product without stock has zero pieces."""
        return False

    def save_model(self, request: HttpRequest, obj: StockItem, form: StockItemForm, change: bool) -> None:
        """Only what was changed."""
        form.save()

    @display(description=_("available"), ordering="pieces")
    def shown_pieces(self, item: StockItem) -> int:
        """Of all variants, where there are some."""
        return item.pieces

    @display(description=_("low"), label={True: "danger", False: "success"})
    def shown_low(self, item: StockItem) -> tuple[bool, str]:
        """Coloured."""
        is_low = item.pieces <= item.low_at
        return is_low, _("low") if is_low else _("enough")


@admin.register(Movement)
class MovementAdmin(LedgerAdmin):
    """Why there are more or fewer pieces than before."""

    list_display = ["created_at", "product", "variant", "quantity", "reason", "order_number"]
    list_filter = ["reason"]
    list_select_related = ["product", "variant"]
    search_fields = ["product__sku__exact", "order_number__exact"]
