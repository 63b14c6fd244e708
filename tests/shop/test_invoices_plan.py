"""Every quirk of real invoices is met on purpose and counted."""

from decimal import Decimal
from pathlib import Path

import pytest

from shop.invoices.plan import Line, Return, Sale
from shop.invoices.quirks import Quirk
from tests.shop.invoice_files import line, plan_of


def test_invoices_are_put_together_by_number_and_played_in_date_order(tmp_path: Path) -> None:
    made = plan_of(
        tmp_path,
        line(invoice_no="2", invoice_date="2024-01-02 10:00:00", stock_code="A1"),
        line(invoice_no="1", invoice_date="2024-01-02 09:00:00"),
        line(invoice_no="2", invoice_date="2024-01-02 10:00:00", stock_code="B1"),
        line(invoice_no="C3", invoice_date="2024-01-02 10:00:00", quantity=-1, stock_code="A1"),
    )
    assert [step.invoice_no for step in made.steps] == ["1", "2", "C3"]
    assert [sold.sku for sold in made.steps[1].lines] == ["A1", "B1"]
    assert made.quirks[Quirk.INTERLEAVED] == 1


def test_an_invoice_with_two_times_stands_at_its_first(tmp_path: Path) -> None:
    made = plan_of(
        tmp_path,
        line(invoice_no="1", invoice_date="2024-01-02 09:01:00"),
        line(invoice_no="1", invoice_date="2024-01-02 08:00:00"),
        line(invoice_no="2", invoice_date="2024-01-02 09:00:00"),
    )
    assert [step.invoice_no for step in made.steps] == ["2", "1"]
    assert made.quirks[Quirk.TWO_TIMES] == 1


def test_exact_duplicates_are_kept_and_counted(tmp_path: Path) -> None:
    made = plan_of(tmp_path, line(), line(), line(quantity=2))
    assert made.sales == [
        Sale("100001", "501", tuple(Line("10001", quantity, Decimal("2.50")) for quantity in (1, 1, 2)))
    ]
    assert made.quirks[Quirk.DUPLICATE] == 1


def test_spellings_of_one_stock_code_are_one_product(tmp_path: Path) -> None:
    made = plan_of(tmp_path, line(stock_code="10001a"), line(stock_code="10001A"), line(stock_code="10001A "))
    assert {sold.sku for sold in made.sales[0].lines} == {"10001A"}
    assert made.quirks[Quirk.LETTER_CASE] == 1


@pytest.mark.parametrize(
    ("values", "quirk"),
    [
        ({"stock_code": "POST"}, Quirk.POSTAGE),
        ({"stock_code": "C2"}, Quirk.POSTAGE),
        ({"stock_code": "m"}, Quirk.MANUAL),
        ({"stock_code": "D", "quantity": "-1"}, Quirk.DISCOUNT),
        ({"stock_code": "S"}, Quirk.SAMPLE),
        ({"stock_code": "B"}, Quirk.DEBT),
        ({"stock_code": "BANK CHARGES"}, Quirk.BANK),
        ({"stock_code": "AMAZONFEE"}, Quirk.MARKETPLACE),
        ({"stock_code": "CRUK"}, Quirk.CHARITY),
        ({"stock_code": "ADJUST2"}, Quirk.ADJUSTMENT),
        ({"stock_code": "TEST001"}, Quirk.TEST),
        ({"stock_code": "gift_0001_20"}, Quirk.VOUCHER),
        ({"invoice_no": "A100001"}, Quirk.BAD_DEBT),
        ({"quantity": "-2", "unit_price": "0", "customer_id": ""}, Quirk.WRITE_OFF),
        ({"unit_price": "0", "customer_id": ""}, Quirk.STOCK_COUNT),
        ({"unit_price": "-5"}, Quirk.NEGATIVE_PRICE),
        ({"quantity": "0"}, Quirk.NO_PIECES),
        ({"invoice_no": "C100001", "quantity": "2"}, Quirk.POSITIVE_CANCELLATION),
    ],
)
def test_what_is_no_sale_is_left_out_and_counted_by_name(tmp_path: Path, values: dict[str, str], quirk: Quirk) -> None:
    made = plan_of(tmp_path, line(**values), line(invoice_no="200001"))
    assert [step.invoice_no for step in made.steps] == ["200001"]
    assert made.quirks[quirk] == 1
    assert made.quirks[Quirk.NOTHING_SOLD] == 1


@pytest.mark.parametrize("code", ["DCGS0055", "PADS", "SP1002", "47503J", "GIFTS"])
def test_odd_codes_that_are_goods_are_sold(tmp_path: Path, code: str) -> None:
    assert plan_of(tmp_path, line(stock_code=code)).sales[0].lines[0].sku == code


@pytest.mark.parametrize(
    ("values", "quirk"),
    [
        ({"unit_price": "0.001"}, Quirk.SUB_PENNY),
        ({"unit_price": "0"}, Quirk.FREE),
        ({"quantity": "80995"}, Quirk.EXTREME),
        ({"customer_id": ""}, Quirk.NO_CUSTOMER),
    ],
)
def test_what_is_odd_but_sold_is_played_as_it_is_and_counted(
    tmp_path: Path, values: dict[str, str], quirk: Quirk
) -> None:
    made = plan_of(tmp_path, line(**values))
    sold = made.sales[0].lines[0]
    assert str(sold.unit_price) == values.get("unit_price", "2.50")
    assert str(sold.quantity) == values.get("quantity", "1")
    assert made.quirks[quirk] == 1


def test_a_cancellation_has_positive_pieces(tmp_path: Path) -> None:
    made = plan_of(tmp_path, line(invoice_no="C1", quantity=-4))
    assert made.returns == [Return("C1", "501", (Line("10001", 4, Decimal("2.50")),))]


def test_a_plain_file_has_no_quirks(tmp_path: Path) -> None:
    assert not +plan_of(tmp_path, line(), line(stock_code="10002"), line(invoice_no="2")).quirks
