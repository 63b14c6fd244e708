"""What the shop asks of a payment provider. Setting PAYMENT_PROVIDER names the class."""

from dataclasses import dataclass, field
from typing import Protocol

from djmoney.money import Money


@dataclass(frozen=True, slots=True)
class Card:
    """A payment card. The number is never stored, logged or shown; only its last four digits are."""

    number: str = field(repr=False)

    @property
    def last_four(self) -> str:
        """What may be kept."""
        return self.number[-4:]


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that was taken."""

    id: str
    amount: Money


class PaymentProvider(Protocol):
    """Four promises: one key charges at most once; one key refunds at most once; a closed key never charges; whoever
    asks for a key's charge learns the truth. Each method raises PaymentUnavailable when the provider is silent."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """Take money; the same key again returns the same charge.

        Raises CardDeclined, ChargeKeyClosed, and PaymentUnavailable: then it is unknown whether money was taken.
        """
        ...

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> str:
        """Give back (part of) a charge and return the refund's id; the same key again returns the same refund."""
        ...

    def close_key(self, idempotency_key: str) -> Charge | None:
        """The charge made with this key; or None, and from now on the key never charges."""
        ...
