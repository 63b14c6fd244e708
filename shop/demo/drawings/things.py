"""Vases, mirrors, clocks, and what stands on the kitchen table."""

import math

from shop.demo.canvas import Canvas
from shop.demo.palette import ASH, BRASS, CREAM, GLASS, IRON, LEAF, OAK, SEAGRASS, WALNUT, Shades


def vase(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(290, 510, 698)
    for tip, bend in (((268, 140), (344, 260)), ((392, 96), (392, 240)), ((528, 150), (452, 262))):
        canvas.curve([(400, 380), bend, tip], WALNUT.main, 7)
        _blossom(canvas, tip, bend)
    profile = [(46, 360), (38, 384), (44, 414), (116, 490), (128, 570), (96, 660), (66, 698)]
    canvas.turned(400, profile, canvas.tone.paint)
    canvas.ellipse((354, 350, 446, 372), canvas.tone.paint.deep)


def _blossom(canvas: Canvas, tip: tuple[float, float], bend: tuple[float, float]) -> None:
    for step, radius in ((1.0, 21), (0.72, 17), (0.44, 19), (0.2, 14)):
        x = bend[0] + (tip[0] - bend[0]) * step
        y = bend[1] + (tip[1] - bend[1]) * step
        for side in (-1, 1):
            canvas.circle((x + side * 21, y - 6), radius, CREAM.light)
            canvas.circle((x + side * 21, y - 6), radius * 0.32, BRASS.main)


def mirror(canvas: Canvas) -> None:
    canvas.wall()
    canvas.circle((414, 424), 246, canvas.tone.shadow)
    canvas.circle((400, 404), 246, OAK.main)
    canvas.circle((400, 404), 236, OAK.light)
    canvas.circle((400, 404), 218, GLASS.deep)
    canvas.circle((397, 401), 213, GLASS.main)
    canvas.polygon([(262, 560), (480, 206), (520, 228), (300, 588)], GLASS.light)
    canvas.polygon([(330, 602), (540, 250), (554, 264), (352, 606)], GLASS.light)
    canvas.line([(400, 92), (330, 176)], WALNUT.main, 8)
    canvas.line([(400, 92), (470, 176)], WALNUT.main, 8)
    canvas.circle((400, 90), 15, BRASS.main)


def clock(canvas: Canvas) -> None:
    canvas.wall()
    paint = canvas.tone.paint
    canvas.circle((412, 420), 236, canvas.tone.shadow)
    canvas.circle((400, 400), 236, paint.main)
    canvas.circle((400, 400), 206, CREAM.deep)
    canvas.circle((400, 404), 202, CREAM.light)
    for hour in range(12):
        angle = math.radians(hour * 30)
        inner, width = (160, 13) if hour % 3 == 0 else (172, 8)
        canvas.line([_polar(angle, inner), _polar(angle, 184)], IRON.main, width)
    canvas.line([(400, 404), _polar(math.radians(304), 104)], IRON.main, 17)
    canvas.line([(400, 404), _polar(math.radians(54), 150)], IRON.main, 11)
    canvas.line([_polar(math.radians(18), 40), _polar(math.radians(198), 164)], paint.main, 5)
    canvas.circle((400, 404), 17, paint.deep)


def _polar(angle: float, radius: float) -> tuple[float, float]:
    return 400 + math.sin(angle) * radius, 404 - math.cos(angle) * radius


def planter(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(285, 515, 704)
    leaves = (
        (250, 250, 330, 380),
        (300, 150, 370, 360),
        (400, 100, 400, 350),
        (500, 150, 430, 360),
        (550, 250, 470, 380),
    )
    for x, y, base_x, base_y in leaves:
        canvas.curve([(400, 470), (base_x, base_y), (x, y)], LEAF.deep, 8)
    for number, (x, y, _, _) in enumerate(leaves):
        _leaf(canvas, (400 + (x - 400) * 0.4, y + (420 - y) * 0.45), (x, y), LEAF if number % 2 else _DARK_LEAF)
    for x in (296, 504):
        canvas.line([(x, 480), (x + (x - 400) * 0.06, 704)], ASH.main if x < 400 else ASH.deep, 20)
    canvas.turned(400, [(108, 440), (104, 520), (92, 600), (70, 626)], canvas.tone.paint)
    canvas.ellipse((290, 424, 510, 458), canvas.tone.paint.deep)
    canvas.ellipse((306, 430, 494, 454), WALNUT.deep)
    canvas.line([(300, 596), (500, 596)], ASH.main, 16)


_DARK_LEAF = Shades(LEAF.deep, LEAF.deep, LEAF.main)


def _leaf(canvas: Canvas, root: tuple[float, float], tip: tuple[float, float], shades: Shades) -> None:
    dx, dy = tip[0] - root[0], tip[1] - root[1]
    middle = (root[0] + dx * 0.5, root[1] + dy * 0.5)
    left = (middle[0] - dy * 0.3, middle[1] + dx * 0.3)
    right = (middle[0] + dy * 0.3, middle[1] - dx * 0.3)
    canvas.polygon(_half_leaf(root, left, tip), shades.main)
    canvas.polygon(_half_leaf(root, right, tip), shades.light)


def _half_leaf(
    root: tuple[float, float], side: tuple[float, float], tip: tuple[float, float]
) -> list[tuple[float, float]]:
    steps = [number / 16 for number in range(17)]
    return [
        tuple(
            (1 - t) ** 2 * root[axis]
            + 2 * t * (1 - t) * (2 * side[axis] - (root[axis] + tip[axis]) / 2)
            + t * t * tip[axis]
            for axis in (0, 1)
        )
        for t in steps
    ]


def basket(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(215, 585, 700)
    canvas.blob([(250, 400), (290, 330), (400, 300), (520, 330), (556, 400), (400, 430)], canvas.tone.paint.light)
    canvas.blob([(330, 400), (380, 316), (480, 310), (556, 400), (440, 430)], CREAM.main)
    for x in (222, 578):
        canvas.curve(
            [(x, 420), (x + (x - 400) * 0.24, 452), (x + (x - 400) * 0.2, 524), (x - (x - 400) * 0.04, 540)],
            SEAGRASS.deep,
            17,
        )
    canvas.polygon([(210, 396), (590, 396), (550, 704), (250, 704)], SEAGRASS.deep)
    for row in range(9):
        _plait(canvas, row)
    canvas.rect((200, 378, 600, 412), SEAGRASS.main, 17)
    canvas.rect((214, 382, 586, 394), SEAGRASS.light, 6)


def _plait(canvas: Canvas, row: int) -> None:
    y = 428 + row * 31
    half = 184 - row * 4.4
    width = half / 5
    for column in range(10):
        x = 400 - half + column * width
        lift = 5 if (row + column) % 2 else -5
        colour = SEAGRASS.light if (row + column) % 2 else SEAGRASS.main
        canvas.line([(x + 8, y + lift), (x + width - 8, y - lift)], colour, 19)


def mug(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(170, 640, 690)
    _mug(canvas, 500, 372, CREAM)
    _mug(canvas, 300, 420, canvas.tone.paint)


def _mug(canvas: Canvas, x: float, y: float, shades: Shades) -> None:
    canvas.ellipse((x + 62, y + 46, x + 192, y + 196), shades.deep)
    canvas.ellipse((x + 86, y + 72, x + 166, y + 170), canvas.tone.wall)
    canvas.turned(x, [(112, y), (114, y + 130), (108, y + 230), (88, y + 272)], shades)
    canvas.ellipse((x - 112, y - 26, x + 112, y + 26), shades.light)
    canvas.ellipse((x - 98, y - 19, x + 98, y + 20), WALNUT.deep)
    canvas.ellipse((x - 84, y - 8, x + 84, y + 20), WALNUT.main)


def teapot(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(230, 570, 696)
    paint = canvas.tone.paint
    canvas.curve([(300, 450), (208, 440), (180, 520), (216, 590), (306, 610)], paint.main, 30)
    canvas.polygon([(506, 600), (606, 426), (652, 402), (660, 424), (636, 452), (566, 640)], paint.deep)
    canvas.turned(400, [(80, 400), (150, 446), (182, 530), (160, 630), (96, 694)], paint)
    canvas.ellipse((312, 386, 488, 426), paint.deep)
    canvas.turned(400, [(22, 350), (60, 372), (84, 402)], paint)
    canvas.circle((400, 338), 24, OAK.main)
    canvas.circle((394, 332), 9, OAK.light)
    for x, y in ((640, 350), (664, 300)):
        canvas.curve([(x, y), (x - 12, y - 22), (x + 4, y - 44), (x - 8, y - 66)], canvas.tone.floor, 8)


def bowl(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(270, 530, 694)
    for x, y, radius, colour in (
        (300, 400, 66, canvas.tone.paint.main),
        (500, 404, 64, canvas.tone.paint.light),
        (400, 372, 74, BRASS.main),
        (350, 424, 60, LEAF.main),
        (452, 428, 58, canvas.tone.paint.main),
    ):
        canvas.circle((x, y), radius, colour)
        canvas.circle((x - radius * 0.32, y - radius * 0.36), radius * 0.2, CREAM.main)
        canvas.line([(x, y - radius), (x + 6, y - radius - 16)], WALNUT.deep, 6)
    canvas.turned(400, [(236, 432), (226, 500), (180, 590), (110, 660), (92, 692)], OAK)
    canvas.rect((160, 422, 640, 446), OAK.light, 12)
    canvas.curve([(206, 520), (330, 556), (520, 548), (590, 520)], OAK.deep, 5)
    canvas.curve([(250, 586), (360, 610), (500, 606), (556, 584)], OAK.deep, 5)
