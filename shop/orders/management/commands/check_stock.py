"""`manage.py check_stock`: whether the ledger of the stock says what the shelves say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

MAX_DIFFERENCES = 20

# One statement, so that all figures are of one moment.
_DIFFERENCES = """
WITH moved AS (
    SELECT product_id, variant_id, quantity AS ledger, 0 AS available, 0 AS reserved FROM stock_movement
    UNION ALL SELECT product_id, NULL, 0, available, 0 FROM stock_stockitem
    UNION ALL SELECT variant.product_id, item.variant_id, 0, item.available, 0
    FROM stock_variantstock item JOIN catalog_variant variant ON variant.id = item.variant_id
    UNION ALL SELECT line.product_id, line.variant_id, 0, 0, line.quantity
    FROM orders_orderline line JOIN orders_order AS o ON o.id = line.order_id WHERE o.status = 'pending'
)
SELECT coalesce(variant.sku, product.sku), sum(ledger), sum(available), sum(reserved)
FROM moved JOIN catalog_product product ON product.id = moved.product_id
LEFT JOIN catalog_variant variant ON variant.id = moved.variant_id
GROUP BY moved.product_id, moved.variant_id, product.sku, variant.sku
HAVING sum(ledger) <> sum(available) + sum(reserved)
ORDER BY 1
"""


class Command(BaseCommand):
    """Exit code 1 when something differs."""

    help = (
        "Compares the ledger of the stock with what is available and what is reserved for orders under way. While "
        "deliveries are under way the ledger is a little behind; wait for them first."
    )

    def handle(self, **options: Any) -> None:
        """Compare."""
        with connection.cursor() as cursor:
            cursor.execute(_DIFFERENCES)
            rows = cursor.fetchall()
        if rows:
            more = [f"… and {len(rows) - MAX_DIFFERENCES:,} more"] if len(rows) > MAX_DIFFERENCES else []
            sentences = [
                f"{sku}: the ledger says {moved}, but {available} are available and {reserved} reserved"
                for sku, moved, available, reserved in rows[:MAX_DIFFERENCES]
            ]
            raise CommandError("\n".join([f"{len(rows):,} differ:", *sentences, *more]))
        self.stdout.write("The ledger agrees with the stock of every product and variant.")
