"""Passwords, tried only so often: the one door for the API, the admin and every other log-in page."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.throttling import BaseThrottle

from shop.accounts.throttles import seconds_to_wait


class ThrottledBackend(ModelBackend):
    """Django's own, behind two counts: of the address that asks, and of the name it asks for."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """Who that is. Raises PermissionDenied, before the password is looked at, when there were too many tries;
        `request.log_in_wait_seconds` says how long to wait."""
        if request is not None and username and (seconds := _wait(request, username)):
            request.log_in_wait_seconds = seconds
            raise PermissionDenied
        return super().authenticate(request, username=username, password=password, **kwargs)


def _wait(request: HttpRequest, username: str) -> float:
    now = timezone.now()
    by_address = seconds_to_wait("log-in", BaseThrottle().get_ident(request), now=now)
    by_name = seconds_to_wait("log-in-name", username.lower(), now=now)
    return max(by_address, by_name)
