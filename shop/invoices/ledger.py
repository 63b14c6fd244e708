"""The shop's books as they stand now: stock, points, daily sales, audit trail."""

from collections import Counter

from django.conf import settings
from django.db.models import Count, Sum

from shop.analytics.models import DailySales
from shop.audit.models import AuditEntry
from shop.invoices.expected import Books
from shop.invoices.plan import Plan
from shop.invoices.preparing import email_of
from shop.loyalty.models import PointsEntry
from shop.stock.models import StockItem

SALES_FIELDS = ("order_count", "unit_count", "gross", "cancelled", "cancelled_unit_count")


def read_books(plan: Plan, actor: str) -> Books:
    """What concerns a plan: its products, its customers, all sales, and the entries of what `actor` did to orders."""
    return Books(
        stock=_stock({line.sku for sale in plan.sales for line in sale.lines}),
        points=_points({email_of(sale.customer_id): sale.customer_id for sale in plan.sales}),
        sales=_sales(),
        events=_audit_entries(actor),
    )


def _stock(skus: set[str]) -> Counter[str]:
    items = StockItem.objects.filter(product__sku__in=skus)
    return Counter(dict(items.values_list("product__sku", "available")))


def _points(customers: dict[str, str]) -> Counter[str]:
    entries = PointsEntry.objects.filter(customer__email__in=customers).order_by()
    sums = entries.values_list("customer__email").annotate(Sum("points"))
    return Counter({customers[email]: points for email, points in sums})


def _sales() -> Counter[str]:
    days = DailySales.objects.filter(currency=settings.DEFAULT_CURRENCY)
    sums = days.aggregate(**{f"sum_of_{name}": Sum(name) for name in SALES_FIELDS})
    return Counter({name: sums[f"sum_of_{name}"] or 0 for name in SALES_FIELDS})


def _audit_entries(actor: str) -> Counter[str]:
    entries = AuditEntry.objects.filter(actor=actor, name__startswith="order.").order_by()
    return Counter(dict(entries.values_list("name").annotate(Count("id"))))
