"""Telling customers about what they wish for: once per person and occasion."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from events.api import emit_many
from shop.catalog.queries import shown_products
from shop.notices.events import WishNoticed
from shop.notices.models import WishNotice
from shop.stock.queries import pieces
from shop.wishlists.models import WishlistItem

Kind = WishNotice.Kind
State = WishNotice.State
_BATCH = 1_000


def notice_back_in(product_id: int, day: date, *, event_id: UUID) -> int:
    """Note for everybody who wishes for the product that it is back; how many. Its variants come back one by one, and
    pieces come and go: a day is one occasion."""
    return _notice(product_id, Kind.BACK_IN, day.isoformat(), event_id)


def notice_price(product_id: int, old: Decimal | None, new: Decimal | None, day: date, *, event_id: UUID) -> int:
    """Note for everybody who wishes for the product that it costs less; how many. The same price is one occasion a day,
    however often the price goes up and down."""
    if old is None or new is None or new >= old:
        return 0
    return _notice(product_id, Kind.PRICE, f"{day.isoformat()} {new:.2f}", event_id, old_price=old, new_price=new)


def still_true(notice_id: int, *, now: datetime) -> WishNotice | None:
    """The notice, if it is to be sent; else None, and it is dropped: it was sent, the customer has unsubscribed or no
    longer wishes for it, or the product is not for sale, sold out again, or no cheaper any more."""
    notice = WishNotice.objects.select_related("customer").filter(pk=notice_id, state=State.WAITING).first()
    if notice is None:
        return None
    if notice.customer.unsubscribed_at or not _wished(notice) or not _holds(notice):
        _settle(notice_id, State.DROPPED, now)
        return None
    return notice


def note_sent(notice_id: int, *, now: datetime) -> None:
    """The mail is out: no second one."""
    _settle(notice_id, State.SENT, now)


def _settle(notice_id: int, state: str, now: datetime) -> None:
    WishNotice.objects.filter(pk=notice_id, state=State.WAITING).update(state=state, settled_at=now)


def _wished(notice: WishNotice) -> bool:
    return WishlistItem.objects.filter(customer=notice.customer_id, product=notice.product_id).exists()


def _holds(notice: WishNotice) -> bool:
    product = shown_products().annotate(left=pieces("pk", "stock__available")).filter(pk=notice.product_id).first()
    if product is None:
        return False
    if notice.kind == Kind.BACK_IN:
        return product.left > 0
    return notice.old_price is not None and product.price.amount < notice.old_price


def _notice(product_id: int, kind: str, occasion: str, event_id: UUID, **values: object) -> int:
    """Write a notice for each person and emit wish.noticed for it; who has one of this occasion gets no second."""
    if not shown_products().filter(pk=product_id).exists():
        return 0
    count = 0
    for customers in _wishing(product_id):
        told = WishNotice.objects.filter(product=product_id, kind=kind, occasion=occasion, customer__in=customers)
        known = set(told.values_list("pk", flat=True))
        notices = [
            WishNotice(
                customer_id=customer, product_id=product_id, kind=kind, occasion=occasion, event_id=event_id, **values
            )
            for customer in customers
        ]
        WishNotice.objects.bulk_create(notices, ignore_conflicts=True)
        # What another event wrote meanwhile is that event's to tell.
        written = told.filter(event_id=event_id).exclude(pk__in=known).order_by("pk")
        new = [
            WishNoticed(notice_id=notice.pk, customer_id=notice.customer_id, product_id=product_id)
            for notice in written
        ]
        emit_many(new)
        count += len(new)
    return count


def _wishing(product_id: int) -> Iterator[list[int]]:
    """The customers who wish for it and want mails, in the order of their keys, some at a time."""
    wishes = WishlistItem.objects.filter(product=product_id, customer__unsubscribed_at=None)
    last = 0
    while True:
        some = wishes.filter(customer__gt=last).order_by("customer_id").values_list("customer_id", flat=True)[:_BATCH]
        if not (customers := list(some)):
            return
        yield customers
        last = customers[-1]
