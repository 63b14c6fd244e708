"""What the shop has to tell people."""

from events.api import Event


class WishNoticed(
    Event, name="wish.noticed", version=1, stream="wish-notice-{notice_id}", person="customer-{customer_id}"
):
    """A customer is to hear that something they wish for is back in stock, or costs less."""

    notice_id: int
    customer_id: int
    product_id: int
