"""How the admin looks: its name, its colours, and what stands in the sidebar."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

#: The clay of the shop's pictures.
CLAY = {
    "50": "#fdf6f1", "100": "#fae8de", "200": "#f3cfbd", "300": "#e9ad91", "400": "#df9573", "500": "#c9714e",
    "600": "#a6583a", "700": "#8a462d", "800": "#703a27", "900": "#5c3223", "950": "#321810",
}  # fmt: skip
#: Greys with the warmth of paper.
PAPER = {
    "50": "oklch(98.4% .006 75)", "100": "oklch(96.4% .008 75)", "200": "oklch(92% .011 75)",
    "300": "oklch(86.4% .014 72)", "400": "oklch(70.5% .017 65)", "500": "oklch(54% .017 60)",
    "600": "oklch(44% .016 60)", "700": "oklch(36.5% .014 60)", "800": "oklch(26.8% .011 60)",
    "900": "oklch(20.8% .009 60)", "950": "oklch(14% .007 60)",
}  # fmt: skip


def page(title: Any, icon: str, model: str, **more: Any) -> dict[str, Any]:
    """The list of a model, for those who may look at it; `model` as app_model."""
    app, _sign, name = model.rpartition("_")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
        **more,
    }


def group(title: Any, *items: dict[str, Any]) -> dict[str, Any]:
    """Pages under a heading."""
    return {"title": title, "separator": True, "items": list(items)}


def open_dead_letters() -> str:
    """How many wait for somebody; nothing when none does."""
    from events.figures import open_dead_letters

    count = open_dead_letters()
    return f"{count.value}{'+' if count.exactness == 'at least' else ''}" if count.value else ""


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Backroom",
    "SITE_HEADER": "Backroom",
    "SITE_SUBHEADER": _("Shop and back room"),
    "SITE_ICON": lambda request: static("home/mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("home/mark.svg")},
    ],
    "SITE_URL": "/",
    "DASHBOARD_CALLBACK": "shop.dashboard.admin.add_figures",
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": PAPER, "primary": CLAY},
    "STYLES": [lambda request: static("events/console.css"), lambda request: static("home/admin.css")],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": _("Home"), "icon": "home", "link": reverse_lazy("home"), "active": lambda request: False},
                    {"title": _("Shop API"), "icon": "api", "link": reverse_lazy("api-docs")},
                    {"title": _("Flower"), "icon": "local_florist", "link": lambda request: settings.FLOWER_URL},
                ]
            },
            group(
                _("Flow"),
                page(_("Events"), "receipt_long", "events_event"),
                page(_("Deliveries"), "local_shipping", "events_delivery"),
                page(_("By the minute"), "monitoring", "events_flowcount"),
                page(
                    _("Dead letters"),
                    "mark_email_unread",
                    "events_deadletter",
                    badge=lazy(open_dead_letters, str)(),  # not its path: unfold would show a badge without a text
                    badge_variant="danger",
                ),
                page(_("Replays"), "replay", "events_replay"),
                page(_("Sagas"), "route", "events_saga"),
                page(_("Attempts"), "error", "events_attempt"),
                page(_("Subscriptions"), "rss_feed", "events_subscription"),
                page(_("Read models"), "table_view", "events_rebuild"),
                page(_("Outbox"), "outbox", "events_outboxentry"),
                page(_("Task results"), "task", "django_celery_results_taskresult"),
            ),
            group(
                _("Shop"),
                page(_("Orders"), "shopping_bag", "orders_order"),
                page(_("Cancellations and returns"), "assignment_return", "orders_reversal"),
                page(_("Products"), "chair", "catalog_product"),
                page(_("Categories"), "account_tree", "catalog_category"),
                page(_("Attributes"), "tune", "catalog_attribute"),
                page(_("Tags"), "sell", "catalog_tag"),
                page(_("Reviews"), "reviews", "catalog_review"),
                page(_("Submissions"), "upload_file", "catalog_submission"),
                page(_("Uploads"), "attach_file", "catalog_upload"),
                page(_("Stock"), "inventory_2", "stock_stockitem"),
                page(_("Customers"), "groups", "customers_customer"),
                page(_("Carts"), "shopping_cart", "carts_cart"),
                page(_("Wishlists"), "favorite", "wishlists_wishlistitem"),
                page(_("Imported products"), "move_to_inbox", "imports_importedproduct"),
            ),
            group(
                _("Prices and payments"),
                page(_("Coupons"), "confirmation_number", "pricing_coupon"),
                page(_("Tax rates"), "percent", "pricing_taxrate"),
                page(_("Shipping fees"), "package_2", "pricing_shippingrate"),
                page(_("Exchange rates"), "currency_exchange", "pricing_exchangerate"),
                page(_("Payments"), "credit_card", "payments_payment"),
                page(_("Invoices and credit notes"), "receipt", "billing_paper"),
            ),
            group(
                _("What followed"),
                page(_("Daily sales"), "bar_chart", "analytics_dailysales"),
                page(_("Product sales"), "leaderboard", "analytics_productsales"),
                page(_("Stock movements"), "swap_vert", "stock_movement"),
                page(_("Bought together"), "join_inner", "recommendations_productpair"),
                page(_("Fraud scores"), "gpp_maybe", "fraud_fraudscore"),
                page(_("Points"), "loyalty", "loyalty_pointsentry"),
                page(_("Low-stock notices"), "notification_important", "notices_lowstocknotice"),
                page(_("Wish notices"), "favorite", "notices_wishnotice"),
                page(_("Follow-ups"), "alarm", "followups_followup"),
                page(_("Audit trail"), "policy", "audit_auditentry"),
                page(_("Exported days"), "database_upload", "lake_lakeday"),
                page(_("Shipments"), "forklift", "warehouse_shipment"),
                page(_("Labels"), "label", "carrier_label"),
                page(_("CRM contacts"), "contacts", "crm_contact"),
                page(_("Partners"), "handshake", "partners_partner"),
                page(_("Conversions"), "conversion_path", "partners_conversion"),
                page(_("Sales notes"), "campaign", "sales_salesnote"),
            ),
            group(
                _("Staff"),
                page(_("Users"), "person", "auth_user"),
                page(_("Groups"), "shield_person", "auth_group"),
            ),
        ],
    },
}
