"""A drawing surface of 800 × 800 units with smooth edges: all is drawn three times as large, then scaled down."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from shop.demo.palette import Shades, Tone

SIZE = 800
OVERSAMPLING = 3
CURVE_STEPS = 16

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Canvas:
    def __init__(self, tone: Tone) -> None:
        self.tone = tone
        self.image = Image.new("RGB", (SIZE * OVERSAMPLING, SIZE * OVERSAMPLING), tone.wall)
        self.pen = ImageDraw.Draw(self.image)

    def rect(self, box: Box, fill: str, radius: float = 0) -> None:
        self.pen.rounded_rectangle(_scaled(box), radius * OVERSAMPLING, fill)

    def ellipse(self, box: Box, fill: str) -> None:
        self.pen.ellipse(_scaled(box), fill)

    def circle(self, centre: Point, radius: float, fill: str) -> None:
        x, y = centre
        self.ellipse((x - radius, y - radius, x + radius, y + radius), fill)

    def sector(self, box: Box, start: float, end: float, fill: str) -> None:
        """A slice of an ellipse; degrees clockwise from three o'clock."""
        self.pen.pieslice(_scaled(box), start, end, fill)

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        self.pen.polygon([_scaled(point) for point in points], fill)

    def line(self, points: Sequence[Point], fill: str, width: float) -> None:
        """A stroke with round ends and joints."""
        self.pen.line([_scaled(point) for point in points], fill, round(width * OVERSAMPLING), joint="curve")
        for point in points:
            self.circle(point, width / 2, fill)

    def curve(self, points: Sequence[Point], fill: str, width: float) -> None:
        """A stroke that passes smoothly through all points."""
        self.line(smooth(points), fill, width)

    def blob(self, points: Sequence[Point], fill: str) -> None:
        """A closed shape whose outline passes smoothly through all points."""
        self.polygon(smooth(points, closed=True), fill)

    def turned(self, x: float, profile: Sequence[Point], shades: Shades) -> None:
        """A shape from the lathe around the axis `x`: (half width, y) from top to bottom, darker on its right."""
        outline = smooth(profile)
        right = [(x + half, y) for half, y in outline]
        self.polygon([(x - half, y) for half, y in outline] + right[::-1], shades.main)
        self.polygon(right + [(x + half * 0.45, y) for half, y in reversed(outline)], shades.deep)
        self.line(
            [(x - half * 0.62, y) for half, y in outline[len(outline) // 5 : -len(outline) // 3]], shades.light, 9
        )

    def room(self) -> None:
        """A floor to stand on, below a pale circle."""
        self.circle((400, 370), 290, self.tone.glow)
        self.rect((0, 640, SIZE, SIZE), self.tone.floor)

    def wall(self) -> None:
        """Only the wall, for what hangs on it."""
        self.circle((400, 400), 330, self.tone.glow)

    def shadow(self, left: float, right: float, y: float) -> None:
        depth = 13 + (right - left) * 0.025
        self.ellipse((left - 14, y - depth, right + 14, y + depth), self.tone.shadow)

    def webp(self) -> bytes:
        small = self.image.resize((SIZE, SIZE), Image.Resampling.BOX)
        file = io.BytesIO()
        small.save(file, "WEBP", quality=88, method=4)
        return file.getvalue()


def smooth(points: Sequence[Point], closed: bool = False) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    around = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    curve = []
    for p0, p1, p2, p3 in zip(around, around[1:], around[2:], around[3:], strict=False):
        curve += [_between(p0, p1, p2, p3, step / CURVE_STEPS) for step in range(CURVE_STEPS)]
    return curve if closed else [*curve, points[-1]]


def _between(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    def along(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)

    return along(p0[0], p1[0], p2[0], p3[0]), along(p0[1], p1[1], p2[1], p3[1])


def _scaled(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(value * OVERSAMPLING for value in values)
