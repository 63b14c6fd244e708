"""Webhooks signed with a shared secret and a time, as Stripe and the simulated provider do: `t=<time>,v1=<HMAC>`.

The HMAC-SHA256 is of "<time>.<body>". The time is part of what is signed, so that a copy cannot be sent again later.
"""

import hashlib
import hmac
from datetime import datetime

from shop.errors import OutsideUnsigned

TOLERANCE_SECONDS = 300


def refuse_forged(body: bytes, header: str, secret: str, now: datetime) -> None:
    """Raises OutsideUnsigned unless one of the header's signatures is right and its time is near; always when there is
    no secret."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    time = next((value for name, _, value in parts if name == "t"), "")
    if not secret or not (time.isascii() and time.isdigit() and len(time) <= 12):
        raise OutsideUnsigned(service="payment")
    if abs(now.timestamp() - int(time)) > TOLERANCE_SECONDS:
        raise OutsideUnsigned(service="payment")
    expected = hmac.new(secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest().encode()
    given = [value.encode() for name, _, value in parts if name == "v1"]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise OutsideUnsigned(service="payment")
