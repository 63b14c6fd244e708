"""Rugs, cushions, throws and curtains."""

from shop.demo.canvas import Canvas
from shop.demo.palette import BRASS, CREAM, IRON, OAK


def rug(canvas: Canvas) -> None:
    canvas.rect((0, 0, 800, 800), canvas.tone.floor)
    canvas.circle((400, 400), 340, canvas.tone.wall)
    paint = canvas.tone.paint
    for x in range(196, 606, 17):
        canvas.line([(x, 112), (x, 688)], CREAM.deep, 6)
    canvas.rect((184, 138, 616, 662), paint.main)
    canvas.rect((206, 160, 594, 640), CREAM.main)
    canvas.rect((220, 174, 580, 626), paint.deep)
    canvas.rect((232, 186, 568, 614), CREAM.main)
    for y in (250, 400, 550):
        _diamond(canvas, 400, y, 84, paint.main)
        _diamond(canvas, 400, y, 56, CREAM.light)
        _diamond(canvas, 400, y, 32, IRON.light)
        for x in (286, 514):
            _diamond(canvas, x, y, 40, paint.light)
            _diamond(canvas, x, y, 18, paint.deep)
    for y in (325, 475):
        for x in (260, 330, 400, 470, 540):
            _diamond(canvas, x, y, 13, BRASS.main)


def _diamond(canvas: Canvas, x: float, y: float, half: float, colour: str) -> None:
    canvas.polygon([(x, y - half * 0.8), (x + half, y), (x, y + half * 0.8), (x - half, y)], colour)


def cushion(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(205, 595, 690)
    paint = canvas.tone.paint
    outline = [(186, 262), (400, 288), (614, 262), (592, 480), (618, 694), (400, 672), (182, 694), (208, 480)]
    canvas.blob(outline, paint.main)
    canvas.blob([(560, 276), (614, 262), (592, 480), (618, 694), (400, 672), (520, 630), (556, 480)], paint.deep)
    for x in (268, 312, 356):
        canvas.curve([(x, 300), (x + 8, 480), (x - 4, 664)], CREAM.main, 12)
    canvas.curve([(224, 296), (236, 470), (224, 650)], paint.light, 12)
    canvas.curve([(400, 306), (408, 480), (398, 656)], paint.light, 6)


def blanket(canvas: Canvas) -> None:
    canvas.room()
    canvas.shadow(170, 630, 694)
    paint = canvas.tone.paint
    for x in range(196, 612, 20):
        canvas.line([(x, 640), (x - 3, 684)], CREAM.deep, 7)
    for top, shade in ((560, paint.deep), (480, paint.main), (400, paint.main)):
        canvas.rect((172, top, 628, top + 92), shade, 44)
    for y in (428, 508, 588):
        canvas.rect((180, y, 620, y + 12), CREAM.main)
        canvas.rect((176, y + 26, 624, y + 32), BRASS.light)
    for x in (236, 356, 476, 588):
        canvas.rect((x, 400, x + 14, 650), CREAM.main)
        canvas.rect((x - 18, 400, x - 12, 650), BRASS.light)
    for y in (484, 564):
        canvas.rect((184, y, 616, y + 8), paint.deep, 4)
    canvas.rect((188, 398, 612, 412), paint.light, 7)


def curtain(canvas: Canvas) -> None:
    canvas.wall()
    canvas.rect((250, 180, 550, 700), CREAM.light, 6)
    canvas.rect((264, 194, 536, 686), "#CFE3EA")
    canvas.circle((470, 300), 44, "#FCEFC5")
    canvas.blob([(264, 686), (264, 590), (340, 548), (430, 592), (536, 556), (536, 686)], "#B9CFB0")
    canvas.rect((392, 190, 408, 690), CREAM.light)
    canvas.rect((256, 420, 544, 434), CREAM.light)
    for outer, inner, side in ((110, 330, 1), (690, 470, -1)):
        _panel(canvas, outer, inner, side)
    canvas.line([(90, 126), (710, 126)], OAK.main, 18)
    for x in (84, 716):
        canvas.circle((x, 126), 19, OAK.deep)


def _panel(canvas: Canvas, outer: float, inner: float, side: int) -> None:
    paint = canvas.tone.paint
    canvas.polygon([(outer, 130), (inner, 130), (inner - side * 26, 744), (outer - side * 18, 744)], paint.light)
    for fold in range(5):
        top = outer + side * (14 + fold * 45)
        bottom = outer + side * (-2 + fold * 41)
        canvas.polygon([(top, 130), (top + side * 20, 130), (bottom + side * 18, 744), (bottom, 744)], paint.main)
        canvas.circle((top + side * 8, 126), 15, BRASS.deep)
