"""Small made-up files of invoices, in the format of the real ones."""

import csv
import gzip
import io
from pathlib import Path

from shop.invoices.invoices import group
from shop.invoices.plan import Plan, plan
from shop.invoices.reading import Row, read_rows

HEADER = "invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country"
DEFAULTS = {
    "invoice_no": "100001",
    "stock_code": "10001",
    "description": "BLUE MUG",
    "quantity": "1",
    "invoice_date": "2024-01-02 09:00:00",
    "unit_price": "2.50",
    "customer_id": "501",
    "country": "Norway",
}


def line(**values: object) -> str:
    """One line of a file; what is not given is a blue mug."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(str(value) for value in (DEFAULTS | values).values())
    return out.getvalue().removesuffix("\n")


def write(path: Path, *lines: str, header: str = HEADER) -> Path:
    """A file; compressed if its name says so."""
    content = "\n".join([header, *lines, ""]).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def rows_of(directory: Path, *lines: str) -> list[Row]:
    """The rows of a file with these lines."""
    return read_rows(write(directory / "invoices.csv", *lines))


def plan_of(directory: Path, *lines: str) -> Plan:
    """The plan of a file with these lines."""
    return plan(group(rows_of(directory, *lines)))
