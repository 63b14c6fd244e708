"""Errors as RFC 9457 problem documents: {type, title, status, detail, errors}."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ValidationError
from rest_framework.exceptions import PermissionDenied as APIPermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler, set_rollback

from shop.errors import InvalidInput, ShopError

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: gettext_noop("Bad request"),
    401: gettext_noop("Not logged in"),
    403: gettext_noop("Not allowed"),
    404: gettext_noop("Not found"),
    405: gettext_noop("Method not allowed"),
    406: gettext_noop("Not acceptable"),
    413: gettext_noop("Too large"),
    415: gettext_noop("Media type not supported"),
    429: gettext_noop("Too many requests"),
}


class FieldErrorSchema(serializers.Serializer):
    """What is wrong with one field, such as `lines[2].quantity`; for stock also sku, wanted and available."""

    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()
    sku = serializers.CharField(required=False)
    wanted = serializers.IntegerField(required=False)
    available = serializers.IntegerField(required=False)


class Problem(serializers.Serializer):
    """Why a request was not done."""

    type = serializers.CharField(
        help_text="Names the kind of problem for programs, such as `urn:backroom:card-declined`."
    )
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSchema(many=True)


def problems(**descriptions: str) -> dict[Any, OpenApiResponse]:
    """OpenAPI answers for keywords such as `on_402="The card was declined."`."""
    return {
        (int(key.removeprefix("on_")), MEDIA_TYPE): OpenApiResponse(Problem, description)
        for key, description in descriptions.items()
    }


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER: every refusal is a problem document; None for what is a bug."""
    if isinstance(error, ShopError) and error.status != ShopError.status:
        set_rollback()
        problem = _response(error.code, _(error.title), error.status, error.detail, error.field_errors)
        for header, value in error.headers.items():
            problem.headers[header] = value
        return problem
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = APIPermissionDenied()
    if not isinstance(error, APIException):
        return None
    return _api_problem(error, exception_handler(error, context))


class UnknownPath(APIView):
    """Where nothing is: a problem document, as everywhere in the API."""

    permission_classes = [AllowAny]
    authentication_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whatever the method."""
        raise NotFound


def _api_problem(error: APIException, response: Response) -> Response:
    if isinstance(error, ValidationError):
        return problem_response(InvalidInput(list(_flatten(error.detail))), {})
    code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
    title = _(TITLES.get(error.status_code) or HTTPStatus(error.status_code).phrase)
    problem = _response(code.replace("_", "-"), title, error.status_code, str(error.detail), [])
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in response.headers:
            problem.headers[header] = response.headers[header]
    return problem


def _response(code: str, title: str, status: int, detail: str, errors: list[dict[str, Any]]) -> Response:
    document = {"type": f"urn:backroom:{code}", "title": title, "status": status, "detail": detail, "errors": errors}
    return Response(document, status=status, content_type=MEDIA_TYPE)


def _flatten(detail: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Walk REST framework's nested error structure: {"lines": {3: {"sku": [...]}}} becomes `lines[3].sku`."""
    if isinstance(detail, ErrorDetail):
        yield {"field": path, "code": detail.code, "detail": str(detail)}
    elif isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flatten(value, _join(path, key))
    else:
        for value in detail:
            yield from _flatten(value, path)


def _join(path: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else str(key)
