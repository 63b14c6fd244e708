"""Small functions that make what a test needs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, TypeVar

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.utils import timezone
from djmoney.money import Money
from rest_framework.test import APIClient

from events.models import Event
from shop.catalog.models import Product
from shop.catalog.operations import NewProduct, Text, create_products
from shop.customers.models import Customer
from shop.orders.models import Order
from shop.orders.operations import Buyer, LineWish, check_out
from shop.payments.provider import Card
from shop.stock.models import StockItem
from shop.stock.operations import set_stock

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
FAILING_CARD = "4000000000000119"
ANSWER_LOST_CARD = "4000000000000341"
BUYER = Buyer(email="someone@example.com", name="Someone")

_numbers = count(1)
Answer = TypeVar("Answer")


def make_product(sku: str = "", price: str = "10.00", available: int = 10, **texts: str) -> Product:
    """An active product in stock; texts as en="Chair", ar="كرسي"."""
    sku = sku or f"SKU-{next(_numbers)}"
    names = {language: Text(name, f"About {name}") for language, name in ({"en": f"Thing {sku}"} | texts).items()}
    (product,) = create_products([NewProduct(sku=sku, slug=sku.lower(), price=Money(price, "GBP"), texts=names)])
    set_stock({product.pk: available})
    return product


def buy(*wishes: LineWish, card: str = GOOD_CARD) -> Order:
    """Check out as anybody."""
    return check_out(BUYER, wishes, Card(card), now=timezone.now())


def available(product: Product) -> int:
    """Pieces in stock, as the database says."""
    return StockItem.objects.get(product=product).available


def logged(name: str) -> list[dict[str, Any]]:
    """Payloads of the events of that name, in order."""
    return list(Event.objects.filter(name=name).order_by("position").values_list("payload", flat=True))


def event_names(prefix: str = "") -> list[str]:
    """Names of all events, in order."""
    return list(Event.objects.filter(name__startswith=prefix).order_by("position").values_list("name", flat=True))


def checkout_document(*lines: dict[str, Any], card: str = GOOD_CARD, **customer: str) -> dict[str, Any]:
    """A body for POST /api/checkout/."""
    return {
        "customer": {"email": "someone@example.com", "name": "Someone", "language": "en"} | customer,
        "lines": list(lines),
        "card": {"number": card},
    }


def staff_user(*permissions: str) -> User:
    """A staff user with exactly these permissions, as app.codename."""
    user = User.objects.create_user(f"staff-{next(_numbers)}", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def staff_client(*permissions: str) -> APIClient:
    """An API client of such a staff user."""
    client = APIClient()
    client.force_authenticate(staff_user(*permissions))
    return client


def customer_client(name: str = "ann") -> tuple[APIClient, Customer]:
    """An API client of a customer who is logged in, and the customer."""
    client = APIClient()
    user = User.objects.create_user(name, f"{name}@example.com")
    client.force_authenticate(user)
    return client, Customer.objects.create(email=user.email, name=name.title(), user=user)


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer | Exception]:
    """Run calls in a thread each, with a database connection each; what they return or raise."""

    def run(call: Callable[[], Answer]) -> Answer | Exception:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))
