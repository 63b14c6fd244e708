"""Ties the events of one web request together: one correlation id, and the user who acts."""

import re
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from uuid_utils.compat import uuid7

from events.cause import Cause, LastPosition, caused_by

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class CauseMiddleware:
    """Takes the correlation id from `X-Request-ID` when that is a UUID, or makes one, and answers with it; and, when
    the request has emitted events, with the position of the last one, `Log-Position`: what `?after=` is for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the request with its cause."""
        correlation_id = _correlation_id(request.headers.get("X-Request-ID", ""))
        traceparent = request.headers.get("traceparent", "")
        last_position = LastPosition()
        cause = Cause(
            correlation_id=correlation_id,
            # REST framework authenticates in the view, after this middleware: ask for the user only when emitting.
            actor=lambda: _actor(request),
            traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else "",
            last_position=last_position,
        )
        with caused_by(cause):
            response = self.get_response(request)
        response["X-Request-ID"] = str(correlation_id)
        if last_position.value:
            response["Log-Position"] = str(last_position.value)
        return response


def _correlation_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid7()


def _actor(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return f"user:{user.pk}" if user is not None and user.is_authenticated else ""
