"""A random life of orders: sold, held, cancelled, sent, returned; the same for the same seed."""

import random
from collections.abc import Callable
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from events.api import emit
from shop.catalog.events import ProductUpdated
from shop.catalog.models import Variant
from shop.errors import CannotAdvance, CannotCancel, CannotReturn
from shop.orders.models import Order
from shop.orders.operations import (
    Buyer,
    LineWish,
    advance,
    cancel,
    check_out,
    hold,
    receive_return,
    release,
    request_return,
    return_pieces,
)
from shop.payments.provider import Card
from shop.stock.variants import set_variant_stock
from tests.shop.builders import GOOD_CARD, make_product

REFUSALS = (CannotAdvance, CannotCancel, CannotReturn)


def play(seed: int, order_count: int = 6, step_count: int = 18) -> list[Order]:
    """Sell so many orders to a few people, and do so many things with them, possible or not."""
    chance = random.Random(seed)
    skus = _goods(chance)
    orders = [_sell(chance, skus) for _order in range(order_count)]
    for _step in range(step_count):
        with suppress(*REFUSALS):
            chance.choice(STEPS)(chance, Order.objects.get(pk=chance.choice(orders).pk))
    return list(Order.objects.filter(pk__in=[order.pk for order in orders]).order_by("-pk"))


def _goods(chance: random.Random) -> list[str]:
    """Uneven prices, and a product that is sold as one of its variants."""
    plain = [make_product(price=f"{chance.randint(1, 999) / 100:.2f}", available=1_000) for _ in range(3)]
    green = make_product()
    with transaction.atomic():  # as the admin does
        variant = Variant.objects.create(product=green, sku=f"{plain[0].sku}-GREEN", option_values={"colour": "g"})
        emit(ProductUpdated(product_id=green.pk, sku=green.sku, changed=["variants"]))
    set_variant_stock({variant.pk: 1_000})
    return [*(product.sku for product in plain), variant.sku]


def _sell(chance: random.Random, skus: list[str]) -> Order:
    name = chance.choice(["ann", "bob"])
    wishes = [LineWish(chance.choice(skus), chance.randint(1, 4)) for _ in range(chance.randint(1, 3))]
    return check_out(Buyer(f"{name}@example.com", name.title()), wishes, Card(GOOD_CARD), now=timezone.now())


def _pieces(chance: random.Random, order: Order) -> dict[int, int] | None:
    """Some pieces of a line, or all that is left."""
    line = chance.choice(list(order.lines.all()))
    return {line.position: chance.randint(1, line.quantity)} if chance.random() < 0.7 else None


def _cancel(chance: random.Random, order: Order) -> None:
    cancel(order, _pieces(chance, order), by="test", reason="random")


def _send(chance: random.Random, order: Order) -> None:
    advance(order, chance.choice(["packed", "shipped", "delivered"]), by="test", carrier="DHL", tracking_number="JD01")


def _return(chance: random.Random, order: Order) -> None:
    return_pieces(order, _pieces(chance, order), by="test", restock=chance.random() < 0.5)


def _ask(chance: random.Random, order: Order) -> None:
    request_return(order, _pieces(chance, order), by="test", reason="too big", now=timezone.now())


def _receive(chance: random.Random, order: Order) -> None:
    waiting = order.reversals.filter(status="requested").first()
    if waiting:
        receive_return(order, waiting.number, restock=True)


def _hold(chance: random.Random, order: Order) -> None:
    hold(order.pk, reason="looks odd")


def _release(chance: random.Random, order: Order) -> None:
    release(order.pk, by="test")


STEPS: list[Callable[[random.Random, Order], None]] = [
    _cancel, _cancel, _send, _send, _return, _return, _ask, _receive, _hold, _release,
]  # fmt: skip
