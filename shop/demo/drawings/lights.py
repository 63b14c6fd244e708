"""Lamps and lanterns."""

from shop.demo.canvas import Canvas
from shop.demo.palette import BRASS, CREAM, IRON, LIGHT, OAK, Shades


def table_lamp(canvas: Canvas) -> None:
    canvas.room()
    canvas.circle((400, 300), 230, LIGHT.light)
    canvas.shadow(285, 515, 700)
    canvas.rect((392, 350, 408, 440), BRASS.main)
    canvas.turned(400, [(26, 430), (34, 450), (98, 520), (112, 590), (84, 660), (58, 696)], canvas.tone.paint)
    canvas.rect((330, 686, 470, 704), OAK.main, 9)
    canvas.polygon([(318, 176), (482, 176), (552, 388), (248, 388)], CREAM.main)
    canvas.polygon([(430, 176), (482, 176), (552, 388), (462, 388)], CREAM.deep)
    canvas.ellipse((248, 374, 552, 402), LIGHT.deep)
    canvas.ellipse((318, 168, 482, 184), LIGHT.main)


def floor_lamp(canvas: Canvas) -> None:
    canvas.room()
    canvas.polygon([(180, 372), (376, 372), (470, 700), (80, 700)], LIGHT.light)
    canvas.ellipse((80, 674, 470, 726), LIGHT.main)
    canvas.shadow(500, 680, 700)
    canvas.curve([(590, 690), (604, 480), (576, 290), (480, 176), (370, 164), (296, 226), (280, 280)], BRASS.main, 14)
    canvas.curve([(596, 690), (610, 480), (582, 290), (540, 226)], BRASS.deep, 5)
    canvas.ellipse((504, 676, 676, 722), IRON.deep)
    canvas.ellipse((504, 660, 676, 706), IRON.main)
    paint = canvas.tone.paint
    canvas.sector((168, 268, 388, 476), 180, 360, paint.main)
    canvas.sector((290, 268, 388, 476), 270, 360, paint.deep)
    canvas.ellipse((168, 356, 388, 388), LIGHT.deep)
    canvas.circle((280, 372), 22, LIGHT.light)
    canvas.circle((280, 270), 13, BRASS.deep)


def pendant(canvas: Canvas) -> None:
    canvas.wall()
    canvas.polygon([(196, 484), (604, 484), (744, 800), (56, 800)], LIGHT.light)
    canvas.line([(400, 0), (400, 262)], IRON.main, 9)
    canvas.rect((366, 222, 434, 282), BRASS.main, 12)
    canvas.rect((410, 222, 434, 282), BRASS.deep, 12)
    canvas.turned(400, [(50, 276), (66, 296), (112, 340), (186, 400), (226, 484)], canvas.tone.paint)
    canvas.ellipse((174, 456, 626, 512), CREAM.light)
    canvas.ellipse((206, 466, 594, 506), LIGHT.main)
    canvas.circle((400, 500), 46, LIGHT.light)


def lantern(canvas: Canvas) -> None:
    canvas.room()
    canvas.circle((400, 450), 250, LIGHT.light)
    canvas.shadow(270, 530, 700)
    for y, half in ((120, 40), (120, 28)):
        canvas.circle((400, y), half, BRASS.deep if half == 40 else LIGHT.light)
    canvas.turned(400, [(14, 160), (22, 186), (60, 226), (128, 284)], BRASS)
    canvas.rect((262, 280, 538, 310), BRASS.deep, 12)
    canvas.polygon([(280, 310), (520, 310), (500, 640), (300, 640)], LIGHT.deep)
    canvas.polygon([(310, 310), (490, 310), (474, 640), (326, 640)], LIGHT.main)
    canvas.rect((368, 520, 432, 640), CREAM.light, 8)
    canvas.blob([(400, 436), (424, 486), (400, 516), (376, 486)], canvas.tone.paint.main)
    canvas.blob([(400, 462), (412, 490), (400, 510), (388, 490)], LIGHT.light)
    for x, lean in ((280, 20), (400, 0), (520, -20)):
        canvas.line([(x, 300), (x + lean, 650)], BRASS.main, 12)
    _arches(canvas)
    canvas.rect((272, 636, 528, 676), BRASS.main, 10)
    canvas.rect((252, 668, 548, 702), BRASS.deep, 12)


def _arches(canvas: Canvas) -> None:
    for x in (340, 460):
        canvas.curve([(x - 50, 392), (x - 30, 342), (x, 322), (x + 30, 342), (x + 50, 392)], BRASS.main, 9)
        _star(canvas, x, 410, BRASS)
    for x in (312, 356, 400, 444, 488):
        canvas.circle((x, 656), 9, LIGHT.light)


def _star(canvas: Canvas, x: float, y: float, shades: Shades) -> None:
    canvas.polygon([(x, y - 24), (x + 24, y), (x, y + 24), (x - 24, y)], shades.main)
    canvas.rect((x - 17, y - 17, x + 17, y + 17), shades.main)
    canvas.circle((x, y), 9, LIGHT.light)
