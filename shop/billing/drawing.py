"""Drawing an invoice or a credit note from its content, and from nothing else."""

from collections.abc import Iterator

from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _

from shop.billing.amounts import printed, printed_date, printed_rate
from shop.billing.content import PaperContent, PaperLine, Party
from shop.billing.sheet import HEIGHT, MARGIN, WIDTH, Sheet

INNER = WIDTH - 2 * MARGIN
FOOT = HEIGHT - 24
# Where a column begins and how wide it is: product, pieces, price, amount.
PRODUCT, PIECES, PRICE, AMOUNT = (MARGIN, 92.0), (MARGIN + 94, 18.0), (MARGIN + 114, 29.0), (MARGIN + 144, INNER - 144)
SUMS = (MARGIN + 84, 59.0)


def draw(content: PaperContent) -> bytes:
    """The PDF, in the customer's language; the same content gives the same bytes."""
    with override(content.language):
        title = _title(content)
        sheet = Sheet(content, title, right_to_left=get_language_bidi())
        y = _head(sheet, content, title)
        y = _parties(sheet, content, y)
        y = _table(sheet, content, y)
        y = _sums(sheet, content, y)
        _notes(sheet, content, y)
        sheet.number_pages(_("Page {page} of {pages}"))
        return sheet.file()


def _title(content: PaperContent) -> str:
    words = _("Invoice {number}") if content.kind == "invoice" else _("Credit note {number}")
    return words.format(number=content.number)


def _head(sheet: Sheet, content: PaperContent, title: str) -> float:
    sheet.text(MARGIN, MARGIN, 90, content.seller.name, size=15, bold=True, line=7)
    height = sheet.text(MARGIN, MARGIN + 8, 90, "\n".join(content.seller.lines), size=8, pale=True, line=4)
    sheet.text(MARGIN + 92, MARGIN, INNER - 92, title, size=13, bold=True, end=True, line=7)
    y = MARGIN + 9
    for label, value in _facts(content):
        sheet.text(MARGIN + 92, y, 44, label, size=8.5, pale=True)
        y += sheet.text(MARGIN + 136, y, INNER - 136, value, size=8.5, end=True)
    return max(y, MARGIN + 8 + height) + 8


def _facts(content: PaperContent) -> Iterator[tuple[str, str]]:
    yield _("Date"), printed_date(content.issued_on, content.language)
    yield _("Order number"), content.order_number
    yield _("Ordered on"), printed_date(content.ordered_on, content.language)
    if content.refers_to:
        yield _("For invoice"), content.refers_to
    if content.refers_to_date:
        yield _("Of"), printed_date(content.refers_to_date, content.language)


def _parties(sheet: Sheet, content: PaperContent, y: float) -> float:
    height = _party(sheet, MARGIN, y, _("Billed to"), content.buyer)
    if content.delivery:
        height = max(height, _party(sheet, MARGIN + 92, y, _("Delivered to"), content.delivery))
    return y + height + 8


def _party(sheet: Sheet, x: float, y: float, label: str, party: Party) -> float:
    height = sheet.text(x, y, 82, label, size=8, pale=True)
    height += sheet.text(x, y + height, 82, party.name, bold=True)
    if party.lines:
        height += sheet.text(x, y + height, 82, "\n".join(party.lines), line=4.6)
    return height


def _table(sheet: Sheet, content: PaperContent, y: float) -> float:
    y = _table_head(sheet, y)
    for line in content.lines:
        below = _row_height(sheet, line)
        if y + below > FOOT:
            sheet.next_page()
            y = _table_head(sheet, MARGIN)
        _row(sheet, content, line, y + 2)
        y += below
        sheet.rule(y)
    return y


def _table_head(sheet: Sheet, y: float) -> float:
    sheet.text(*_at(PRODUCT, y), _("Product"), size=8, pale=True)
    sheet.text(*_at(PIECES, y), _("Pieces"), size=8, pale=True, end=True)
    sheet.text(*_at(PRICE, y), _("Price"), size=8, pale=True, end=True)
    sheet.text(*_at(AMOUNT, y), _("Amount"), size=8, pale=True, end=True)
    sheet.rule(y + 6, strong=True)
    return y + 6


def _row_height(sheet: Sheet, line: PaperLine) -> float:
    return sheet.height(PRODUCT[1], line.name) + 4 + 4


def _row(sheet: Sheet, content: PaperContent, line: PaperLine, y: float) -> None:
    height = sheet.text(*_at(PRODUCT, y), line.name)
    sheet.text(MARGIN, y + height, PRODUCT[1], line.sku, size=7.5, pale=True, line=4)
    price = printed(line.unit_price, content.currency, content.language, finest=_decimals(line))
    sheet.text(*_at(PIECES, y), str(line.quantity), end=True)
    sheet.text(*_at(PRICE, y), price, end=True)
    sheet.text(*_at(AMOUNT, y), printed(line.total, content.currency, content.language), end=True)


def _decimals(line: PaperLine) -> int:
    """Agreed prices may be finer than a penny."""
    return 4 if line.unit_price != round(line.unit_price, 2) else 2


def _sums(sheet: Sheet, content: PaperContent, y: float) -> float:
    rows = list(_sum_rows(content))
    if y + 7 * len(rows) + 12 > FOOT:
        sheet.next_page()
        y = MARGIN
    y += 4
    for label, value in rows:
        sheet.text(*_at(SUMS, y), label, pale=True)
        y += sheet.text(*_at(AMOUNT, y), value, end=True) + 1
    sheet.rule(y + 0.5, SUMS[0], INNER + MARGIN - SUMS[0], strong=True)
    label = _("Total") if content.kind == "invoice" else _("Given back")
    sheet.text(*_at(SUMS, y + 2.5), label, size=11, bold=True)
    total = printed(content.total, content.currency, content.language)
    return y + 2.5 + sheet.text(AMOUNT[0] - 12, y + 2.5, AMOUNT[1] + 12, total, size=11, bold=True, end=True)


def _sum_rows(content: PaperContent) -> Iterator[tuple[str, str]]:
    def amount(value: object) -> str:
        return printed(value, content.currency, content.language)  # type: ignore[arg-type]

    if content.subtotal != content.total:
        yield _("Subtotal"), amount(content.subtotal)
    if content.discount:
        label = _("Discount ({code})").format(code=content.coupon_code) if content.coupon_code else _("Discount")
        yield label, amount(-content.discount)
    if content.shipping_fee:
        yield _("Shipping"), amount(content.shipping_fee)
    for tax in content.taxes:
        label = tax.name or _("Tax")
        yield (f"{label} {printed_rate(tax.rate)}" if tax.rate is not None else label), amount(tax.amount)


def _notes(sheet: Sheet, content: PaperContent, y: float) -> None:
    if content.kind == "invoice":
        text = _("This order was paid in full. Thank you for buying from us.")
    else:
        text = _("This amount was given back the way the order was paid.")
    if content.reason:
        text += "\n" + _("Reason: {reason}").format(reason=content.reason)
    if y + 8 + sheet.height(INNER, text, size=8.5) > FOOT:
        sheet.next_page()
        y = MARGIN
    sheet.text(MARGIN, y + 8, INNER, text, size=8.5, pale=True)


def _at(column: tuple[float, float], y: float) -> tuple[float, float, float]:
    return column[0], y, column[1]
