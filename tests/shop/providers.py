"""Payment providers that misbehave, chosen with the setting PAYMENT_PROVIDER as any other."""

from collections.abc import Callable

from djmoney.money import Money

from shop.errors import PaymentUnavailable
from shop.payments.provider import Card, Charge
from shop.payments.simulated import SimulatedProvider

between: list[Callable[[], None]] = []


class Silent(SimulatedProvider):
    """Answers nothing, but charges."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """Charged, and the answer lost."""
        super().charge(amount, card, idempotency_key)
        raise PaymentUnavailable(why="")

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> str:
        """Refunded, and the answer lost."""
        super().refund(charge_id, amount, idempotency_key)
        raise PaymentUnavailable(why="")

    def close_key(self, idempotency_key: str) -> Charge | None:
        """No answer."""
        raise PaymentUnavailable(why="")


class Down(Silent):
    """Cannot be reached at all."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """No answer."""
        raise PaymentUnavailable(why="")

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> str:
        """No answer."""
        raise PaymentUnavailable(why="")


class Crashing(SimulatedProvider):
    """The process dies right after the provider did its part."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """Charge, then die."""
        super().charge(amount, card, idempotency_key)
        raise SystemExit

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> str:
        """Refund, then die."""
        super().refund(charge_id, amount, idempotency_key)
        raise SystemExit


class Interrupted(SimulatedProvider):
    """Something else happens before the provider is reached."""

    def charge(self, amount: Money, card: Card, idempotency_key: str) -> Charge:
        """Run `between`, then charge."""
        for call in between:
            call()
        return super().charge(amount, card, idempotency_key)
