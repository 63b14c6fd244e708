"""What runs low."""

from datetime import UTC

from events.api import Context, subscriber
from shop.notices.operations import notice_low_stock as note
from shop.orders.events import OrderPlaced


@subscriber(OrderPlaced, name="stock.notice_low_stock")
def notice_low_stock(event: OrderPlaced, context: Context) -> None:
    """Twice is once: a product is noted once a day."""
    note(event.order_id, context.occurred_at.astimezone(UTC).date())
