"""Parquet files by day: whole, repeatable, and made again when a day changes late."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pyarrow import parquet
from pytest_django import Settings

from shop.lake import files
from shop.lake.models import LakeDay
from shop.lake.operations import ask_for, export_day, export_due
from shop.orders.models import Order, Reversal
from shop.orders.operations import LineWish, cancel
from tests.shop.builders import at_once, buy, make_product

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 28)
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=2)


@pytest.fixture
def lake(tmp_path: Path, settings: Settings) -> Path:
    settings.LAKE_DIR = tmp_path
    return tmp_path


def sold_on(day: datetime, *wishes: LineWish) -> Order:
    order = buy(*wishes)
    Order.objects.filter(pk=order.pk).update(placed_at=day)
    return Order.objects.get(pk=order.pk)


def rows(lake: Path, table: str, day: date = DAY) -> list[dict[str, Any]]:
    return parquet.ParquetFile(files.path_of(lake, table, day)).read().to_pylist()


def contents(lake: Path) -> dict[str, bytes]:
    return {str(file.relative_to(lake)): file.read_bytes() for file in lake.rglob("*") if file.is_file()}


def test_a_day_is_exported_with_its_orders_and_lines_and_again_to_the_same_bytes(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROWS_AT_A_TIME", 2)
    make_product("CHAIR", price="10.50", available=100)
    make_product("LAMP", price="4.00", available=100)
    order = sold_on(NOON, LineWish("CHAIR", 2), LineWish("LAMP", 1))
    sold_on(NOON, LineWish("LAMP", 3), LineWish("CHAIR", 1))
    sold_on(NOON + timedelta(hours=12), LineWish("LAMP", 1))
    out = StringIO()
    call_command("export_day", "2026-03-28", stdout=out)
    assert "2026-03-28: 2 orders, 4 lines, 0 cancellations and returns" in out.getvalue()
    first = rows(lake, "orders")[0]
    assert (first["number"], first["total"], first["placed_at"]) == (order.number, Decimal("25.00"), NOON)
    assert [(line["sku"], line["quantity"]) for line in rows(lake, "order_lines")] == [
        ("CHAIR", 2), ("LAMP", 1), ("LAMP", 3), ("CHAIR", 1),
    ]  # fmt: skip
    assert rows(lake, "reversals") == []
    before = contents(lake)
    assert sorted(before) == [
        f"{name}/day=2026-03-28/{name}.parquet" for name in ("order_lines", "orders", "reversals")
    ]
    export_day(DAY, now=LATER)
    assert contents(lake) == before
    with pytest.raises(CommandError, match="Say which days"):
        call_command("export_day")
    with pytest.raises(CommandError, match="'yesterday' is no day; write it as in 2026-11-20"):
        call_command("export_day", "yesterday")


def test_every_day_that_is_over_is_exported_once_and_one_that_changes_late_once_more(lake: Path) -> None:
    make_product("CHAIR", price="10.00")
    order = sold_on(NOON, LineWish("CHAIR", 2))
    assert [day.day for day in export_due(LATER, budget_seconds=60)] == [DAY, DAY + timedelta(days=1)]
    assert export_due(LATER, budget_seconds=60) == []
    cancel(order, {1: 1}, by="test")
    (again,) = export_due(LATER, budget_seconds=60)
    assert (again.day, rows(lake, "orders")[0]["cancelled_total"]) == (DAY, 10)
    assert export_due(LATER, budget_seconds=60) == []
    Reversal.objects.create(
        order=order, number=2, kind="return", status="requested", amount=order.total, unit_count=1, by="test"
    )
    export_day(timezone.now().date(), now=LATER)
    (row,) = rows(lake, "reversals", timezone.now().date())
    assert (row["kind"], row["amount"], row["status"]) == ("cancellation", 10, "done")


def test_a_day_that_is_asked_for_while_it_is_exported_stays_due(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = files.write

    def asked_meanwhile(*arguments: Any) -> int:
        assert at_once([lambda: ask_for([DAY])]) == [None]
        return write(*arguments)

    monkeypatch.setattr(files, "write", asked_meanwhile)
    assert export_day(DAY, now=LATER).is_due


def test_an_export_that_fails_leaves_the_old_file_and_nothing_else(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product("CHAIR")
    sold_on(NOON, LineWish("CHAIR", 1))
    export_day(DAY, now=LATER)
    before = contents(lake)

    def no_space(path: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(files, "_to_disk", no_space)
    ask_for([DAY])
    with pytest.raises(OSError, match="no space"):
        export_day(DAY, now=LATER)
    assert contents(lake) == before
    assert LakeDay.objects.get().is_due


def test_ten_who_ask_and_export_at_once_end_with_nothing_due(lake: Path) -> None:
    days = [DAY, DAY + timedelta(days=1)]
    calls = [lambda: ask_for(days), lambda: ask_for(reversed(days)), lambda: export_due(LATER, budget_seconds=60)]
    assert not [one for one in at_once(calls * 3) if isinstance(one, Exception)]
    export_due(LATER, budget_seconds=60)
    assert not [day for day in LakeDay.objects.all() if day.is_due]
