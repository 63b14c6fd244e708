"""What happens to products."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from events.api import Event

Sku = Annotated[str, Field(examples=["CHAIR-OAK"])]
PartNames = Annotated[list[str], Field(examples=[["images", "tags"]])]


class ProductCreated(Event, name="product.created", version=1, stream="product-{product_id}"):
    """A product came into the catalogue."""

    product_id: int
    sku: Sku


class ProductUpdated(Event, name="product.updated", version=1, stream="product-{product_id}"):
    """Some of a product changed: column names, texts as `name[ar]`, and parts as `images`.

    When the price changed, it was the one and is the other, if both are in one currency.
    """

    product_id: int
    sku: Sku
    changed: list[str] = Field(examples=[["price"]])
    old_price: Decimal | None = None
    new_price: Decimal | None = None


class ProductCoreCreated(Event, name="product.core_created", version=1, stream="submission-{submission_id}"):
    """A document was submitted for a new product: its core is there, its parts are to be written."""

    product_id: int
    submission_id: int
    sku: Sku
    revision: int
    parts: PartNames


class ProductCoreUpdated(Event, name="product.core_updated", version=1, stream="submission-{submission_id}"):
    """A document was submitted for a product: its core is changed, its parts are to be written."""

    product_id: int
    submission_id: int
    sku: Sku
    revision: int
    parts: PartNames


class ProductFullyProcessed(Event, name="product.fully_processed", version=1, stream="submission-{submission_id}"):
    """Every part of a submitted document is written; after a failure: at last."""

    product_id: int
    submission_id: int
    sku: Sku
    revision: int


class ProductProcessedWithFailures(
    Event, name="product.processed_with_failures", version=1, stream="submission-{submission_id}"
):
    """Every part of a submitted document has settled, but these are not written."""

    product_id: int
    submission_id: int
    sku: Sku
    revision: int
    parts: PartNames


class TermChanged(Event, name="catalogue.term_changed", version=1, stream="{kind}-{term_id}"):
    """A word that products share was changed, and all that are found by it are shown otherwise than before."""

    kind: Literal["category", "attribute", "tag"]
    term_id: int
