"""The assembly guide of a product: one sheet with its picture and the steps in English and Arabic, side by side."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO

from django.apps import apps
from fpdf import FPDF
from PIL import Image

from shop.demo.words import words

WIDTH, MARGIN, GAP = 210.0, 18.0, 12.0
COLUMN = (WIDTH - 2 * MARGIN - GAP) / 2
ENGLISH, ARABIC = MARGIN, MARGIN + COLUMN + GAP
PICTURE, PICTURE_TOP, STEPS_TOP = 90.0, 46.0, 148.0
#: A PDF knows when it was made; this one is the same every time.
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def has_guide(kind: str) -> bool:
    """Whether a thing of that kind comes in parts."""
    return kind in words("guides")["sheets"]


def draw_guide(kind: str, names: Mapping[str, str], picture: bytes) -> bytes:
    """A PDF of one page, with the same bytes every time."""
    guides = words("guides")
    pdf = _sheet(names["en"])
    _both(pdf, 20.0, guides["title"], 20)
    _both(pdf, 32.0, names, 12)
    with Image.open(BytesIO(picture)) as image:
        pdf.image(image.convert("RGB").resize((500, 500)), (WIDTH - PICTURE) / 2, PICTURE_TOP, PICTURE)
    y = STEPS_TOP
    for number, step in enumerate(guides["steps"][guides["sheets"][kind]], 1):
        y = _both(pdf, y, {language: f"{number}. {text}" for language, text in step.items()}, 11) + 5
    return bytes(pdf.output())


def _both(pdf: FPDF, y: float, texts: Mapping[str, str], size: float) -> float:
    """English from the left, Arabic from the right; returns where the longer of them ends."""
    pdf.set_font_size(size)
    ends = []
    for language, x, align in (("en", ENGLISH, "L"), ("ar", ARABIC, "R")):
        pdf.set_xy(x, y)
        pdf.multi_cell(COLUMN, size * 0.55, texts[language], align=align)
        ends.append(pdf.get_y())
    return max(ends)


def _sheet(title: str) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_creation_date(MADE_AT)
    pdf.set_title(title)
    pdf.set_auto_page_break(False)
    # The fonts that invoices are written in: letters of both languages.
    pdf.add_font("DejaVu", "", f"{apps.get_app_config('billing').path}/fonts/DejaVuSans.ttf")
    pdf.set_font("DejaVu")
    pdf.set_text_shaping(True)
    pdf.add_page()
    return pdf
