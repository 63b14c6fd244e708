"""Computing the figures, from tables that are small or read by an index."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from shop.analytics.models import DailySales
from shop.analytics.queries import best_sellers
from shop.orders.models import Order

TOP_COUNT = 10
TOP_DAYS = 7
MONTH_DAYS = 30
LATE_COUNT = 10
#: Beyond it nobody needs to know exactly.
MOST_COUNTED = 1_000


def compute(now: datetime) -> dict[str, Any]:
    """Today and the day before (UTC), what sold best in a week and in a month, and what waits too long. JSON values."""
    today = now.astimezone(UTC).date()
    return {
        "today": _sales(today),
        "yesterday": _sales(today - timedelta(days=1)),
        "top_products": _top_products(today - timedelta(days=TOP_DAYS - 1), today),
        "top_products_of_month": _top_products(today - timedelta(days=MONTH_DAYS - 1), today),
        "late": _late(now - timedelta(hours=settings.LATE_AFTER_HOURS)),
        "held_count": _count(Order.objects.filter(held_at__isnull=False, status=Order.Status.PAID)),
    }


def _sales(day: date) -> dict[str, Any]:
    rows = list(DailySales.objects.filter(day=day).order_by("currency"))
    return {
        "day": day.isoformat(),
        "order_count": sum(row.order_count for row in rows),
        "first_order_count": sum(row.first_order_count for row in rows),
        "unit_count": sum(row.unit_count for row in rows),
        "revenue": [
            {"currency": row.currency, "amount": str(row.gross - row.cancelled - row.returned), "gross": str(row.gross)}
            for row in rows
        ],
    }


def _top_products(first: date, last: date) -> list[dict[str, Any]]:
    return [
        {
            "sku": best.product.sku,
            "unit_count": best.unit_count,
            "revenue": str(best.revenue),
            "currency": best.currency,
        }
        for best in best_sellers(first, last, TOP_COUNT)
    ]


def _late(before: datetime) -> dict[str, Any]:
    waiting = Order.objects.filter(status__in=[Order.Status.PAID, Order.Status.PACKED], placed_at__lt=before)
    oldest = waiting.order_by("placed_at", "pk").values("number", "status", "placed_at")[:LATE_COUNT]
    return {
        "count": _count(waiting),
        "oldest": [{**row, "placed_at": row["placed_at"].isoformat()} for row in oldest],
    }


def _count(rows: QuerySet[Any]) -> int:
    return len(rows.order_by().values_list("pk", flat=True)[:MOST_COUNTED])
