"""The search index."""

from events.api import subscriber
from shop.catalog.events import ProductCreated, ProductUpdated, TermChanged
from shop.catalog.queries import products_with_term
from shop.search.operations import index_product as index


@subscriber(ProductCreated, ProductUpdated, name="search.index_product")
def index_product(event: ProductCreated | ProductUpdated) -> None:
    """Twice is once: the product is indexed as it is now, not as the event found it."""
    index(event.product_id)


@subscriber(TermChanged, name="search.index_term")
def index_term(event: TermChanged) -> None:
    """Twice is once: the products of a category, an attribute or a tag are indexed as they are now."""
    for product_id in sorted(products_with_term(event.kind, event.term_id)):
        index(product_id)
