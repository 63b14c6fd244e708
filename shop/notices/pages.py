"""Where the link at the end of a mail leads. The page works without JavaScript."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop.errors import LinkInvalid
from shop.notices.links import customer_of
from shop.notices.operations import subscribe, unsubscribe


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the token in the address is signed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing, for mail filters follow links; a click, or the mail program's own button, does."""
    try:
        customer = customer_of(token)
    except LinkInvalid as error:
        return render(request, "notices/unsubscribe.html", {"error": error.detail}, status=error.status)
    if request.method == "POST":
        if "again" in request.POST:
            subscribe(customer)
        else:
            unsubscribe(customer, now=timezone.now())
    return render(request, "notices/unsubscribe.html", {"customer": customer})
