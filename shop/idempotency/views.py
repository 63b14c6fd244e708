"""For views whose requests may be sent again: the header Idempotency-Key."""

import json
import uuid
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from shop.errors import InvalidInput, RequestInProgress, ShopError
from shop.idempotency.operations import Answer, Asked, once
from shop.problems import problem_response

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
LONGEST_KEY = 255
KEY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    OpenApiParameter.HEADER,
    required=True,
    description="Your name for this request, such as a new UUID: 1 to 255 printable characters. The same key with the "
    "same body is answered as before and does nothing again; keep it for tries of one purchase only.",
)
REPLAYED_PARAMETER = OpenApiParameter(
    REPLAYED,
    OpenApiTypes.BOOL,
    OpenApiParameter.HEADER,
    response=True,
    description="`true` when this is the answer to an earlier request with the same key.",
)


#: A refusal that is an answer like any other. What is refused with another status was not begun, or is not decided yet.
_RECORDED_REFUSALS = {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.CONFLICT, HTTPStatus.GONE}


class AnswersOnce:
    """Mix into an APIView: `return self.answer_once(request, "checkout", work, recall)`.

    `work` gets the reference that names it and returns a Response or raises. `recall` says what became of the work of a
    reference: a Response, or the ShopError that it ended with is raised; RequestInProgress while that is not decided;
    None when nothing was begun.
    """

    def answer_once(
        self,
        request: Request,
        operation: str,
        work: Callable[[uuid.UUID], Response],
        recall: Callable[[uuid.UUID], Response | None],
    ) -> Response:
        """The answer of `work`, now or as it was before."""
        asked = Asked(_scope(request), key_of(request), operation, _canonical(request.data))
        worked: list[uuid.UUID] = []

        def do(reference: uuid.UUID) -> Answer:
            worked.append(reference)
            return _settled(work, reference)

        answer = once(asked, do, partial(_settled, recall), now=timezone.now())
        headers = None if worked else {REPLAYED: "true"}
        return Response(answer.body, status=answer.status, headers=headers, content_type=answer.media_type or None)


def key_of(request: Request) -> str:
    """The caller's key. Raises InvalidInput."""
    key = request.headers.get(HEADER, "").strip()
    if not key:
        raise _bad_key("required", _("This request needs the header Idempotency-Key, such as a new UUID."))
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise _bad_key("invalid", _("Idempotency-Key has 1 to 255 printable characters."))
    return key


def _bad_key(code: str, detail: str) -> InvalidInput:
    return InvalidInput([{"field": HEADER, "code": code, "detail": detail}])


def _scope(request: Request) -> str:
    """A key belongs to its caller: two customers may use the same."""
    return f"user:{request.user.pk}" if request.user.is_authenticated else "anonymous"


def _canonical(data: object) -> str:
    """One spelling for bodies that say the same. Raises ParseError for what nests too deeply."""
    try:
        return json.dumps(data, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise ParseError(_("The JSON is nested too deeply.")) from error


def _settled(ask: Callable[[uuid.UUID], Response | None], reference: uuid.UUID) -> Answer | None:
    try:
        response = ask(reference)
    except RequestInProgress:
        raise
    except ShopError as error:
        if error.status not in _RECORDED_REFUSALS:
            raise
        response = problem_response(error, {})
    if response is None:
        return None
    return Answer(response.status_code, response.data, response.content_type or "")
