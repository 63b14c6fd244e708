"""Every error the shop raises on purpose.

ShopError
├── InvalidInput              the request can be mended by its sender; errors per field
├── NotEnoughStock            409, says of which products
├── CannotCancel              409, more than is left to cancel
├── PaymentError
│   ├── CardDeclined          402
│   ├── PaymentUnavailable    503, the provider failed or its answer was lost
│   ├── ChargeKeyClosed       the order expired before its card was charged
│   └── RefundRefused         the provider will never make this refund
└── PaymentInsideTransaction  a programming error: never call the provider inside a transaction

`message` is what people read, in their language; the data it names are attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

FieldErrors = list[dict[str, Any]]


class ShopError(Exception):
    """Something in the shop went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "shop-error"
    title: ClassVar[str] = gettext_noop("Something went wrong")
    message: ClassVar[str] = gettext_noop("Something in the shop went wrong.")

    def __init__(self, **data: Any) -> None:
        self.__dict__.update(data)
        self.data = data
        super().__init__(self.detail)

    @property
    def detail(self) -> str:
        """What happened, in the active language."""
        return _(self.message).format(**self.data)

    @property
    def field_errors(self) -> FieldErrors:
        """What is wrong with which field: {field, code, detail} and more data."""
        return []


class InvalidInput(ShopError):
    """The sender can mend the request."""

    status, code, title = 400, "invalid", gettext_noop("Invalid request")
    message = gettext_noop("The request is not valid; see the errors.")

    def __init__(self, errors: FieldErrors) -> None:
        self.errors = errors
        super().__init__()

    @property
    def field_errors(self) -> FieldErrors:
        """One entry per field that is wrong."""
        return self.errors


@dataclass(frozen=True, slots=True)
class Shortage:
    """One product there is too little of."""

    sku: str
    wanted: int
    available: int


class NotEnoughStock(ShopError):
    """Some products are short; nothing was reserved."""

    status, code, title = 409, "not-enough-stock", gettext_noop("Not enough stock")
    message = gettext_noop("There is not enough stock of {skus}.")

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = shortages
        super().__init__(skus=", ".join(shortage.sku for shortage in shortages))

    def __str__(self) -> str:
        return " ".join(self._sentence(shortage) for shortage in self.shortages)

    @property
    def field_errors(self) -> FieldErrors:
        """One entry per product that is short."""
        return [
            {
                "field": "lines",
                "code": self.code,
                "detail": self._sentence(shortage),
                "sku": shortage.sku,
                "wanted": shortage.wanted,
                "available": shortage.available,
            }
            for shortage in self.shortages
        ]

    @staticmethod
    def _sentence(shortage: Shortage) -> str:
        return _("{sku}: {wanted} wanted, {available} available.").format(
            sku=shortage.sku, wanted=shortage.wanted, available=shortage.available
        )


class CannotCancel(ShopError):
    """The order, or that much of it, cannot be cancelled; nothing was changed."""

    status, code, title = 409, "cannot-cancel", gettext_noop("Cannot cancel")
    message = gettext_noop("Order {number} was not cancelled: {why}")


class PaymentError(ShopError):
    """The payment failed."""

    message = gettext_noop("The payment failed.")


class CardDeclined(PaymentError):
    """The provider said no. `reason` is one of `reasons`."""

    status, code, title = 402, "card-declined", gettext_noop("Card declined")
    reasons: ClassVar[dict[str, str]] = {
        "declined": gettext_noop("The card was declined; nothing was charged."),
        "insufficient-funds": gettext_noop("There is not enough money on the card; nothing was charged."),
        "expired-card": gettext_noop("The card has expired; nothing was charged."),
        "not-a-test-card": gettext_noop("This is not one of the test cards; nothing was charged."),
    }

    @property
    def detail(self) -> str:
        """Why, for the customer."""
        return _(self.reasons.get(self.data["reason"], self.reasons["declined"]))


class PaymentUnavailable(PaymentError):
    """The provider failed, or its answer was lost. `why` says what is known about the money."""

    status, code, title = 503, "payment-unavailable", gettext_noop("Payment not possible now")
    message = gettext_noop("The payment provider did not answer. {why}")


class ChargeKeyClosed(PaymentError):
    """The key was closed before it was used: the order had waited too long."""

    status, code, title = 409, "order-expired", gettext_noop("Order expired")
    message = gettext_noop("The order expired before it was paid. Nothing was charged; please order again.")


class RefundRefused(PaymentError):
    """The provider will not give back that much of that charge, however often it is asked."""

    message = gettext_noop("The payment provider refused the refund of {charge_id}.")


class PaymentInsideTransaction(ShopError):
    """A transaction would hold its locks while the provider thinks, and forget the charge when it rolls back."""

    message = gettext_noop(
        "The payment provider was called inside a database transaction. Call it before or after transaction.atomic()."
    )
