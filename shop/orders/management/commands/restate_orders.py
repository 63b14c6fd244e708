"""`manage.py restate_orders`: say in the log what older versions of the events of orders left out."""

from typing import Any

from django.core.management.base import BaseCommand

from events.api import acting_as
from shop.orders.operations.restating import restate_orders


class Command(BaseCommand):
    """Once after an upgrade from before version 2 of order.placed."""

    help = (
        "Emits order.restated for every order of which the log says less than its row: those that were placed, packed, "
        "shipped, delivered or held before the events said everything. Run it once after the upgrade, when no process "
        "of the old code is left; to repeat it, or to break it off and begin again, is safe."
    )

    def handle(self, **options: Any) -> None:
        """Every order that needs it."""
        with acting_as("system:restate_orders"):
            count = sum(1 for _number in restate_orders())
        self.stdout.write(f"{count:,} orders were restated. `manage.py events verify` compares all of them.")
