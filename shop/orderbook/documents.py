"""The order book as documents: those of shop/orders/documents.py, made of rows that were written for being read."""

from typing import Any

from django.db.models import QuerySet, Value
from rest_framework import serializers

from shop.catalog.models import Product, Variant
from shop.orderbook.models import OrderDetail, OrderListEntry
from shop.orders.documents import NoteDocument, OrderSummary, ReversalDocument
from shop.orders.models import OrderNote, Reversal
from shop.orders.permissions import sees_all_orders


class ListedOrder(serializers.ModelSerializer):
    """An order in a list, as OrderSummary shows it."""

    customer = serializers.EmailField(read_only=True)

    class Meta:
        model = OrderListEntry
        fields = OrderSummary.Meta.fields
        read_only_fields = fields


def detail_document(detail: OrderDetail, user: Any) -> dict[str, Any]:
    """What OrderDocument shows of an order that was loaded by detailed_orders; a query each for SKUs, for what was
    taken back and, for staff, for notes."""
    detail.entry.customer = detail.customer
    return {
        **ListedOrder(detail.entry).data,
        **{name: f"{getattr(detail, name):.2f}" for name in ("subtotal", "discount", "shipping_fee", "tax")},
        "coupon_code": detail.coupon_code,
        "shipping_address": detail.shipping_address,
        "billing_address": detail.billing_address,
        "lines": _lines(detail),
        "reversals": ReversalDocument(_reversals(detail.pk), many=True).data,
        "staff": _staff_part(detail) if sees_all_orders(user) else None,
    }


def _lines(detail: OrderDetail) -> list[dict[str, Any]]:
    """The SKU is what the product, or the variant, is called now."""
    skus = _skus(detail)
    return [
        {
            "position": line["position"],
            "sku": skus[bool(line["variant_id"]), line["variant_id"] or line["product_id"]],
            **{name: line[name] for name in ("quantity", "unit_price", "discount", "tax")},
            **{name: line[name] for name in ("cancelled_quantity", "returned_quantity")},
        }
        for line in detail.lines
    ]


def _skus(detail: OrderDetail) -> dict[tuple[bool, int], str]:
    """By whether it is a variant's, and its key."""
    variants = [line["variant_id"] for line in detail.lines if line["variant_id"]]
    products = [line["product_id"] for line in detail.lines if not line["variant_id"]]
    rows = _sku_rows(Product, products, is_variant=False)
    if variants:
        rows = rows.union(_sku_rows(Variant, variants, is_variant=True), all=True)
    return {(is_variant, pk): sku for is_variant, pk, sku in rows}


def _sku_rows(model: type[Product | Variant], keys: list[int], *, is_variant: bool) -> QuerySet[Any, Any]:
    found = model._default_manager.filter(pk__in=keys).order_by()
    return found.annotate(is_variant=Value(is_variant)).values_list("is_variant", "pk", "sku")


def _reversals(order_id: int) -> Any:
    return Reversal.objects.filter(order=order_id).order_by("number").prefetch_related("lines__line")


def _staff_part(detail: OrderDetail) -> dict[str, Any]:
    notes = OrderNote.objects.filter(order=detail.pk).order_by("id")
    held_at = serializers.DateTimeField().to_representation(detail.held_at) if detail.held_at else None
    return {
        "held_at": held_at,
        "hold_reason": detail.hold_reason,  # from the order itself, as what is personal
        "charge_id": detail.charge_id,
        "notes": NoteDocument(notes, many=True).data,
    }
