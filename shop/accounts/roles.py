"""The roles of staff, as groups that `migrate` makes and keeps complete.

role       | may
catalogue  | everything about products, their stock and their import
orders     | everything about orders, papers, customers and partners, but not agree prices
operations | everything about the platform; look at the whole shop

No role may read personal data in events, or erase people: that is given to single persons.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

_LOOK = Q(codename__startswith="view_")
_REVIEW_FRAUD = Q(content_type__app_label="fraud", codename="review_fraudscore")
_KEEP_PARTNERS = Q(content_type__app_label="partners", content_type__model="partner")
_KNOW_PEOPLE = Q(content_type__app_label="events", codename__in=["view_personal", "erase_person"])
_AGREE_PRICES = Q(content_type__app_label="orders", codename="agree_prices")


def _all_of(*labels: str) -> Q:
    return Q(content_type__app_label__in=labels)


_SHOP = (
    "accounts", "analytics", "audit", "billing", "carrier", "carts", "catalog", "crm", "customers", "dashboard",
    "followups", "fraud", "idempotency", "imports", "lake", "loyalty", "notices", "orderbook", "orders", "partners",
    "payments", "pricing", "recommendations", "sales", "search", "shelves", "showcase", "stock", "warehouse",
    "wishlists",
)  # fmt: skip
_BESIDE_ORDERS = (
    "analytics", "billing", "carrier", "carts", "catalog", "followups", "fraud", "loyalty", "orderbook", "partners",
    "payments", "sales", "stock", "warehouse",
)  # fmt: skip
ROLES: dict[str, Q] = {
    "catalogue": _all_of("catalog", "imports", "stock", "pricing")
    | (_LOOK & _all_of("search", "wishlists", "recommendations", "notices")),
    "orders": (_all_of("orders", "customers") & ~_AGREE_PRICES)
    | _REVIEW_FRAUD
    | _KEEP_PARTNERS
    | (_LOOK & _all_of(*_BESIDE_ORDERS)),
    "operations": (_all_of("events", "django_celery_results") & ~_KNOW_PEOPLE) | (_LOOK & _all_of(*_SHOP)),
}


def make_roles() -> None:
    """Make the groups that are missing, and give each what its role needs. Takes nothing away: who is to have less gets
    a group of its own."""
    for name, allowed in ROLES.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(allowed))


def make_roles_last(app_config: AppConfig, **_: Any) -> None:
    """After `migrate`, when the last application has its permissions."""
    with_models = [config for config in apps.get_app_configs() if config.models_module]
    if app_config == with_models[-1]:
        make_roles()
