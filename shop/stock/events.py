"""What happens to the stock."""

from pydantic import Field

from events.api import Event


class StockCounted(Event, name="stock.counted", version=1, stream="stock-{shelf}"):
    """Somebody counted, or a document said how many there are: so many pieces more than before, or fewer. The shelf is
    the product's, such as 7, or that of one of its variants, such as 7-12."""

    shelf: str = Field(examples=["7-12"])
    product_id: int
    variant_id: int | None = None
    quantity: int


class StockBackIn(Event, name="stock.back_in", version=1, stream="product-{product_id}"):
    """A product, or the variant of it, that was sold out can be bought again."""

    product_id: int
    variant_id: int | None = None
