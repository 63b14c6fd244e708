"""The carrier, over HTTP."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from djmoney.money import Money

from shop.errors import OutsideRefused, OutsideUnavailable
from shop.outside.client import Service

CARRIER = Service("carrier", "CARRIER_URL", "CARRIER_SECRET")
#: There is no such label any more, which is what voiding it wants.
_GONE = {404, 410}
_CURRENCY_LETTERS, _DOCUMENT_LIMIT, _TEXT_LIMIT = 3, 20_000, 100


@dataclass(frozen=True, slots=True)
class Bought:
    """A label, as the carrier answered; `document` is what is printed."""

    outside_id: str
    carrier: str
    tracking_number: str
    cost: Money
    document: str


def purchase(*, reference: str, sender: dict[str, str], receiver: dict[str, str], key: str) -> Bought:
    """Buy a label, once for each key. Raises OutsideError, refused where the carrier does not go."""
    answer = CARRIER.call("POST", "/labels", {"reference": reference, "from": sender, "to": receiver}, key=key)
    try:
        return _bought(answer)
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise OutsideUnavailable(service=CARRIER.name, why="its answer is no label") from error


def take_back(outside_id: str, key: str) -> None:
    """Void a label; one that is gone already is no error. Raises OutsideError, refused when the parcel is moving."""
    try:
        CARRIER.call("DELETE", f"/labels/{quote(outside_id, safe='')}", key=key)
    except OutsideRefused as refused:
        if refused.data["status"] not in _GONE:
            raise


def _bought(answer: dict[str, Any]) -> Bought:
    """Raises KeyError, TypeError, ValueError or InvalidOperation for what is no label."""
    price, currency = Decimal(str(answer["price"])), str(answer["currency"])
    texts = [answer[name] for name in ("label_id", "carrier", "tracking_number")]
    if not all(isinstance(text, str) and 0 < len(text) <= _TEXT_LIMIT and "\0" not in text for text in texts):
        raise ValueError(texts)
    if not (price.is_finite() and price >= 0 and len(currency) == _CURRENCY_LETTERS):
        raise ValueError(price)
    document = str(answer.get("document", ""))[:_DOCUMENT_LIMIT].replace("\0", "")
    return Bought(*texts, cost=Money(round(price, 2), currency), document=document)
