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
    """Money that was taken, or that the bank has reserved until it is captured."""

    id: str
    amount: Money
    is_captured: bool = True


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back, and how much was captured of its charge; nothing was: the money was only reserved, and this
    much of it will never be captured."""

    id: str
    captured: Money | None

    @property
    def is_release(self) -> bool:
        """Whether no money moved."""
        return self.captured is None


class PaymentProvider(Protocol):
    """Five promises: one key charges at most once; a charge is captured at most once, for what was not released; one
    key refunds at most once; a closed key never charges; whoever asks for a key's charge learns the truth. Each method
    raises PaymentUnavailable when the provider is silent."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """Take money, or without `capture` have it reserved; the same key again returns the same charge.

        Raises CardDeclined, ChargeKeyClosed, and PaymentUnavailable: then it is unknown whether money was taken.
        """
        ...

    def capture(self, charge_id: str, idempotency_key: str) -> Money:
        """Take what was reserved and not released, and return it; of a charge that was captured, what was taken then.

        Raises CaptureRefused when nothing is left of it, or the bank does not give the money any more.
        """
        ...

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """Give back (part of) a charge, or release it before it is captured; the same key again is the same refund.

        Raises RefundRefused.
        """
        ...

    def close_key(self, idempotency_key: str) -> Charge | None:
        """The charge made with this key; or None, and from now on the key never charges."""
        ...
