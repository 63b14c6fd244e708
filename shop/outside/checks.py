"""What `manage.py check` says of other systems."""

from collections.abc import Callable
from typing import Any

from django.core.checks import CheckMessage, Warning

from shop.outside.client import Service


def check_secret_of(service: Service) -> Callable[..., list[CheckMessage]]:
    """A check that finds a service with an address and without its secret: nothing would be sent to it."""

    def check(**_: Any) -> list[CheckMessage]:
        if not service.lacks_secret:
            return []
        message = f"{service.url_setting} is set, but {service.secret_setting} is not."
        hint = "Set the secret that the service shares with the shop, or leave its address empty."
        return [Warning(message, hint=hint, id="outside.W001")]

    return check
