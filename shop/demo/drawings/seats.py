"""Chairs, sofas and other places to sit."""

from shop.demo.canvas import Canvas
from shop.demo.palette import ASH, CREAM, OAK, WALNUT


def chair(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(285, 530, 700)
    paint = canvas.tone.paint
    canvas.line([(318, 470), (338, 640)], ASH.deep, 17)
    canvas.line([(492, 470), (510, 640)], ASH.deep, 17)
    canvas.curve([(300, 180), (290, 330), (296, 480)], ASH.main, 20)
    canvas.curve([(500, 180), (510, 330), (504, 480)], ASH.deep, 20)
    for x in (345, 400, 455):
        canvas.curve([(x, 215), (x - 3, 330), (x, 455)], ASH.main, 11)
    canvas.curve([(292, 195), (400, 172), (508, 195)], ASH.light, 46)
    canvas.line([(290, 490), (272, 700)], ASH.main, 21)
    canvas.line([(512, 490), (532, 700)], ASH.deep, 21)
    canvas.line([(282, 600), (522, 600)], ASH.main, 11)
    canvas.rect((268, 462, 534, 500), ASH.main, 16)
    canvas.rect((264, 436, 538, 478), paint.main, 21)
    canvas.rect((280, 438, 522, 454), paint.light, 8)


def armchair(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(185, 615, 700)
    paint = canvas.tone.paint
    for x, tip in ((240, 226), (560, 574)):
        canvas.line([(x, 620), (tip, 700)], WALNUT.main, 22)
    canvas.blob([(235, 520), (228, 300), (280, 205), (400, 185), (520, 205), (572, 300), (565, 520)], paint.main)
    canvas.blob([(290, 500), (285, 320), (325, 255), (400, 243), (475, 255), (515, 320), (510, 500)], paint.light)
    canvas.rect((230, 520, 570, 640), paint.deep, 40)
    canvas.rect((262, 445, 538, 545), CREAM.deep, 38)
    canvas.rect((262, 438, 538, 525), CREAM.main, 38)
    canvas.rect((172, 400, 276, 650), paint.main, 50)
    canvas.rect((524, 400, 628, 650), paint.deep, 50)
    canvas.rect((188, 412, 258, 452), paint.light, 20)
    canvas.rect((540, 412, 610, 452), paint.main, 20)


def sofa(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(110, 690, 690)
    paint = canvas.tone.paint
    for x, tip in ((170, 158), (630, 642)):
        canvas.line([(x, 610), (tip, 690)], OAK.main, 20)
    canvas.rect((135, 310, 665, 560), paint.deep, 56)
    canvas.rect((172, 330, 396, 540), paint.main, 44)
    canvas.rect((404, 330, 628, 540), paint.main, 44)
    canvas.rect((110, 500, 690, 630), paint.deep, 40)
    canvas.rect((168, 480, 398, 575), paint.light, 34)
    canvas.rect((402, 480, 632, 575), paint.light, 34)
    canvas.rect((82, 405, 184, 632), paint.main, 48)
    canvas.rect((616, 405, 718, 632), paint.main, 48)
    canvas.polygon([(212, 385), (300, 366), (322, 468), (232, 486)], CREAM.main)
    canvas.line([(236, 424), (302, 410)], CREAM.deep, 6)
    canvas.line([(240, 446), (307, 432)], CREAM.deep, 6)


def stool(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(285, 515, 705)
    paint = canvas.tone.paint
    canvas.line([(358, 300), (340, 668)], ASH.deep, 17)
    canvas.line([(442, 300), (460, 668)], ASH.deep, 17)
    canvas.line([(330, 575), (470, 575)], ASH.deep, 13)
    canvas.line([(322, 300), (285, 705)], ASH.main, 22)
    canvas.line([(478, 300), (515, 705)], ASH.deep, 22)
    canvas.line([(300, 540), (500, 540)], ASH.main, 16)
    canvas.rect((280, 268, 520, 312), paint.deep, 22)
    canvas.blob(
        [(268, 262), (330, 268), (400, 274), (470, 268), (532, 262), (520, 296), (400, 304), (280, 296)], paint.main
    )
    canvas.curve([(292, 272), (400, 284), (508, 272)], paint.light, 9)


def bench(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(130, 670, 692)
    paint = canvas.tone.paint
    for x in (158, 622):
        canvas.rect((x, 470, x + 22, 672), OAK.deep, 8)
    canvas.rect((140, 592, 660, 614), OAK.deep, 10)
    canvas.blob([(240, 590), (236, 560), (262, 552), (290, 572), (330, 578), (334, 592)], WALNUT.main)
    canvas.blob([(350, 590), (346, 560), (372, 552), (400, 572), (440, 578), (444, 592)], WALNUT.deep)
    for x in (128, 650):
        canvas.rect((x, 470, x + 24, 692), OAK.main, 8)
    canvas.rect((112, 446, 688, 486), OAK.main, 14)
    canvas.rect((112, 446, 688, 460), OAK.light, 7)
    canvas.rect((124, 396, 676, 450), paint.main, 26)
    canvas.rect((144, 402, 656, 420), paint.light, 9)
    for x in (262, 400, 538):
        canvas.circle((x, 426), 7, paint.deep)


def pouf(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(195, 605, 690)
    paint = canvas.tone.paint
    canvas.blob(
        [
            (180, 560),
            (205, 440),
            (300, 395),
            (400, 388),
            (500, 395),
            (595, 440),
            (620, 560),
            (570, 680),
            (400, 704),
            (230, 680),
        ],
        paint.main,
    )
    canvas.blob([(520, 405), (595, 440), (620, 560), (570, 680), (470, 700), (540, 620), (560, 510)], paint.deep)
    for row in range(6):
        y = 452 + row * 44
        half = (168, 192, 200, 196, 178, 146)[row]
        for column in range(-4, 5):
            _stitch(canvas, 400 + column * half / 4.6, y, paint.light if column < 2 else paint.main)


def _stitch(canvas: Canvas, x: float, y: float, colour: str) -> None:
    canvas.line([(x - 15, y - 12), (x, y + 6)], colour, 10)
    canvas.line([(x + 15, y - 12), (x, y + 6)], colour, 10)
