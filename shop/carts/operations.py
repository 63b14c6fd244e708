"""Writing carts. Each change locks the cart first, so two tabs of one browser wait for each other."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from shop.carts.models import MOST_LINES, MOST_PIECES, Cart, CartLine, digest_of, new_token
from shop.customers.models import Customer
from shop.errors import InvalidInput
from shop.pricing.goods import things_by_sku, why_not_for_sale

TOKEN_HEADER = "X-Cart-Token"


def open_guest_cart() -> tuple[Cart, str]:
    """A new cart and its token, which is stored nowhere."""
    token = new_token()
    return Cart.objects.create(token_digest=digest_of(token)), token


def guest_cart(token: str) -> Cart | None:
    """The cart of that token."""
    return Cart.objects.filter(token_digest=digest_of(token)).first()


def customer_cart(customer: Customer) -> Cart:
    """The customer's one cart."""
    return Cart.objects.get_or_create(customer=customer)[0]


@transaction.atomic
def add(cart: Cart, sku: str, quantity: int) -> None:
    """Put so many pieces more into it. Raises InvalidInput for what is not for sale, and too much."""
    thing = things_by_sku({sku}).get(sku)
    if why := why_not_for_sale(thing):
        raise _refused("sku", **why)
    _lock(cart)
    line = CartLine.objects.filter(cart=cart, product=thing.product, variant=thing.variant).first()
    line = line or CartLine(cart=cart, product=thing.product, variant=thing.variant, quantity=0)
    if line.pk is None and cart.lines.count() >= MOST_LINES:
        raise _refused("sku", "max_length", _("A cart has at most {most} lines.").format(most=MOST_LINES))
    if line.quantity + quantity > MOST_PIECES:
        raise _refused("quantity", "max_value", _("At most {most} pieces of one thing.").format(most=MOST_PIECES))
    line.quantity += quantity
    line.save()


@transaction.atomic
def change(cart: Cart, line_id: int, quantity: int) -> bool:
    """Set the pieces of a line; whether there is such a line in this cart."""
    _lock(cart)
    return bool(cart.lines.filter(pk=line_id).update(quantity=quantity))


@transaction.atomic
def remove(cart: Cart, line_id: int) -> bool:
    """Take a line out; whether there was such a line in this cart."""
    _lock(cart)
    return bool(cart.lines.filter(pk=line_id).delete()[0])


@transaction.atomic
def merge(token: str, customer: Customer) -> Cart:
    """Pour a guest's cart into the customer's; safe to repeat, for the guest's is gone afterwards."""
    own = customer_cart(customer)
    guest = guest_cart(token)
    if guest is None:
        return own
    _lock(own, guest)
    lines = {(line.product_id, line.variant_id): line for line in own.lines.all()}
    for line in guest.lines.all():
        there = lines.get((line.product_id, line.variant_id))
        if there:
            there.quantity = min(MOST_PIECES, there.quantity + line.quantity)
            there.save(update_fields=["quantity"])
        elif len(lines) < MOST_LINES:
            lines[line.product_id, line.variant_id] = line
            line.cart = own
            line.save(update_fields=["cart"])
    own.coupon_code = own.coupon_code or guest.coupon_code
    own.save()
    Cart.objects.filter(pk=guest.pk).delete()
    return own


@transaction.atomic(savepoint=False)
def is_still_in(cart_id: int, wanted: Mapping[tuple[int, int | None], int]) -> bool:
    """Whether all of it, as pieces by (product id, variant id), still lies in the cart, which is locked until the
    transaction ends."""
    if Cart.objects.select_for_update().filter(pk=cart_id).first() is None:
        return False
    lines = CartLine.objects.filter(cart=cart_id)
    there = {(line.product_id, line.variant_id): line.quantity for line in lines}
    return all(there.get(thing, 0) >= quantity for thing, quantity in wanted.items())


@transaction.atomic(savepoint=False)
def take_out(cart_id: int, bought: Iterable[tuple[int, int | None, int]]) -> None:
    """Take out what was bought, as (product id, variant id, pieces); what was added meanwhile stays."""
    if Cart.objects.select_for_update().filter(pk=cart_id).first() is None:
        return
    lines = CartLine.objects.filter(cart=cart_id)
    by_thing = {(line.product_id, line.variant_id): line for line in lines}
    for product_id, variant_id, quantity in bought:
        if line := by_thing.get((product_id, variant_id)):
            line.quantity -= quantity
    gone = [line.pk for line in by_thing.values() if line.quantity <= 0]
    CartLine.objects.filter(pk__in=gone).delete()
    CartLine.objects.bulk_update([line for line in by_thing.values() if line.quantity > 0], ["quantity"])
    Cart.objects.filter(pk=cart_id).update(coupon_code="")


def sweep(now: datetime) -> int:
    """Clear guests' carts away that nobody has touched for GUEST_CART_KEEP_DAYS; safe to repeat. Returns how many."""
    before = now - timedelta(days=settings.GUEST_CART_KEEP_DAYS)
    _count, by_model = Cart.objects.filter(customer=None, updated_at__lt=before).delete()
    return by_model.get("carts.Cart", 0)


def _lock(*carts: Cart) -> None:
    """In the order of their keys, and note that they were touched."""
    found = Cart.objects.select_for_update().filter(pk__in=[cart.pk for cart in carts]).order_by("pk")
    for cart in found:
        cart.save(update_fields=["updated_at"])


def _refused(field: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput([{"field": field, "code": code, "detail": detail}])
