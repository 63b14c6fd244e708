"""The ledger of conversions, and reporting it to the affiliate network."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from djmoney.money import Money

from shop.orders.models import Order
from shop.outside.client import Service
from shop.outside.records import noting
from shop.partners.models import Conversion, Partner

AFFILIATE = Service("affiliate", "AFFILIATE_URL", "AFFILIATE_SECRET")
Kind = Conversion.Kind


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a cancellation or return takes back: what was left of the order before it, and after."""

    kept_before: Decimal
    kept_after: Decimal


def record_conversion(order_id: int, *, event_id: UUID) -> Conversion | None:
    """Note that a partner brought an order; None when none did, or none that is known and active. Twice is once."""
    order = Order.objects.get(pk=order_id)
    partner = Partner.objects.filter(code=order.affiliate, is_active=True).first() if order.affiliate else None
    if partner is None:
        return None
    conversion, _new = Conversion.objects.get_or_create(
        event_id=event_id,
        defaults={
            "order": order,
            "partner": partner,
            "kind": Kind.CONVERSION,
            "amount": order.total,
            "commission": commission_on(order.total, partner.commission_percent),
            "commission_percent": partner.commission_percent,
        },
    )
    return conversion


def record_reversal(order_id: int, taken_back: TakenBack, *, event_id: UUID) -> Conversion | None:
    """Note that a part of it was taken back, at the commission of then; None without a conversion. Twice is once.

    The commissions of an order's reversals add up to the penny: each is the difference between two roundings.
    """
    conversion = Conversion.objects.filter(order_id=order_id, kind=Kind.CONVERSION).first()
    if conversion is None:
        return None
    percent, currency = conversion.commission_percent, conversion.amount.currency
    before, after = Money(taken_back.kept_before, currency), Money(taken_back.kept_after, currency)
    reversal, _new = Conversion.objects.get_or_create(
        event_id=event_id,
        defaults={
            "order_id": order_id,
            "partner_id": conversion.partner_id,
            "kind": Kind.REVERSAL,
            "amount": after - before,
            "commission": commission_on(after, percent) - commission_on(before, percent),
            "commission_percent": percent,
        },
    )
    return reversal


def commission_on(amount: Money, percent: Decimal) -> Money:
    """Rounded half up to pennies."""
    share = (amount.amount * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Money(share, amount.currency)


def report(conversion: Conversion, key: str, *, now: datetime) -> None:
    """Tell the affiliate network, signed, once for each key. Raises OutsideError.

    What was never reported, because somebody discarded it, is not taken back either.
    """
    if not AFFILIATE.is_connected or not _is_due(conversion):
        return
    document = {
        "kind": conversion.kind,
        "partner": conversion.partner.code,
        "order_number": conversion.order.number,
        "amount": str(conversion.amount.amount),
        "commission": str(conversion.commission.amount),
        "currency": str(conversion.amount.currency),
    }
    with noting(conversion, now):
        AFFILIATE.call("POST", "/conversions", document, key=key)
    Conversion.objects.filter(pk=conversion.pk).update(reported_at=now)


def _is_due(conversion: Conversion) -> bool:
    reported = Conversion.objects.filter(order_id=conversion.order_id, kind=Kind.CONVERSION, reported_at__isnull=False)
    return conversion.kind == Kind.CONVERSION or reported.exists()
