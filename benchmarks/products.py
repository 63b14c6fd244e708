"""A product with all fifteen parts: answered behind the request, written in the request, and only its core.

The WSGI application is called in this process, as in the benchmark of the checkout. All three get the same body through
the same log-in and the same reading of JSON. The bare one then inserts the core's row and nothing else: it checks
nothing, keeps no document and emits no event.
"""

from benchmarks import arena  # first: it sets Django up

# isort: split
import io
import json
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from statistics import median
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from django.urls import include, path
from djmoney.money import Money
from knox.models import AuthToken
from PIL import Image
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.arena import ratio_of_medians
from benchmarks.verdict import Verdict, show
from config.wsgi import application
from shop.catalog.models import Product, Upload
from shop.catalog.thumbnails import derived_names
from shop.catalog.uploading import store_upload
from shop.stock.api import ProductViewSet

BARE, BEHIND, WITHIN = "bare insert of the core", "all parts, background", "all parts, in the request"
_PICTURE_SIZE = (1600, 1200)
_numbers = count(1)


class BareViewSet(ProductViewSet):
    """The same door, and one row behind it."""

    def create(self, request: Request) -> Response:
        """Insert the core."""
        given = request.data
        product = Product(sku=given["sku"], slug=given["sku"].lower(), price=Money(given["price"], "GBP"))
        Product.objects.bulk_create([product])
        return Response({"id": product.pk, "sku": product.sku}, status=202)


urlpatterns = [path("bare/", BareViewSet.as_view({"post": "create"})), path("", include("config.urls"))]


def measure(quick: bool) -> list[Verdict]:
    """Milliseconds a product."""
    user = User.objects.create_superuser("editor")
    token = AuthToken.objects.create(user)[1]
    document = _document()
    turns: dict[str, Callable[[], float]] = {
        BARE: partial(_post, "/bare/", document, token, "background"),
        BEHIND: partial(_post, "/api/products/", document, token, "background"),
        WITHIN: partial(_post, "/api/products/", document, token, "request"),
    }
    with override_settings(ROOT_URLCONF=__name__):
        short = arena.take_turns({name: turns[name] for name in (BARE, BEHIND)}, 50 if quick else 400, warm_up=10)
        long = arena.take_turns({WITHIN: turns[WITHIN]}, 3 if quick else 15)
    laps = short | long
    _show(laps)
    return [
        Verdict("product: behind the request against bare", 1.5, ratio_of_medians(laps, BEHIND, BARE), at_most=True),
        Verdict(
            "product: in the request against background", 60, ratio_of_medians(laps, WITHIN, BEHIND), at_most=False
        ),
    ]


def _show(laps: arena.Laps) -> None:
    rows = [
        (
            name,
            f"{median(times) * 1000:.2f}",
            f"{arena.percentile(times, 95) * 1000:.2f}",
            f"{ratio_of_medians(laps, name, BEHIND):.2f} ×",
        )
        for name, times in laps.items()
    ]
    width, height = _PICTURE_SIZE
    caption = f"2 languages, 6 images of {width} × {height}, 4 options × 5 values, 20 variants"
    show("POST /api/products/, fifteen parts", ("", "median, ms", "p95, ms", "of background"), rows, caption)


def _post(address: str, document: dict[str, Any], token: str, parts: str) -> float:
    """Seconds of one request, to its very end."""
    body = json.dumps(_numbered(document, next(_numbers))).encode()
    _forget_thumbnails()
    with override_settings(PRODUCT_PARTS=parts):
        started = time.perf_counter()
        status = _request(address, body, token)
        seconds = time.perf_counter() - started
    if status not in {"201 Created", "202 Accepted"}:
        raise RuntimeError(f"The product was answered with {status}")
    return seconds


def _forget_thumbnails() -> None:
    """A product's pictures are new: what was made of them for the one before is gone."""
    for file in Upload.objects.values_list("file", flat=True):
        for name in derived_names(file).values():
            default_storage.delete(name)


def _request(address: str, body: bytes, token: str) -> str:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": address,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Token {token}",
        "wsgi.input": io.BytesIO(body),
    }
    statuses: list[str] = []
    response = application(environ, lambda status, headers, error=None: statuses.append(status))
    b"".join(response)
    response.close()
    return statuses[0]


def _numbered(document: dict[str, Any], number: int) -> dict[str, Any]:
    sku = f"THING-{number}"
    names = {language: {"name": f"{language} {sku}", "description": "So it is. " * 50} for language in ("en", "ar")}
    variants = [
        {"sku": f"{sku}-{one}", "option_values": {"option-0": f"value-{one % 5}"}, "stock": 5} for one in range(20)
    ]
    return document | {"sku": sku, "translations": names, "variants": variants}


def _document() -> dict[str, Any]:
    names = {"en": {"name": "Name"}, "ar": {"name": "اسم"}}
    pictures = [_picture(number) for number in range(6)]
    Product.objects.bulk_create([Product(sku="BESIDE", slug="beside", price=Money(1, "GBP"))])
    return {
        "price": "10.50",
        "categories": [{"code": "things", "translations": names}],
        "images": [{"upload": one, "alt": {"en": "A thing", "ar": "شيء"}} for one in pictures],
        "videos": [{"url": "https://example.com/video", "translations": {"en": {"title": "How it is made"}}}],
        "attributes": [{"code": f"attribute-{n}", "values": ["one", "two"], "translations": names} for n in range(4)],
        "options": [
            {
                "code": f"option-{option}",
                "translations": names,
                "values": [
                    {"code": f"value-{value}", "translations": names, "image": {"upload": pictures[value]}}
                    for value in range(5)
                ],
            }
            for option in range(4)
        ],
        "dimensions": {"width": "45.5", "height": "90", "depth": "50", "weight": "7.2"},
        "materials": [{"code": "oak", "share": "90", "translations": names}],
        "details": [{"translations": {"en": {"title": "Care", "text": "Dry."}, "ar": {"title": "العناية"}}}],
        "guide": {"upload": _guide(), "translations": {"en": {"title": "How to build it"}}},
        "tags": ["oak", "new", "kitchen"],
        "related": ["BESIDE"],
        "tier_prices": [{"min_quantity": 10, "price": "9.00"}, {"min_quantity": 50, "price": "8.00"}],
        "reviews": [{"author": "Mona", "rating": 5, "state": "approved"}, {"author": "Omar", "rating": 4}],
    }


def _picture(number: int) -> str:
    content = io.BytesIO()
    Image.effect_noise(_PICTURE_SIZE, 30 + number).convert("RGB").save(content, "JPEG", quality=85)
    return str(store_upload(ContentFile(content.getvalue()), "thing.jpg").pk)


def _guide() -> str:
    return str(store_upload(ContentFile(b"%PDF-1.4\ntrailer <</Root 1 0 R>>\n%%EOF\n"), "guide.pdf").pk)


if __name__ == "__main__":
    arena.main(measure)
