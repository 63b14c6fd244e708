"""The search index."""

from events.api import subscriber
from shop.catalog.events import ProductCreated, ProductUpdated
from shop.search.operations import index_product as index


@subscriber(ProductCreated, ProductUpdated, name="search.index_product")
def index_product(event: ProductCreated | ProductUpdated) -> None:
    """Twice is once: the product is indexed as it is now, not as the event found it."""
    index(event.product_id)
