"""A new subscriber is one new function in tasks/, and nothing else."""

import sys
from pathlib import Path

import pytest

from events import catalogue
from events.api import load_subscribers

MODULE = """
from events.api import subscriber
from shop.orders.events import OrderPaid

@subscriber(OrderPaid, name="thanks.write_note")
def write_note(event: OrderPaid) -> None:
    \"\"\"Writes a note.\"\"\"
"""


def test_a_module_beside_the_others_is_loaded_without_an_entry_in_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thanking").mkdir()
    (tmp_path / "thanking" / "__init__.py").touch()
    (tmp_path / "thanking" / "thanks.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    with catalogue.scratch():
        load_subscribers("thanking")
        assert "thanks.write_note" in [subscriber.name for subscriber in catalogue.subscribers_of("order.paid")]
    for module in ("thanking", "thanking.thanks"):
        sys.modules.pop(module)


def test_the_order_of_the_shop_has_its_subscribers() -> None:
    assert [subscriber.name for subscriber in catalogue.subscribers_of("order.placed")] == [
        "analytics.record_product_sales",
        "analytics.record_sales",
        "audit.record_entry",
        "crm.sync_contact",
        "dashboard.refresh",
        "followups.plan",
        "fraud.score_order",
        "inventory.record_movements",
        "lake.ask_for_days",
        "orders.book",
        "receipts.send_receipt",
        "recommendations.count_pairs",
        "sales.tell_team",
        "stock.levels",
        "stock.notice_low_stock",
    ]
