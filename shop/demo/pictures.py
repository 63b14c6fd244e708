"""The picture of a product: a flat illustration of its kind in one tone, the same bytes every time."""

from collections.abc import Callable

from shop.demo.canvas import Canvas
from shop.demo.drawings import lights, seats, tables, textiles, things
from shop.demo.palette import TONES

DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    name: drawing
    for module in (lights, seats, tables, textiles, things)
    for name, drawing in vars(module).items()
    if callable(drawing) and not name.startswith("_") and getattr(drawing, "__module__", "") == module.__name__
}


def draw_picture(kind: str, tone: str) -> bytes:
    """A WebP file of 800 × 800 pixels."""
    canvas = Canvas(TONES[tone])
    DRAWINGS[kind](canvas)
    return canvas.webp()
