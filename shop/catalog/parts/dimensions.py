"""Size and weight."""

from typing import Any, Literal, TypedDict

from shop.catalog.given import Given, Measure
from shop.catalog.models import Dimensions, Product
from shop.catalog.parts.part import Part


class GivenDimensions(Given):
    """Width, height, depth and weight, each if it is known."""

    width: Measure | None = None
    height: Measure | None = None
    depth: Measure | None = None
    unit: Literal["mm", "cm", "m", "in"] = "cm"
    weight: Measure | None = None
    weight_unit: Literal["g", "kg", "oz", "lb"] = "kg"


class ShownDimensions(TypedDict):
    """Numbers as text, so that no reader rounds them."""

    width: str | None
    height: str | None
    depth: str | None
    unit: str
    weight: str | None
    weight_unit: str


def show(product: Product) -> ShownDimensions | None:
    """None when nothing is known."""
    found: Dimensions | None = getattr(product, "dimensions", None)
    return found and {
        "width": _number(found.width),
        "height": _number(found.height),
        "depth": _number(found.depth),
        "unit": found.unit,
        "weight": _number(found.weight),
        "weight_unit": found.weight_unit,
    }


def write(product: Product, given: GivenDimensions | None) -> None:
    """Replace them."""
    if given is None:
        Dimensions.objects.filter(product=product).delete()
    else:
        Dimensions.objects.update_or_create(product=product, defaults=given.model_dump())


def _number(value: Any) -> str | None:
    return None if value is None else f"{value:.3f}"


PART = Part(
    name="dimensions",
    given=GivenDimensions | None,
    nothing=None,
    prefetch=("dimensions",),
    show=show,
    write=write,
)
