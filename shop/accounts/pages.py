"""Where the links of mails lead, for people: choose a password. The pages work without JavaScript."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.accounts.forms import ChooseForm
from shop.accounts.operations import confirm_account, reset_password
from shop.errors import InvalidInput, LinkInvalid

_choosing = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@_choosing
def confirm_page(request: HttpRequest, token: str) -> HttpResponse:
    """The end of registering."""
    return _choose(request, token, confirm_account, gettext_lazy("Choose a password for your account"))


@never_cache
@_choosing
def reset_page(request: HttpRequest, token: str) -> HttpResponse:
    """A new password."""
    return _choose(request, token, reset_password, gettext_lazy("Choose a new password"))


def _choose(request: HttpRequest, token: str, choose: Callable[[str, str], Any], title: Any) -> HttpResponse:
    """Whether the link is good is seen when it is used: looking at the page tells nothing and changes nothing."""
    form = ChooseForm(request.POST if request.method == "POST" else None)
    done = form.is_bound and form.is_valid() and _chosen(form, token, choose)
    return render(request, "accounts/choose.html", {"form": form, "title": title, "done": done})


def _chosen(form: ChooseForm, token: str, choose: Callable[[str, str], Any]) -> bool:
    try:
        choose(token, form.cleaned_data["password"])
    except LinkInvalid as error:
        form.add_error(None, error.detail)
    except InvalidInput as error:
        for one in error.errors:
            form.add_error("password", one["detail"])
    return form.is_valid()
