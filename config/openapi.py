"""What the OpenAPI description says of every operation, so that no view has to."""

from collections.abc import Iterator
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS

from shop.problems import problems

_REFUSALS = problems(
    on_400="The request is not valid; see `errors`.",
    on_401="The token is not valid, or there is none.",
    on_403="Not allowed for this user.",
    on_404="There is no such thing, or no such page.",
    on_413="The body is too large.",
    on_415="The body's media type or charset is not one of those that are read here.",
    on_429="Too many requests; `Retry-After` says when to come back.",
)
_LOG_POSITION = {
    "schema": {"type": "integer", "format": "int64"},
    "description": "Where in the log the last thing stands that this request wrote, if it wrote something: what "
    "`?after=` of a read model takes.",
}


class OneLanguage(SchemaGenerator):
    """Describes the API in English to every reader: labels name components, and generated clients hang on the names."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """The description."""
        with translation.override("en"):
            return super().get_schema(request=request, public=public)


class ProblemSchema(AutoSchema):
    """Adds the refusals that come from what a view is: it reads a body, knows its users, has pages, is throttled; and
    what the answers of writes say about the log."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        """A view's own words come first."""
        said = super()._get_response_bodies(direction)
        if direction == "response":
            self._add_log_position(said)
            possible = {str(status) for status in self._refusals()}
            for (status, media_type), refusal in _REFUSALS.items():
                if str(status) in possible - said.keys():
                    said[str(status)] = self._get_response_for_code(refusal, str(status), [media_type], direction)
        return dict(sorted(said.items()))

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Of several answers the first counts. Taken by its key, as AutoSchema does, it would be a refusal."""
        if serializer is None and isinstance(answers := self.get_response_serializers(), dict):
            serializer = next(iter(answers.values()))
        return super()._is_list_view(serializer)

    def _add_log_position(self, answers: dict[str, Any]) -> None:
        if self.method not in SAFE_METHODS:
            for status in [status for status in answers if status.startswith("2")]:
                answers[status].setdefault("headers", {})["Log-Position"] = _LOG_POSITION

    def _refusals(self) -> Iterator[int]:
        if self.view.get_authenticators():
            yield 401
            if self.method not in SAFE_METHODS:  # also a session without its CSRF token
                yield 403
        if "{" in self.path or self._is_list_view():
            yield 404
        if self.get_filter_backends():
            yield 400
        if self._get_request_body():
            yield from (400, 413, 415)
        if self.view.get_throttles():
            yield 429
