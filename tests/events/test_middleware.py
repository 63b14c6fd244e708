"""The events of one request tell who made it, and belong together."""

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from events.cause import current_cause
from events.middleware import CauseMiddleware


def causes_of(request: HttpRequest, user: User | AnonymousUser | None) -> tuple[list[object], HttpResponse]:
    seen: list[object] = []

    def view(request: HttpRequest) -> HttpResponse:
        if user is not None:
            request.user = user  # as REST framework does, after the middleware
        cause = current_cause()
        seen.extend([cause.correlation_id, cause.actor_name(), cause.traceparent])
        return HttpResponse()

    return seen, CauseMiddleware(view)(request)


def test_a_request_id_of_the_client_is_kept_when_it_is_a_uuid() -> None:
    request_id = uuid4()
    seen, response = causes_of(RequestFactory().get("/", headers={"X-Request-ID": str(request_id)}), None)
    assert seen[0] == request_id
    assert response["X-Request-ID"] == str(request_id)


@pytest.mark.parametrize("nonsense", ["", "1; DROP TABLE", "x" * 10_000])
def test_any_other_request_id_is_replaced(nonsense: str) -> None:
    seen, response = causes_of(RequestFactory().get("/", headers={"X-Request-ID": nonsense}), None)
    assert UUID(response["X-Request-ID"]) == seen[0]


def test_the_actor_is_the_user_that_the_view_knows() -> None:
    assert causes_of(RequestFactory().get("/"), User(pk=5))[0][1] == "user:5"
    assert causes_of(RequestFactory().get("/"), AnonymousUser())[0][1] == ""
    assert causes_of(RequestFactory().get("/"), None)[0][1] == ""


def test_only_a_well_formed_traceparent_is_kept() -> None:
    good = f"00-{'a' * 32}-{'b' * 16}-01"
    assert causes_of(RequestFactory().get("/", headers={"traceparent": good}), None)[0][2] == good
    assert causes_of(RequestFactory().get("/", headers={"traceparent": f"{good}\n"}), None)[0][2] == ""


def test_the_cause_ends_with_the_request() -> None:
    causes_of(RequestFactory().get("/"), User(pk=5))
    assert current_cause().actor_name() == ""
