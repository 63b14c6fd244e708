"""Accounts over HTTP: register, log in and out, passwords, and one's own profile."""

from typing import Any, ClassVar

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import permissions
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.exceptions import Throttled as TooMany
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.accounts import operations
from shop.accounts.documents import (
    ForgottenInput,
    LinkInput,
    LogInInput,
    LogOutInput,
    PasswordInput,
    ProfileDocument,
    ProfileInput,
    RegisterInput,
    TokenDocument,
)
from shop.accounts.throttles import Throttled
from shop.problems import problems

_INVALID = problems(on_400="Fields are not valid; see `errors`.")
_LINK = problems(on_400="Fields are not valid, see `errors`; or the link is too old, was used, or is none of ours.")
_TOKEN = problems(on_401="No valid token or session.")
_GUEST = problems(on_401="The token is not valid; send none.")
_THROTTLED = problems(on_429="Too many tries; `Retry-After` says when to come back.")


class GuestView(Throttled, APIView):
    """For everybody, and not too often."""

    permission_classes: ClassVar = [permissions.AllowAny]
    throttle_scope = "register"


class RegisterView(GuestView):
    """The first half of getting an account."""

    @extend_schema(
        summary="Ask for an account",
        request=RegisterInput,
        responses={202: None, **_INVALID, **_GUEST, **_THROTTLED},
    )
    def post(self, request: Request) -> Response:
        """A mail brings the link with which the owner of the address chooses a password. The answer is the same
        whether or not the address has an account."""
        operations.ask_for_account(**read(RegisterInput, request).wish, now=timezone.now())
        return Response(status=202)


class ConfirmView(GuestView):
    """The second half."""

    @extend_schema(
        summary="Confirm the address, choose a password, and be logged in",
        request=LinkInput,
        responses={201: TokenDocument, **_LINK, **_GUEST, **_THROTTLED},
    )
    def post(self, request: Request) -> Response:
        """All orders placed with the address belong to the account from now on."""
        given = read(LinkInput, request).validated_data
        user = operations.confirm_account(given["token"], given["password"])
        return Response(logged_in(request, user), status=201)


class LogInView(APIView):
    """Throttled where passwords are checked, by address and by name, so that no other log-in page is a way around."""

    permission_classes: ClassVar = [permissions.AllowAny]
    authentication_classes: ClassVar = []  # a stale token must not keep anybody from getting a new one

    @extend_schema(
        summary="Log in",
        request=LogInInput,
        responses={
            200: TokenDocument,
            **_INVALID,
            **problems(on_401="Name and password do not belong together."),
            **_THROTTLED,
        },
    )
    def post(self, request: Request) -> Response:
        """Answers with a token that works for TOKEN_DAYS (30)."""
        given = read(LogInInput, request).validated_data
        name = given["username"].lower() if "@" in given["username"] else given["username"]
        user = authenticate(request._request, username=name, password=given["password"])
        if user is None:
            _refuse(request)
        if given["session"]:
            login(request._request, user)
        return Response(logged_in(request, user, told=given["session"]))

    def get_authenticate_header(self, request: Request) -> str:
        """A 401 has to say how."""
        return "Token"


class LogOutView(APIView):
    """The end of a token."""

    permission_classes: ClassVar = [permissions.IsAuthenticated]

    @extend_schema(summary="Log out", request=LogOutInput, responses={204: None, **_INVALID, **_TOKEN})
    def post(self, request: Request) -> Response:
        """Ends the token that was sent, and the session if there is one."""
        if read(LogOutInput, request).validated_data["everywhere"]:
            AuthToken.objects.filter(user=request.user).delete()
        elif isinstance(request.auth, AuthToken):
            request.auth.delete()
        logout(request._request)
        return Response(status=204)


class PasswordView(Throttled, APIView):
    """One's own password."""

    permission_classes: ClassVar = [permissions.IsAuthenticated]
    throttle_scope = "password"

    @extend_schema(
        summary="Change the password",
        request=PasswordInput,
        responses={200: TokenDocument, **_INVALID, **_TOKEN, **_THROTTLED},
    )
    def post(self, request: Request) -> Response:
        """Ends every token and every other session, and answers with a new token."""
        given = read(PasswordInput, request).validated_data
        operations.change_password(request.user, given["current_password"], given["new_password"])
        if request.auth is None:
            update_session_auth_hash(request._request, request.user)
        return Response(logged_in(request, request.user, told=True))


class ForgottenPasswordView(GuestView):
    """For who cannot log in."""

    throttle_scope = "password"

    @extend_schema(
        summary="Ask for a link to choose a new password",
        request=ForgottenInput,
        responses={202: None, **_INVALID, **_GUEST, **_THROTTLED},
    )
    def post(self, request: Request) -> Response:
        """The answer is the same whether or not the address has an account."""
        operations.ask_for_new_password(read(ForgottenInput, request).validated_data["email"])
        return Response(status=202)


class ResetPasswordView(GuestView):
    """Where the link of the mail leads, for programs."""

    throttle_scope = "password"

    @extend_schema(
        summary="Choose a new password, and be logged in",
        request=LinkInput,
        responses={200: TokenDocument, **_LINK, **_GUEST, **_THROTTLED},
    )
    def post(self, request: Request) -> Response:
        """The link works once; every older token and session ends."""
        given = read(LinkInput, request).validated_data
        return Response(logged_in(request, operations.reset_password(given["token"], given["password"])))


class ProfileView(APIView):
    """Oneself."""

    permission_classes: ClassVar = [permissions.IsAuthenticated]

    @extend_schema(summary="Who is logged in", responses={200: ProfileDocument, **_TOKEN})
    def get(self, request: Request) -> Response:
        """With the roles of staff."""
        return Response(ProfileDocument(request.user).data)

    @extend_schema(
        summary="Change one's name or language",
        request=ProfileInput,
        responses={200: ProfileDocument, **_INVALID, **_TOKEN},
    )
    def patch(self, request: Request) -> Response:
        """Nothing else of an account is changed here: unknown fields are refused."""
        operations.save_profile(request.user, **read(ProfileInput, request).validated_data)
        return Response(ProfileDocument(User.objects.get(pk=request.user.pk)).data)


def read(form_class: Any, request: Request) -> Any:
    """The validated body."""
    form = form_class(data=request.data)
    form.is_valid(raise_exception=True)
    return form


def logged_in(request: Request, user: User, *, told: bool = False) -> dict[str, Any]:
    """A new token; and whoever waits for a log-in is told, unless they have been."""
    instance, token = AuthToken.objects.create(user)
    if not told:
        user_logged_in.send(sender=User, request=request._request, user=user)
    return TokenDocument({"token": token, "expires_at": instance.expiry}).data


def _refuse(request: Request) -> None:
    if seconds := getattr(request._request, "log_in_wait_seconds", 0):
        raise TooMany(wait=seconds)
    raise AuthenticationFailed(_("Name and password do not belong together."))
