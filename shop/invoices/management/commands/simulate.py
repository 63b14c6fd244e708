"""`manage.py simulate`: buys random baskets from the shop, for people without a file of invoices."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.errors import ShopError
from shop.invoices import report
from shop.invoices.bars import bar
from shop.invoices.options import DEFAULT_URL, positive_count, positive_number, url
from shop.invoices.pace import paced
from shop.invoices.simulating import Simulated, baskets, buy
from shop.invoices.till import Till


class Command(BaseCommand):
    """Buys from a running server, over HTTP alone."""

    help = "Buys random baskets from a running shop through its API, one in twenty with a card that is declined."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """How much, how fast, where."""
        parser.add_argument("--orders", type=positive_count, default=100, help="how many baskets (default: 100)")
        parser.add_argument("--rate", type=positive_number, help="baskets a second (default: as fast as it can)")
        parser.add_argument("--url", type=url, default=DEFAULT_URL, help=f"the server (default: {DEFAULT_URL})")
        parser.add_argument("--seed", type=int, help="the same seed buys the same baskets (default: another each time)")

    def handle(self, *, orders: int, rate: float | None, url: str, seed: int | None, **options: Any) -> None:
        """Buy and report."""
        seed = secrets.randbelow(10**9) if seed is None else seed
        simulated = Simulated()
        try:
            with Till(url) as till:
                self._buy(till, orders, rate, seed, simulated)
                waited_seconds = till.waited_seconds
        except ShopError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(report.section(f"Baskets (seed {seed})", report.counts(simulated.outcomes)))
        times = {"checkout": simulated.seconds}
        self.stdout.write(report.section("Response time", report.response_times(times)))
        if waited_seconds:
            self.stdout.write(f"For {waited_seconds} s of it the shop took no orders from here (THROTTLE_CHECKOUT).")
        if simulated.broken_off:
            raise CommandError(f"The server at {url} went away ({simulated.broken_off}).")

    def _buy(self, till: Till, orders: int, rate: float | None, seed: int, simulated: Simulated) -> None:
        products = till.products()
        if not any(product["available"] for product in products):
            raise CommandError("The shop has nothing in stock. `manage.py load_demo_catalogue` fills it.")
        with bar("Buying") as show:
            documents = paced(baskets(products, till.variants, orders, seed), rate)
            buy(documents, till, simulated, lambda: show(len(simulated.seconds), orders))
