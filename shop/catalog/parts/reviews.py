"""Reviews that come with a product, and the summary of all that are shown."""

from typing import Annotated, Literal, TypedDict

from pydantic import Field

from shop.catalog.given import Given, Name, Paragraphs
from shop.catalog.models import Product, Review
from shop.catalog.parts.part import Part
from shop.catalog.ratings import summarise


class GivenReview(Given):
    """What somebody says of the product."""

    author: Name
    rating: Annotated[int, Field(ge=1, le=5)]
    title: Annotated[Paragraphs, Field(max_length=255)] = ""
    body: Paragraphs = ""
    state: Literal["pending", "approved", "rejected"] = "pending"


class ShownReview(TypedDict):
    """A review that was approved."""

    author: str
    rating: int
    title: str
    body: str


def show(product: Product) -> list[ShownReview]:
    """Those that were approved."""
    return [
        {"author": review.author, "rating": review.rating, "title": review.title, "body": review.body}
        for review in product.reviews.all()
        if review.state == Review.State.APPROVED
    ]


def write(product: Product, given: list[GivenReview]) -> None:
    """Replace what came with documents; what customers wrote here stays."""
    Review.objects.filter(product=product, origin=Review.Origin.DOCUMENT).delete()
    Review.objects.bulk_create(
        Review(product=product, origin=Review.Origin.DOCUMENT, **one.model_dump()) for one in given
    )
    summarise(product.pk)


PART = Part(
    name="reviews",
    given=Annotated[list[GivenReview], Field(max_length=1000)],
    prefetch=("reviews",),
    show=show,
    write=write,
)
