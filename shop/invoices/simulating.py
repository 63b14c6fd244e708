"""Random baskets of what the shop has, bought at the public counter."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.invoices.till import Till, Verdict

#: Test cards of the simulated provider, with how often each is used: one payment in twenty is declined.
CARDS = {"4242424242424242": 95, "4000000000000002": 3, "4000000000009995": 1, "4000000000000069": 1}
LINE_COUNTS = {1: 40, 2: 30, 3: 15, 4: 10, 5: 5}
QUANTITIES = {1: 70, 2: 20, 3: 7, 4: 3}
CUSTOMER_COUNT = 200
DOMAIN = "simulated.example"
ADDRESS = {"line1": "1 Simulated Street", "city": "London", "postal_code": "N1 9GU", "country": "GB"}


@dataclass(slots=True)
class Simulated:
    """What became of the baskets."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    order_count: int = 0
    broken_off: str = ""


def baskets(
    products: Sequence[dict[str, Any]], variants: Callable[[str], Sequence[str]], count: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Checkout documents; the same seed and products give the same baskets. Of a product with variants, one of those
    that `variants` names is bought."""
    chance = random.Random(seed)
    there = sorted((product for product in products if product["available"]), key=lambda product: product["sku"])
    for _number in range(count):
        picked = chance.sample(there, min(_pick(chance, LINE_COUNTS), len(there)))
        offered = [(one["has_variants"] and variants(one["sku"])) or [one["sku"]] for one in picked]
        customer = _customer(chance)
        yield {
            "customer": customer,
            "shipping_address": {**ADDRESS, "name": customer["name"]},
            "lines": [{"sku": sku, "quantity": _pick(chance, QUANTITIES)} for sku in map(chance.choice, offered)],
            "card": {"number": _pick(chance, CARDS)},
        }


def buy(documents: Iterable[dict[str, Any]], till: Till, simulated: Simulated, advance: Callable[[], None]) -> None:
    """Buy every basket, into `simulated`; stop when the server has gone away."""
    for document in documents:
        answer = till.check_out(document)
        if answer.verdict is Verdict.NOT_SENT:
            simulated.broken_off = answer.reason
            return
        accepted = answer.verdict is Verdict.ACCEPTED
        simulated.order_count += accepted
        simulated.outcomes["201 placed and paid" if accepted else answer.reason] += 1
        simulated.seconds.append(answer.seconds)
        advance()


def _customer(chance: random.Random) -> dict[str, str]:
    number = chance.randint(1, CUSTOMER_COUNT)
    language = "ar" if number % 4 == 0 else "en"
    return {"email": f"shopper-{number}@{DOMAIN}", "name": f"Shopper {number}", "language": language}


def _pick(chance: random.Random, weights: dict[Any, int]) -> Any:
    return chance.choices(list(weights), list(weights.values()))[0]
