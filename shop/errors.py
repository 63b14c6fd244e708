"""Every error the shop raises on purpose.

ShopError
├── InvalidInput              the request can be mended by its sender; errors per field
├── NotEnoughStock            409, says of which products
├── DocumentChanged           412, the document is not the one that the sender had read
├── CannotCancel              409, more than is left to cancel
├── CannotReturn              409, was not shipped, too late, or more than is left
├── CannotAdvance             409, held, cancelled or not paid
├── CannotErase               409, orders are not over yet, or it is an account of staff
├── LinkInvalid               400, the link of a mail is too old, was used, or is none of ours
├── CouponRefused             409, the code is unknown, over, used up or not for this basket
├── CartIsBought              409, another request buys this cart, or has bought it
├── KeyUsedDifferently        422, the idempotency key names another request
├── RequestInProgress         409, the first request with this idempotency key is not answered yet
├── PaymentError
│   ├── CardDeclined          402
│   ├── PaymentUnavailable    503, the provider failed or its answer was lost
│   │   └── RecallUnavailable 503, the same of the warehouse, which is to keep what is cancelled
│   ├── ChargeKeyClosed       the order expired before its card was charged
│   ├── CaptureRefused        the money that was reserved cannot be taken (any more)
│   ├── RefundRefused         the provider will never make this refund
│   └── PaymentNotConfigured  a setting or a package of the chosen provider is missing
├── OutsideError              another system, such as the warehouse
│   ├── OutsideUnavailable    it failed, or its answer was lost: ask again
│   │   └── OutsideResting    it was not asked, or asked to wait: ask again after so many seconds
│   ├── OutsideRefused        it said no, and always will
│   └── OutsideUnsigned       401, what claims to come from it is not signed by it
└── OutsideInsideTransaction  a programming error: never call another system inside a transaction

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
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, **data: Any) -> None:
        self.__dict__.update(data)
        self.data = data
        super().__init__(self.detail)

    def __reduce__(self) -> tuple[Any, ...]:
        # Celery pickles them between processes; the default would hand the message to __init__.
        return (type(self).__new__, (type(self), *self.args), self.__dict__)

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


class DocumentChanged(ShopError):
    """Somebody else was faster; nothing was changed."""

    status, code, title = 412, "document-changed", gettext_noop("Changed meanwhile")
    message = gettext_noop("This was changed after you read it. Read it again, then change it.")


class CannotCancel(ShopError):
    """The order, or that much of it, cannot be cancelled; nothing was changed."""

    status, code, title = 409, "cannot-cancel", gettext_noop("Cannot cancel")
    message = gettext_noop("Order {number} was not cancelled: {why}")


class CannotReturn(ShopError):
    """The order, or that much of it, cannot be returned; nothing was changed."""

    status, code, title = 409, "cannot-return", gettext_noop("Cannot return")
    message = gettext_noop("Order {number} was not returned: {why}")


class CannotAdvance(ShopError):
    """The order cannot be packed, shipped, delivered or held now; nothing was changed."""

    status, code, title = 409, "cannot-advance", gettext_noop("Cannot go on")
    message = gettext_noop("Order {number} stays as it is: {why}")


class CannotErase(ShopError):
    """The customer cannot be erased now; nothing was changed."""

    status, code, title = 409, "cannot-erase", gettext_noop("Cannot erase")
    message = gettext_noop("Nothing was erased. {why}")


class LinkInvalid(ShopError):
    """Somebody came with a link that leads nowhere."""

    status, code, title = 400, "link-invalid", gettext_noop("Link not valid")
    message = gettext_noop("The link is too old, was used already, or is not complete. Ask for a new one.")


class CouponRefused(ShopError):
    """The coupon does not count for this order; nothing was begun. `why` says why not, for the customer."""

    status, code, title = 409, "coupon-refused", gettext_noop("Coupon not accepted")
    message = gettext_noop("The coupon {coupon} was not accepted: {why}")


class CartIsBought(ShopError):
    """Another request buys the same cart, or did, or something was taken out of it; nothing was begun."""

    status, code, title = 409, "cart-is-bought", gettext_noop("Cart is bought already")
    message = gettext_noop("This cart is being bought, or was changed meanwhile. Look at it again before you order.")


class KeyUsedDifferently(ShopError):
    """The key belongs to a request with another body."""

    status, code, title = 422, "key-used-differently", gettext_noop("Key used differently")
    message = gettext_noop("This Idempotency-Key was used for another request. Use a new key for a new request.")


class RequestInProgress(ShopError):
    """The first request with this key has not been answered; nothing is done twice."""

    status, code, title = 409, "request-in-progress", gettext_noop("Request in progress")
    message = gettext_noop(
        "A request with this Idempotency-Key is in progress. Ask again with the same key in a moment."
    )
    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}


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
        "authentication-required": gettext_noop(
            "The bank wants to ask the card's owner first, which is not possible here; nothing was charged."
        ),
    }

    @property
    def detail(self) -> str:
        """Why, for the customer."""
        return _(self.reasons.get(self.data["reason"], self.reasons["declined"]))


class PaymentUnavailable(PaymentError):
    """The provider failed, or its answer was lost. `why` says what is known about the money."""

    status, code, title = 503, "payment-unavailable", gettext_noop("Payment not possible now")
    message = gettext_noop("The payment provider did not answer. {why}")


class RecallUnavailable(PaymentUnavailable):
    """Nothing is refunded before the warehouse has said that it keeps the pieces, and it did not answer."""

    status, code, title = 503, "recall-unavailable", gettext_noop("Not cancelled yet")
    message = gettext_noop("The warehouse did not answer. {why}")


class ChargeKeyClosed(PaymentError):
    """The key was closed before it was used: the order had waited too long."""

    status, code, title = 409, "order-expired", gettext_noop("Order expired")
    message = gettext_noop("The order expired before it was paid. Nothing was charged; please order again.")


class CaptureRefused(PaymentError):
    """The bank does not give what it had reserved: it was released, or too long ago, or the card is blocked."""

    message = gettext_noop("The payment provider refused to capture {charge_id}.")


class RefundRefused(PaymentError):
    """The provider will not give back that much of that charge, however often it is asked."""

    message = gettext_noop("The payment provider refused the refund of {charge_id}.")


class PaymentNotConfigured(PaymentError):
    """The chosen provider cannot work yet."""

    message = gettext_noop("The payment provider cannot be used: {missing}")


class OutsideError(ShopError):
    """Something went wrong with another system; `service` names it."""

    message = gettext_noop("The {service} service did not do what it was asked.")


class OutsideUnavailable(OutsideError):
    """It failed, or its answer was lost: it may or may not have done what it was asked. `why` says what is known."""

    message = gettext_noop("The {service} service is not available: {why}")


class OutsideResting(OutsideUnavailable):
    """It is left in peace for some `seconds`: it failed too often, or asked for it."""

    message = gettext_noop("The {service} service is left in peace for {seconds:.0f} s.")


class OutsideRefused(OutsideError):
    """It answered with a `status` that says no, for a `reason` in its own words; asking again changes nothing."""

    message = gettext_noop("The {service} service refused with {status}: {reason}")


class OutsideUnsigned(OutsideError):
    """What claims to come from the service is not signed with the secret that is shared with it."""

    status, code, title = 401, "not-signed", gettext_noop("Not signed")
    message = gettext_noop("The request is not signed with the secret that is shared with the {service} service.")


class OutsideInsideTransaction(ShopError):
    """A transaction would hold its locks while the other system thinks, and forget a charge when it rolls back."""

    message = gettext_noop(
        "The {service} service was called inside a database transaction. Call it before or after transaction.atomic()."
    )
