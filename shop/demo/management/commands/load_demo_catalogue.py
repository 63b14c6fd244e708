"""`manage.py load_demo_catalogue`: fill the shop with furniture."""

from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import track

from events.api import acting_as
from shop.demo.catalogue import add_products, draw_files, missing_products
from shop.demo.terms import add_terms


class Command(BaseCommand):
    """A second run adds nothing."""

    help = "Add furniture with everything a product can have, in English and Arabic, with taxes, fees and a coupon."

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw the pictures and guides, then submit the products."""
        console = Console(stderr=True)
        missing = missing_products()
        list(track(draw_files(missing), "Drawing the pictures", len(missing), console=console, disable=not missing))
        with acting_as("system:load_demo_catalogue"):
            add_products(missing)
            added = add_terms()
        self.stdout.write(f"{len(missing)} products were added.")
        if added:
            self.stdout.write(f"{added} rows of taxes, shipping fees and coupons were added.")
