"""Tables, shelves, beds and other things that carry things."""

from shop.demo.canvas import Canvas
from shop.demo.palette import ASH, BRASS, CREAM, IRON, LEAF, OAK, WALNUT, Shades


def table(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(110, 690, 700)
    paint = canvas.tone.paint
    canvas.polygon([(170, 420), (198, 420), (190, 660), (176, 660)], OAK.deep)
    canvas.polygon([(602, 420), (630, 420), (624, 660), (610, 660)], OAK.deep)
    canvas.polygon([(110, 420), (146, 420), (130, 702), (112, 702)], OAK.main)
    canvas.polygon([(654, 420), (690, 420), (688, 702), (670, 702)], OAK.deep)
    canvas.rect((112, 412, 688, 452), OAK.deep, 6)
    canvas.rect((72, 376, 728, 422), OAK.main, 16)
    canvas.rect((72, 376, 728, 392), OAK.light, 8)
    canvas.turned(400, [(22, 290), (16, 305), (40, 335), (34, 376)], paint)
    for tip, bend in (((330, 190), (372, 250)), ((400, 165), (396, 240)), ((474, 196), (426, 250))):
        canvas.curve([(400, 292), bend, tip], LEAF.deep, 6)
        _leaves(canvas, bend, tip)
    canvas.ellipse((520, 358, 640, 380), CREAM.deep)
    canvas.sector((536, 322, 624, 388), 0, 180, CREAM.main)


def coffee_table(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(190, 610, 700)
    canvas.line([(400, 480), (400, 660)], WALNUT.deep, 20)
    canvas.ellipse((225, 572, 575, 626), WALNUT.deep)
    canvas.ellipse((225, 562, 575, 612), WALNUT.main)
    canvas.rect((330, 556, 450, 572), canvas.tone.paint.main, 5)
    canvas.rect((340, 542, 440, 558), CREAM.main, 5)
    canvas.line([(236, 470), (206, 700)], WALNUT.main, 24)
    canvas.line([(564, 470), (594, 700)], WALNUT.deep, 24)
    canvas.ellipse((140, 420, 660, 510), WALNUT.deep)
    canvas.ellipse((140, 402, 660, 488), WALNUT.main)
    canvas.ellipse((172, 412, 600, 468), WALNUT.light)
    canvas.ellipse((188, 416, 612, 472), WALNUT.main)
    canvas.ellipse((402, 432, 512, 458), CREAM.deep)
    _cup(canvas, 457, 392, CREAM)


def _cup(canvas: Canvas, x: float, y: float, shades: Shades) -> None:
    """A small cup, its rim at `y`."""
    canvas.ellipse((x + 18, y + 6, x + 54, y + 40), shades.deep)
    canvas.ellipse((x + 27, y + 14, x + 45, y + 32), canvas.tone.glow)
    canvas.turned(x, [(34, y), (34, y + 26), (22, y + 50)], shades)
    canvas.ellipse((x - 34, y - 8, x + 34, y + 8), shades.light)
    canvas.ellipse((x - 27, y - 5, x + 27, y + 6), WALNUT.deep)


def desk(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(120, 680, 700)
    paint = canvas.tone.paint
    canvas.line([(150, 430), (128, 700)], ASH.main, 22)
    canvas.line([(650, 430), (672, 700)], ASH.deep, 22)
    canvas.rect((118, 412, 682, 486), ASH.main, 8)
    canvas.rect((136, 426, 396, 474), ASH.light, 8)
    canvas.rect((404, 426, 664, 474), ASH.light, 8)
    for x in (266, 534):
        canvas.rect((x - 26, 444, x + 26, 454), BRASS.main, 5)
    canvas.rect((90, 386, 710, 418), ASH.deep, 12)
    canvas.rect((90, 382, 710, 408), ASH.main, 12)
    canvas.rect((270, 232, 480, 362), IRON.main, 12)
    canvas.rect((282, 244, 468, 350), paint.light, 6)
    canvas.rect((240, 362, 510, 382), IRON.light, 8)
    canvas.line([(600, 380), (620, 300), (570, 232)], paint.deep, 10)
    canvas.polygon([(590, 206), (540, 210), (526, 268), (596, 244)], paint.main)
    canvas.rect((566, 370, 640, 384), paint.deep, 7)
    canvas.rect((140, 362, 232, 382), paint.main, 4)
    canvas.rect((148, 346, 224, 364), CREAM.main, 4)


def nightstand(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(240, 560, 700)
    paint = canvas.tone.paint
    for x, tip in ((270, 258), (530, 542)):
        canvas.line([(x, 630), (tip, 700)], OAK.main, 20)
    canvas.rect((236, 400, 564, 640), paint.main, 14)
    canvas.rect((520, 400, 564, 640), paint.deep, 14)
    canvas.rect((222, 382, 578, 414), OAK.main, 12)
    canvas.rect((222, 382, 578, 394), OAK.light, 6)
    for y in (432, 536):
        canvas.rect((258, y, 542, y + 88), paint.light, 10)
        canvas.rect((262, y + 4, 538, y + 84), paint.main, 8)
        canvas.circle((400, y + 44), 13, BRASS.main)
        canvas.circle((396, y + 40), 5, BRASS.light)
    canvas.rect((262, 362, 372, 384), canvas.tone.shadow, 4)
    canvas.rect((270, 342, 364, 364), CREAM.main, 4)
    _cup(canvas, 470, 332, CREAM)


def bookcase(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(240, 560, 706)
    paint = canvas.tone.paint
    canvas.rect((236, 92, 564, 706), OAK.main, 8)
    colours = (paint.main, CREAM.main, paint.deep, LEAF.main, paint.light, IRON.light, BRASS.main)
    for shelf in range(5):
        top = 112 + shelf * 117
        canvas.rect((256, top, 544, top + 103), OAK.deep, 4)
        _books(canvas, shelf, top + 103, colours)
    canvas.rect((236, 92, 564, 104), OAK.light, 6)
    canvas.turned(500, [(12, 152), (9, 164), (28, 190), (22, 215)], CREAM)
    canvas.turned(296, [(20, 516), (30, 540), (24, 566)], paint)


def _books(canvas: Canvas, shelf: int, floor: float, colours: tuple[str, ...]) -> None:
    x = 348.0 if shelf == 3 else 264.0
    end = 452 if shelf == 0 else 530
    number = shelf
    while x < end - 26:
        width, height = 18 + (number * 7 + shelf * 5) % 13, 66 + (number * 11 + shelf * 3) % 28
        canvas.rect((x, floor - height, x + width, floor), colours[(number * 3 + shelf) % 7], 3)
        canvas.rect((x + 4, floor - height + 12, x + width - 4, floor - height + 17), CREAM.deep, 1)
        x, number = x + width + 3, number + 1


def sideboard(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(120, 680, 696)
    for x, tip in ((170, 156), (630, 644)):
        canvas.line([(x, 610), (tip, 696)], BRASS.deep, 16)
    canvas.rect((96, 410, 704, 630), WALNUT.main, 16)
    canvas.rect((96, 410, 704, 426), WALNUT.light, 8)
    for left, right in ((116, 286), (514, 684)):
        canvas.rect((left, 440, right, 614), WALNUT.light, 8)
        canvas.rect((left + 4, 444, right - 4, 610), WALNUT.main, 6)
    for y in (440, 500, 560):
        canvas.rect((300, y, 500, y + 54), WALNUT.light, 8)
        canvas.rect((304, y + 4, 496, y + 50), WALNUT.main, 6)
        canvas.rect((376, y + 23, 424, y + 31), BRASS.main, 4)
    for x in (264, 528):
        canvas.rect((x, 500, x + 8, 550), BRASS.main, 4)
    _on_the_sideboard(canvas)


def _on_the_sideboard(canvas: Canvas) -> None:
    paint = canvas.tone.paint
    canvas.circle((250, 290), 92, paint.light)
    canvas.circle((250, 290), 70, paint.main)
    canvas.rect((222, 372, 278, 410), WALNUT.deep, 6)
    canvas.turned(560, [(18, 300), (14, 318), (46, 362), (34, 410)], CREAM)
    for tip, bend in (((498, 190), (530, 250)), ((570, 170), (562, 240)), ((628, 206), (586, 256))):
        canvas.curve([(560, 304), bend, tip], LEAF.deep, 6)
        _leaves(canvas, bend, tip)


def _leaves(canvas: Canvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    for step in (0.1, 0.55, 1.0):
        x = start[0] + (end[0] - start[0]) * step
        y = start[1] + (end[1] - start[1]) * step
        canvas.blob([(x, y), (x - 22, y - 10), (x - 34, y - 2), (x - 20, y + 8)], LEAF.main)
        canvas.blob([(x, y), (x + 20, y - 16), (x + 33, y - 12), (x + 22, y + 2)], LEAF.light)


def coat_rack(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(285, 515, 704)
    paint = canvas.tone.paint
    canvas.ellipse((290, 672, 510, 716), IRON.deep)
    canvas.ellipse((290, 662, 510, 704), IRON.main)
    canvas.line([(400, 96), (400, 680)], ASH.main, 24)
    canvas.line([(407, 96), (407, 680)], ASH.deep, 8)
    for side in (-1, 1):
        for y in (150, 210, 330):
            canvas.curve([(400, y + 42), (400 + side * 44, y + 30), (400 + side * 72, y - 12)], ASH.main, 15)
            canvas.circle((400 + side * 72, y - 12), 12, ASH.light)
    canvas.circle((400, 92), 20, ASH.light)
    canvas.blob(
        [(474, 190), (452, 300), (430, 470), (440, 560), (560, 560), (572, 460), (530, 300), (496, 196)], paint.main
    )
    canvas.blob([(500, 220), (530, 300), (572, 460), (560, 560), (508, 562), (520, 440)], paint.deep)
    canvas.line([(470, 320), (462, 540)], paint.deep, 5)
    for y in (370, 430, 490):
        canvas.circle((486, y), 7, BRASS.main)
    canvas.blob([(290, 132), (246, 176), (232, 196), (328, 196), (344, 178)], BRASS.light)
    canvas.rect((216, 188, 356, 204), BRASS.main, 8)


def bed(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(90, 710, 700)
    paint = canvas.tone.paint
    canvas.rect((124, 226, 676, 560), paint.main, 44)
    for x in (258, 400, 542):
        canvas.line([(x, 250), (x, 420)], paint.deep, 5)
    for left in (160, 420):
        canvas.rect((left, 362, left + 220, 480), CREAM.deep, 46)
        canvas.rect((left, 354, left + 220, 464), CREAM.light, 46)
    for x in (130, 650):
        canvas.rect((x, 650, x + 22, 702), OAK.deep, 6)
    canvas.rect((96, 440, 704, 670), CREAM.main, 36)
    canvas.rect((96, 520, 704, 674), paint.light, 36)
    canvas.rect((96, 520, 704, 580), paint.light)
    canvas.rect((96, 500, 704, 540), CREAM.light, 20)
    canvas.rect((96, 606, 704, 640), paint.main)
    canvas.rect((96, 650, 704, 680), OAK.main, 14)
