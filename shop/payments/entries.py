"""The shop's own book of payments. The provider's is the truth; this one shows staff what it said.

Written after the provider has answered, in statements of their own. What a crash keeps out of it is written when the
key is asked for again: the same answer gives the same entry.
"""

from typing import Any

from shop.payments.models import Payment

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
    Payment.objects.filter(key=key, outcome=Outcome.UNKNOWN).update(outcome=outcome)


def _columns(values: dict[str, Any]) -> list[str]:
    return [*values, *(["amount_currency"] if "amount" in values else [])]
