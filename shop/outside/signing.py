"""Signed bodies: who shares the secret has written them, and nobody has changed them on the way."""

import hashlib
import hmac

from shop.errors import OutsideUnsigned

SIGNATURE_HEADER = "X-Signature"


def signature(body: bytes, secret: str) -> str:
    """What stands in the header X-Signature: HMAC-SHA256 of the body as it is sent."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def refuse_unsigned(service: str, body: bytes, given: str, secret: str) -> None:
    """Raises OutsideUnsigned unless the given signature is that of the body; always when there is no secret."""
    if not secret or not hmac.compare_digest(signature(body, secret).encode(), given.encode()):
        raise OutsideUnsigned(service=service)
