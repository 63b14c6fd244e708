"""Payment providers that misbehave, chosen with the setting PAYMENT_PROVIDER as any other."""

import time
from collections.abc import Callable

from djmoney.money import Money

from shop.errors import PaymentUnavailable
from shop.payments.provider import Card, Charge, Refund
from shop.payments.simulated import SimulatedProvider

between: list[Callable[[], None]] = []
silent_about: set[str] = set()


class Silent(SimulatedProvider):
    """Answers nothing, but charges."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """Charged, and the answer lost."""
        super().charge(amount, card, idempotency_key, capture=capture)
        raise PaymentUnavailable(why="")

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """Refunded, and the answer lost."""
        super().refund(charge_id, amount, idempotency_key)
        raise PaymentUnavailable(why="")

    def close_key(self, idempotency_key: str) -> Charge | None:
        """No answer."""
        raise PaymentUnavailable(why="")


class Down(Silent):
    """Cannot be reached at all."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """No answer."""
        raise PaymentUnavailable(why="")

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """No answer."""
        raise PaymentUnavailable(why="")


class SilentAboutSome(SimulatedProvider):
    """Answers nothing about the keys in `silent_about`."""

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """An answer, or none."""
        self.think(idempotency_key)
        return super().refund(charge_id, amount, idempotency_key)

    def close_key(self, idempotency_key: str) -> Charge | None:
        """An answer, or none."""
        self.think(idempotency_key)
        return super().close_key(idempotency_key)

    def think(self, idempotency_key: str) -> None:
        """About one key."""
        if idempotency_key in silent_about:
            raise PaymentUnavailable(why="")


class SlowAndSilentAboutSome(SilentAboutSome):
    """Takes a tenth of a second for each key too."""

    def think(self, idempotency_key: str) -> None:
        """Slowly."""
        time.sleep(0.1)
        super().think(idempotency_key)


class Crashing(SimulatedProvider):
    """The process dies right after the provider did its part."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """Charge, then die."""
        super().charge(amount, card, idempotency_key, capture=capture)
        raise SystemExit

    def refund(self, charge_id: str, amount: Money, idempotency_key: str) -> Refund:
        """Refund, then die."""
        super().refund(charge_id, amount, idempotency_key)
        raise SystemExit


class Interrupted(SimulatedProvider):
    """Something else happens before the provider is reached."""

    def charge(self, amount: Money, card: Card, idempotency_key: str, *, capture: bool) -> Charge:
        """Run `between`, then charge."""
        for call in between:
            call()
        return super().charge(amount, card, idempotency_key, capture=capture)
