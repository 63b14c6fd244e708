"""What happens to products."""

from events.api import Event


class ProductCreated(Event, name="product.created", version=1, stream="product-{product_id}"):
    """A product came into the catalogue, with its texts."""

    product_id: int
    sku: str


class ProductUpdated(Event, name="product.updated", version=1, stream="product-{product_id}"):
    """Some fields of a product changed: column names, and texts as `name[ar]`."""

    product_id: int
    sku: str
    changed: list[str]
