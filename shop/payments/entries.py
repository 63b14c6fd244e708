"""The shop's own book of payments. The provider's is the truth; this one shows staff what it said.

Written after the provider has answered, in statements of their own. What a crash keeps out of it is written when the
key is asked for again: the same answer gives the same entry.
"""

from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from djmoney.money import Money

from shop.payments.models import Payment
from shop.payments.provider import Charge

Kind = Payment.Kind
Outcome = Payment.Outcome


def enter(key: str, kind: Payment.Kind, outcome: Payment.Outcome, **values: Any) -> None:
    """Write down a definite answer; twice is once."""
    Payment.objects.bulk_create(
        [Payment(key=key, kind=kind, outcome=outcome, **values)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["outcome", *_columns(values)],
    )


def enter_unless_known(key: str, kind: Payment.Kind, outcome: Payment.Outcome, **values: Any) -> None:
    """Write down that there was no answer, or that there is nothing; a definite answer stays as it is."""
    Payment.objects.bulk_create([Payment(key=key, kind=kind, outcome=outcome, **values)], ignore_conflicts=True)
    Payment.objects.filter(key=key, outcome=Outcome.UNKNOWN).update(outcome=outcome, **values)


def enter_charge(key: str, charge: Charge, **values: Any) -> None:
    """Write down a charge. That it is only authorised may be old news by now, so it overwrites nothing definite."""
    if charge.is_captured:
        enter(key, Kind.CHARGE, Outcome.CHARGED, provider_id=charge.id, **values)
    else:
        enter_unless_known(key, Kind.CHARGE, Outcome.AUTHORISED, provider_id=charge.id, **values)


def enter_captured(charge_id: str, amount: Money) -> None:
    """The money of a charge was taken, as one answer or another says; also by a capture whose own answer was lost."""
    Payment.objects.filter(kind=Kind.CAPTURE, charge_id=charge_id, outcome=Outcome.UNKNOWN).update(
        outcome=Outcome.CAPTURED, amount=amount
    )
    Payment.objects.filter(kind=Kind.CHARGE, provider_id=charge_id, outcome=Outcome.AUTHORISED).update(
        outcome=Outcome.CHARGED
    )


def enter_released(charge_id: str) -> None:
    """Once nothing is left of what was reserved, the charge is released as a whole, and was never captured."""
    reserved = Payment.objects.filter(kind=Kind.CHARGE, provider_id=charge_id, outcome=Outcome.AUTHORISED).first()
    released = Payment.objects.filter(kind=Kind.REFUND, charge_id=charge_id, outcome=Outcome.RELEASED)
    sum_of_all = released.aggregate(Sum("amount"))["amount__sum"]
    if reserved is None or reserved.amount is None or reserved.amount.amount > (sum_of_all or 0):
        return
    Payment.objects.filter(pk=reserved.pk, outcome=Outcome.AUTHORISED).update(outcome=Outcome.RELEASED)
    Payment.objects.filter(kind=Kind.CAPTURE, charge_id=charge_id, outcome=Outcome.UNKNOWN).update(
        outcome=Outcome.REFUSED
    )


def balance(charge_id: str) -> Decimal:
    """What the shop has of a charge, by its own book: captured less refunded, in the charge's currency."""
    taken = Q(kind=Kind.CAPTURE, outcome=Outcome.CAPTURED, charge_id=charge_id)
    captured = Payment.objects.filter(taken).aggregate(Sum("amount"))["amount__sum"]
    if captured is None:  # at the checkout
        at_once = Payment.objects.filter(kind=Kind.CHARGE, outcome=Outcome.CHARGED, provider_id=charge_id)
        captured = at_once.aggregate(Sum("amount"))["amount__sum"]
    refunds = Payment.objects.filter(kind=Kind.REFUND, outcome=Outcome.REFUNDED, charge_id=charge_id)
    return Decimal(captured or 0) - Decimal(refunds.aggregate(Sum("amount"))["amount__sum"] or 0)


def _columns(values: dict[str, Any]) -> list[str]:
    return [*values, *(["amount_currency"] if "amount" in values else [])]
