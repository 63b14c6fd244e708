"""Asking to be forgotten, over HTTP."""

from typing import ClassVar

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.accounts.documents import PasswordField
from shop.accounts.throttles import Throttled
from shop.customers.permissions import IsCustomer
from shop.erasure.operations import erase_oneself
from shop.problems import problems
from shop.strict import StrictSerializer


class EraseInput(StrictSerializer):
    """Whoever finds an open page cannot do this."""

    password = PasswordField()


class EraseView(Throttled, APIView):
    """POST /api/accounts/me/erase/"""

    permission_classes: ClassVar = [IsCustomer]
    throttle_scope = "password"

    @extend_schema(
        summary="Erase your account and everything that is known of you",
        description="Cannot be undone. From the answer on you are logged out everywhere; the rest follows in moments. "
        "Orders must be over: delivered, cancelled or returned. Invoices stay for as long as the law says.",
        request=EraseInput,
        responses={
            202: None,
            **problems(
                on_400="The password is wrong, or fields are not valid; see `errors`.",
                on_401="No valid token or session.",
                on_403="This account has no customer.",
                on_409="Orders are not over yet, or it is an account of staff; `detail` says what to do.",
                on_429="Too many tries; `Retry-After` says when to come back.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Needs the password."""
        form = EraseInput(data=request.data)
        form.is_valid(raise_exception=True)
        erase_oneself(request.user, form.validated_data["password"])
        logout(request._request)
        return Response(status=202)
