"""A sheet of A4 to write on: from the left, or for Arabic from the right, with the letters joined as they should be.

Every place is given as if the page were written from the left; on a page from the right it is mirrored.
"""

from datetime import UTC, datetime, time
from pathlib import Path

from fpdf import FPDF

from shop.billing.content import PaperContent

FONTS = Path(__file__).parent / "fonts"
WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 18.0
INK, PALE, LINE = (43, 38, 34), (120, 110, 100), (214, 205, 193)


class Sheet:
    """Writes texts and rules; all measures in millimetres, sizes of letters in points."""

    def __init__(self, content: PaperContent, title: str, *, right_to_left: bool) -> None:
        self.right_to_left = right_to_left
        self.pdf = _document(content, title)
        self.pdf.add_page()

    def text(
        self, x: float, y: float, width: float, text: str, *, size: float = 9.5, bold: bool = False,
        pale: bool = False, end: bool = False, line: float = 5.0,
    ) -> float:  # fmt: skip
        """Write a text, over as many lines as it needs, and return how high it became; `end`: at the far edge."""
        self._choose(size, bold, pale)
        self.pdf.set_xy(self._left(x, width), y)
        self.pdf.multi_cell(width, line, text, align=self._align(end), new_x="LEFT", new_y="NEXT")
        return float(self.pdf.get_y() - y)

    def height(self, width: float, text: str, *, size: float = 9.5, bold: bool = False, line: float = 5.0) -> float:
        """How high a text will become."""
        self._choose(size, bold, pale=False)
        return float(self.pdf.multi_cell(width, line, text, dry_run=True, output="HEIGHT"))

    def rule(self, y: float, x: float = MARGIN, width: float = WIDTH - 2 * MARGIN, *, strong: bool = False) -> None:
        """A line across."""
        left = self._left(x, width)
        self.pdf.set_draw_color(*(INK if strong else LINE))
        self.pdf.set_line_width(0.4 if strong else 0.2)
        self.pdf.line(left, y, left + width, y)

    def next_page(self) -> None:
        """Go on overleaf."""
        self.pdf.add_page()

    def number_pages(self, words: str) -> None:
        """Write "Page 1 of 3" at the foot of every page, by a text with {page} and {pages}."""
        pages = self.pdf.pages_count
        for page in range(1, pages + 1):
            self.pdf.page = page
            text = words.format(page=page, pages=pages)
            self.text(MARGIN, HEIGHT - 14, WIDTH - 2 * MARGIN, text, size=8, pale=True, end=True)

    def file(self) -> bytes:
        """The finished PDF; the same content gives the same bytes."""
        return bytes(self.pdf.output())

    def _choose(self, size: float, bold: bool, pale: bool) -> None:
        self.pdf.set_font("DejaVu", "B" if bold else "", size)
        self.pdf.set_text_color(*(PALE if pale else INK))

    def _left(self, x: float, width: float) -> float:
        return WIDTH - x - width if self.right_to_left else x

    def _align(self, end: bool) -> str:
        return "R" if end != self.right_to_left else "L"


def _document(content: PaperContent, title: str) -> FPDF:
    pdf = FPDF(format="A4")
    # The only thing in a PDF that would differ from one drawing to the next.
    pdf.set_creation_date(datetime.combine(content.issued_on, time(), UTC))
    pdf.set_title(title)
    pdf.set_author(content.seller.name)
    pdf.set_lang(content.language)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
    pdf.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
    pdf.set_text_shaping(True)
    return pdf
