"""A payment provider without money: the card number decides what happens.

| card             | what happens                                             |
|------------------|----------------------------------------------------------|
| 4242424242424242 | charged                                                  |
| 4000000000000002 | declined                                                 |
| 4000000000009995 | declined: insufficient funds                             |
| 4000000000000069 | declined: expired card                                   |
| 4000000000003220 | charged, after SIMULATED_PAYMENT_SLOW_SECONDS            |
| 4000000000000119 | the provider fails before it charges                     |
| 4000000000000341 | charged, but the answer is lost on the way               |
| anything else    | declined: not a test card                                |
"""

import time

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum
from djmoney.money import Money

from shop.errors import CardDeclined, ChargeKeyClosed, PaymentUnavailable, RefundRefused
from shop.payments.models import SimulatedCharge, SimulatedRefund
from shop.payments.provider import Card, Charge

_DECLINED = {
    "4000000000000002": "declined",
    "4000000000009995": "insufficient-funds",
    "4000000000000069": "expired-card",
}
_CHARGED, _SLOW, _FAILS, _ANSWER_LOST = "4242424242424242", "4000000000003220", "4000000000000119", "4000000000000341"
Outcome = SimulatedCharge.Outcome


class SimulatedProvider:
    """Keeps its own tables, in autocommit, as a provider elsewhere would."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """Take money as the card number says."""
        if card.number == _FAILS:
            raise PaymentUnavailable(why="")
        if card.number == _SLOW:
            time.sleep(settings.SIMULATED_PAYMENT_SLOW_SECONDS)
        row = self._settle_key(idempotency_key, _outcome(card), amount, card)
        if card.number == _ANSWER_LOST:
            raise PaymentUnavailable(why="")
        return _charge_or_raise(row)

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> str:
        """Give back, never more than was charged; concurrent refunds of one charge wait for each other."""
        with transaction.atomic():
            charge = _locked_charge(charge_id)
            refund = charge.refunds.filter(key=idempotency_key).first()
            return (refund or _new_refund(charge, amount, idempotency_key)).refund_id

    def close_key(self, idempotency_key: str) -> Charge | None:
        """Find the charge, or make sure there never is one."""
        row = self._settle_key(idempotency_key, (Outcome.CLOSED, ""), Money(0, settings.DEFAULT_CURRENCY), None)
        return _charge(row) if row.outcome == Outcome.CHARGED else None

    def _settle_key(self, key: str, outcome: tuple[str, str], amount: Money, card: Card | None) -> SimulatedCharge:
        """Whoever comes first with a key decides its outcome; the unique key makes everybody else read it."""
        row = SimulatedCharge(key=key, outcome=outcome[0], reason=outcome[1], amount=amount)
        row.card_last_four = card.last_four if card else ""
        try:
            row.save(force_insert=True)
        except IntegrityError:
            return SimulatedCharge.objects.get(key=key)
        return row


def _outcome(card: Card) -> tuple[str, str]:
    if card.number in (_CHARGED, _SLOW, _ANSWER_LOST):
        return Outcome.CHARGED, ""
    return Outcome.DECLINED, _DECLINED.get(card.number, "not-a-test-card")


def _charge_or_raise(row: SimulatedCharge) -> Charge:
    if row.outcome == Outcome.CHARGED:
        return _charge(row)
    if row.outcome == Outcome.CLOSED:
        raise ChargeKeyClosed
    raise CardDeclined(reason=row.reason)


def _charge(row: SimulatedCharge) -> Charge:
    return Charge(id=row.charge_id, amount=row.amount)


def _locked_charge(charge_id: str) -> SimulatedCharge:
    charges = SimulatedCharge.objects.select_for_update().filter(outcome=Outcome.CHARGED)
    number = charge_id.removeprefix("ch_")
    charge = charges.filter(pk=number).first() if number.isdecimal() else None
    if charge is None:
        raise RefundRefused(charge_id=charge_id)
    return charge


def _new_refund(charge: SimulatedCharge, amount: Money, key: str) -> SimulatedRefund:
    refunded = charge.refunds.aggregate(total=Sum("amount"))["total"] or 0
    if refunded + amount.amount > charge.amount.amount:
        raise RefundRefused(charge_id=charge.charge_id)
    return SimulatedRefund.objects.create(key=key, charge=charge, amount=amount)
