"""The past of an order as a document: what happened, what it was, what changed. Customers see less than staff."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.api import LoggedEvent
from shop.orders.models import Order
from shop.orders.past import Change, Then
from shop.orders.timeline import title_of

#: Holds say why somebody is suspected, and notes are frank: customers do not learn that there are any.
STAFF_EVENTS = {"order.held", "order.released", "order.noted", "order.restated", "payment.captured"}
STAFF_FIELDS = ("affiliate", "charge_id", "captured_at", "held_at", "hold_reason", "note_count")
CUSTOMER_FIELDS = (
    "status", "currency", "subtotal", "discount", "shipping_fee", "tax", "total", "cancelled_total", "returned_total",
    "refunded_total", "coupon_code", "line_count", "unit_count", "cancelled_unit_count", "returned_unit_count",
    "placed_at", "packed_at", "shipped_at", "delivered_at", "carrier", "tracking_number",
)  # fmt: skip
_CUSTOMER_DETAILS = (
    "total", "amount", "currency", "line_count", "unit_count", "carrier", "tracking_number", "return_number", "reason",
)  # fmt: skip


def _amount(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, **options)


class StaffStateDocument(serializers.Serializer):
    """What only staff see of an order's past."""

    affiliate = serializers.CharField(allow_null=True)
    charge_id = serializers.CharField(allow_blank=True)
    captured_at = serializers.DateTimeField(allow_null=True, help_text="Null while the money is only reserved.")
    held_at = serializers.DateTimeField(allow_null=True)
    hold_reason = serializers.CharField(allow_blank=True)
    note_count = serializers.IntegerField()
    unsaid = serializers.ListField(
        child=serializers.CharField(),
        help_text="Fields that the log of an old order does not tell exactly: amounts are null, instants are near.",
    )


class StateDocument(serializers.Serializer):
    """The order as it was. `staff` is null for customers."""

    status = serializers.ChoiceField(Order.Status.choices)
    currency = serializers.CharField(allow_blank=True)
    subtotal = _amount(allow_null=True)
    discount = _amount(allow_null=True)
    shipping_fee = _amount(allow_null=True)
    tax = _amount(allow_null=True)
    total = _amount(allow_null=True)
    cancelled_total = _amount()
    returned_total = _amount()
    refunded_total = _amount(help_text="What went back to the customer.")
    coupon_code = serializers.CharField(allow_null=True, allow_blank=True)
    line_count = serializers.IntegerField()
    unit_count = serializers.IntegerField()
    cancelled_unit_count = serializers.IntegerField()
    returned_unit_count = serializers.IntegerField()
    placed_at = serializers.DateTimeField(allow_null=True)
    packed_at = serializers.DateTimeField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    carrier = serializers.CharField(allow_blank=True)
    tracking_number = serializers.CharField(allow_blank=True)
    staff = StaffStateDocument(allow_null=True)


class StaffEventDocument(serializers.Serializer):
    """Who and why: the event as it stands in the log. The cause is an event, or else the request of the correlation."""

    id = serializers.UUIDField()
    position = serializers.IntegerField()
    actor = serializers.CharField(allow_blank=True)
    correlation_id = serializers.UUIDField()
    causation_id = serializers.UUIDField(allow_null=True)
    payload = serializers.DictField()


class OrderEventDocument(serializers.Serializer):
    """One thing that happened. `details` are its amounts, counts and words; `staff` is null for customers."""

    version = serializers.IntegerField(help_text="How many events the order had with it: a point to ask for.")
    event = serializers.CharField()
    title = serializers.CharField(help_text="In the language of the request.")
    at = serializers.DateTimeField()
    by = serializers.ChoiceField(["customer", "staff", "system"])
    details = serializers.DictField()
    staff = StaffEventDocument(allow_null=True)


class ChangeDocument(serializers.Serializer):
    """A field of the state that differs between two points."""

    field = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    @extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True})
    def get_before(self, change: Change) -> Any:
        """As in the state."""
        return change.before

    @extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True})
    def get_after(self, change: Change) -> Any:
        """As in the state."""
        return change.after


class OrderHistoryDocument(serializers.Serializer):
    """The order at one point, with the last events up to there; or between two points, with what changed."""

    number = serializers.CharField()
    version = serializers.IntegerField(help_text="How many events the order had at the point.")
    at = serializers.DateTimeField(help_text="When the last of them happened.")
    state = StateDocument()
    events = OrderEventDocument(many=True)
    changes = ChangeDocument(many=True, allow_null=True, help_text="Null where only one point was asked for.")


def state_document(then: Then, *, for_staff: bool) -> dict[str, Any]:
    """The state for who may see it."""
    values = then.values
    shown = {name: values[name] for name in CUSTOMER_FIELDS}
    staff = {name: values[name] for name in (*STAFF_FIELDS, "unsaid")}
    return shown | {"staff": staff if for_staff else None}


def event_document(event: LoggedEvent, order: Order, *, for_staff: bool) -> dict[str, Any]:
    """One event for who may see it."""
    said = event.uncovered()
    staff = {name: getattr(event, name) for name in StaffEventDocument().fields} | {"payload": said}
    return {
        "version": event.stream_version,
        "event": event.name,
        "title": title_of(event.name),
        "at": event.occurred_at,
        "by": _by(event.actor, order),
        "details": {name: said[name] for name in _CUSTOMER_DETAILS if name in said},
        "staff": staff if for_staff else None,
    }


def _by(actor: str, order: Order) -> str:
    """Who has no account, and buys, is a customer."""
    if actor in ("", f"user:{order.customer.user_id}"):
        return "customer"
    return "staff" if actor.startswith("user:") else "system"
