"""What happens to the stock."""

from events.api import Event


class StockBackIn(Event, name="stock.back_in", version=1, stream="product-{product_id}"):
    """A product, or the variant of it, that was sold out can be bought again."""

    product_id: int
    variant_id: int | None = None
