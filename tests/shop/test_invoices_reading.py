"""A file of invoices is read strictly and whole, and a bad one is refused with the line."""

import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shop.invoices.errors import BadFile
from shop.invoices.reading import Row, read_rows
from tests.shop.invoice_files import HEADER, line, rows_of, write


def problems_of(path: Path) -> str:
    with pytest.raises(BadFile) as caught:
        read_rows(path)
    assert str(path) in str(caught.value)
    assert "nothing was imported" in str(caught.value)
    return str(caught.value)


def test_a_line_becomes_a_typed_row_that_knows_where_it_stood(tmp_path: Path) -> None:
    odd = line(invoice_no="C1", description='MUG, "BLUE" ', unit_price="0.001", customer_id="", quantity="-3")
    assert rows_of(tmp_path, line(), odd)[1] == Row(
        line=3,
        invoice_no="C1",
        stock_code="10001",
        description='MUG, "BLUE"',
        quantity=-3,
        at=datetime(2024, 1, 2, 9),
        unit_price=Decimal("0.001"),
        customer_id="",
        country="Norway",
    )


def test_a_compressed_file_reads_like_a_plain_one_whatever_its_name(tmp_path: Path) -> None:
    plain = read_rows(write(tmp_path / "plain.csv", line(), line(stock_code="10002")))
    compressed = write(tmp_path / "invoices.csv.gz", line(), line(stock_code="10002"))
    assert read_rows(compressed) == plain
    assert read_rows(compressed.rename(tmp_path / "named-wrongly.csv")) == plain


def test_columns_are_found_by_name_in_any_order_and_under_the_names_of_other_copies(tmp_path: Path) -> None:
    header = "\ufeff,Customer ID,Country,Price,InvoiceDate,Quantity,Description,StockCode,Invoice"
    path = write(
        tmp_path / "other.csv", "0,501.0,Norway,2.50,2024-01-02 09:00:00,1,BLUE MUG,10001,100001", header=header
    )
    assert read_rows(path) == rows_of(tmp_path, line())


def test_blank_lines_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    path.write_bytes(f"{HEADER}\r\n{line()}\r\n\r\n{line(stock_code='10002')}\r\n".encode())
    assert [(row.line, row.stock_code) for row in read_rows(path)] == [(2, "10001"), (4, "10002")]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"quantity": "six"}, "quantity is 'six', but should be a whole number"),
        ({"quantity": "6.0"}, "quantity is '6.0'"),
        ({"quantity": ""}, "quantity is ''"),
        ({"quantity": "٣"}, "quantity is '٣'"),
        ({"quantity": "1000001"}, "at most 1000000 pieces"),
        ({"unit_price": "NaN"}, "unit_price is 'NaN', but should be a number"),
        ({"unit_price": "inf"}, "unit_price is 'inf'"),
        ({"unit_price": "1e3"}, "unit_price is '1e3'"),
        ({"unit_price": "2,50"}, "unit_price is '2,50'"),
        ({"unit_price": "0.00001"}, "at most 4 decimals"),
        ({"invoice_date": "2024-02-30 10:00:00"}, "invoice_date is '2024-02-30 10:00:00'"),
        ({"invoice_date": "01/02/2024 10:00"}, "should be YYYY-MM-DD HH:MM:SS"),
        ({"invoice_date": ""}, "invoice_date is ''"),
        ({"invoice_no": ""}, "invoice_no is ''"),
        ({"invoice_no": "X100001"}, "invoice_no is 'X100001'"),
        ({"stock_code": ""}, "stock_code is ''"),
        ({"stock_code": "10/1"}, "stock_code is '10/1'"),
        ({"customer_id": "nan"}, "customer_id is 'nan'"),
        ({"description": "BLUE\nMUG"}, "is a quote missing?"),
        ({"description": "BLUE\0MUG"}, "control character"),
        ({"description": "M" * 300}, "300 characters"),
    ],
)
def test_a_bad_value_is_refused_with_its_line_and_what_it_should_be(
    tmp_path: Path, values: dict[str, str], complaint: str
) -> None:
    problems = problems_of(write(tmp_path / "bad.csv", line(), line(**values), line()))
    assert "line 3: " in problems
    assert complaint in problems


def test_up_to_ten_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    problems = problems_of(write(tmp_path / "bad.csv", *[line(quantity="x")] * 12, line()))
    assert problems.count("quantity is 'x'") == 10
    assert "line 2: " in problems
    assert "line 11: " in problems


def test_a_missing_or_repeated_column_is_named(tmp_path: Path) -> None:
    short = write(tmp_path / "short.csv", "1,2", header="invoice_no,stock_code")
    assert "line 1: the column description is missing" in problems_of(short)
    double = write(tmp_path / "double.csv", line(), header=f"{HEADER},Price")
    assert "line 1: the column unit_price is there twice" in problems_of(double)


def test_a_line_with_too_few_or_too_many_fields_is_refused(tmp_path: Path) -> None:
    problems = problems_of(write(tmp_path / "ragged.csv", line(), "100001,10001", f"{line()},more"))
    assert "line 3: 2 fields, but the header has 8" in problems
    assert "line 4: 9 fields, but the header has 8" in problems


@pytest.mark.parametrize("broken", ['100001,10001,"BLUE" MUG,1,2024-01-02 09:00:00,1,1,X', '100001,10001,"BLUE MUG,1'])
def test_wrong_quoting_is_refused_where_the_record_begins(tmp_path: Path, broken: str) -> None:
    assert "line 3: wrong quoting" in problems_of(write(tmp_path / "quotes.csv", line(), broken, line()))


def test_an_empty_file_and_a_header_alone_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "line 1: the file is empty" in problems_of(empty)
    assert "line 2: there is a header, but no line" in problems_of(write(tmp_path / "header.csv"))


def test_what_is_not_utf8_is_refused_with_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path / "latin.csv", line(), line(description="POUND SIGN"))
    path.write_bytes(path.read_bytes().replace(b"POUND", b"\xa3"))
    assert "line 3: not UTF-8 (byte 0xa3 at column 14)" in problems_of(path)


@pytest.mark.parametrize("keep", [30, -6])
def test_a_compressed_file_that_was_cut_off_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.csv.gz"
    content = "\n".join([HEADER, *(line(invoice_no=number) for number in range(100_000, 100_500))])
    path.write_bytes(gzip.compress(content.encode())[:keep])
    assert "damaged or cut off" in problems_of(path)


def test_a_compressed_file_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "flipped.csv.gz", *(line(invoice_no=number) for number in range(100_000, 100_500)))
    content = bytearray(path.read_bytes())
    content[-5] ^= 0xFF
    path.write_bytes(content)
    assert "damaged or cut off" in problems_of(path)


def test_a_missing_file_and_a_directory_are_refused_in_words(tmp_path: Path) -> None:
    assert "No such file" in problems_of(tmp_path / "nowhere.csv")
    assert "Is a directory" in problems_of(tmp_path)


def test_an_invoice_of_two_customers_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "mixed.csv", line(), line(customer_id="502"))
    assert "line 3: invoice 100001 is of customer 502 here, and of 501 before" in problems_of(path)
