"""What is answered at the root of the site. Every page is complete without JavaScript and asks no other host."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from moneyed.l10n import format_money

from config.home import documents, event_pages
from config.home.flow import Flow
from events.figures import current_figures
from shop.catalog.models import FALLBACK_LANGUAGE, Product
from shop.catalog.queries import shown_products

GALLERY_COUNT = 8
FIGURES_SECONDS = 1
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self' 'unsafe-inline'" if settings.DEBUG else "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
Page = Callable[..., HttpResponseBase]


def self_contained(view: Page) -> Page:
    """Tell browsers to fetch nothing from elsewhere, and caches that the page depends on the language."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    return require_safe(answer)


@self_contained
def home(request: HttpRequest) -> HttpResponse:
    """What runs here, how it is doing, and what is for sale."""
    language = get_language() or FALLBACK_LANGUAGE
    newest = shown_products().order_by("-created_at", "-pk")[:GALLERY_COUNT]
    products = [(product, product.name_in(language), price_of(product)) for product in newest]
    return render(request, "home/home.html", {"flow": current_flow(), "products": products, **links()})


@self_contained
def figures(request: HttpRequest) -> HttpResponse:
    """The live part of the home page, fetched every two seconds by every page that is being looked at."""
    response = render(request, "home/figures.html", {"flow": current_flow()})
    response["Cache-Control"] = "no-store"
    return response


@self_contained
def docs(request: HttpRequest) -> HttpResponse:
    """The README."""
    return _document(request, documents.README)


@self_contained
def docs_page(request: HttpRequest, name: str) -> HttpResponse:
    """One page of docs/."""
    return _document(request, name)


@self_contained
def docs_file(request: HttpRequest, name: str) -> FileResponse:
    """A picture that the documentation shows."""
    path = documents.picture(name)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"))


@self_contained
def event_catalogue(request: HttpRequest) -> HttpResponse:
    """Every event, by area."""
    context = {"areas": event_pages.areas(), "pages": documents.pages(), "current": "events", **links()}
    return render(request, "home/event_catalogue.html", context)


@self_contained
def event_page(request: HttpRequest, name: str) -> HttpResponse:
    """One event: what it says, who emits it, who waits for it."""
    sheet = event_pages.sheet(name)
    if sheet is None:
        raise Http404
    context = {"sheet": sheet, "pages": documents.pages(), "current": "events", **links()}
    return render(request, "home/event_page.html", context)


@self_contained
def event_file(request: HttpRequest, name: str) -> HttpResponse:
    """A JSON Schema, or the AsyncAPI document, whose references to the schemas lead here too."""
    text = event_pages.file(f"{name}.json")
    if text is None:
        raise Http404
    return HttpResponse(text, content_type="application/json")


def current_flow() -> Flow:
    """The figures, read at most once a second however many are watching."""
    return Flow(cache.get_or_set("home.figures", current_figures, FIGURES_SECONDS))


def price_of(product: Product) -> str:
    """With the currency's own sign, in every language."""
    return str(format_money(product.price, locale="en_GB"))


def links() -> dict[str, str]:
    """Addresses that the settings know."""
    return {"flower_url": settings.FLOWER_URL}


def _document(request: HttpRequest, name: str) -> HttpResponse:
    document = documents.read(name)
    if document is None:
        raise Http404
    context = {"document": document, "pages": documents.pages(), "current": name, **links()}
    return render(request, "home/docs.html", context)
