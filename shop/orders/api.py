"""Orders: customers see and cancel their own, staff look after all of them."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from shop.errors import CannotAdvance
from shop.orders import operations
from shop.orders.documents import (
    CancelInput,
    HoldInput,
    NoteInput,
    OrderDocument,
    ReceiveInput,
    RejectInput,
    ReturnInput,
    ShipInput,
)
from shop.orders.models import Order
from shop.orders.permissions import MayHandleOrder, staff_may, visible_to
from shop.orders.queries import shown_orders
from shop.problems import problems

_SHOWN = problems(on_401="No valid token or session.")
_UNKNOWN = problems(on_404="No such order of yours; staff who may view orders find everybody's.")


def _changes(summary: str, on_409: str, on_503: str = "", request: Any = None) -> Any:
    """The documentation of an action that answers with the order as it is then."""
    described = {"on_400": "Fields are not valid; see `errors`.", "on_403": "Not allowed for this user."}
    described |= {"on_409": on_409} | ({"on_503": on_503} if on_503 else {})
    responses = {200: OrderDocument, **_SHOWN, **_UNKNOWN, **problems(**described)}
    return extend_schema(summary=summary, request=request, responses=responses)


class OrderViewSet(viewsets.GenericViewSet):
    """What is done with one's own orders; for staff, with all of them. Reading them is in shop/orderbook/api.py."""

    permission_classes: ClassVar = [MayHandleOrder]
    queryset = Order.objects.none()
    serializer_class = OrderDocument
    filter_backends: ClassVar = []
    lookup_field = "number"
    lookup_value_regex = r"[^/\x00]+"

    def get_queryset(self) -> QuerySet[Order]:
        """With all that is shown after it was done."""
        return visible_to(self.request.user, shown_orders())

    @_changes(
        "Cancel an order or a part of it, and refund it",
        "Not that much is left to cancel, or it is packed (for staff: shipped) already.",
        "The payment provider did not answer; the cancellation is kept and completed later.",
        CancelInput,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, number: str) -> Response:
        """Refunds the money, puts the pieces back into the stock, and emits order.cancelled."""
        form, order = self._read(CancelInput), self.get_object()
        reason, as_customer = form.validated_data["reason"], not staff_may(request.user, "cancel")
        operations.cancel(order, form.quantities, by=self._by, reason=reason, before_packing=as_customer)
        return self._shown()

    @_changes(
        "Ask to send pieces back", "It was not shipped, the time is over, or not that much is left.", "", CancelInput
    )
    @action(detail=True, methods=["post"], url_path="request-return")
    def request_return(self, request: Request, number: str) -> Response:
        """The customer's own wish; the money is given back when the pieces have arrived."""
        form, order = self._read(CancelInput), self.get_object()
        reason = form.validated_data["reason"]
        operations.request_return(order, form.quantities, by=self._by, reason=reason, now=timezone.now())
        return self._shown()

    @_changes(
        "Take an order or a part of it back, and refund it",
        "It was not shipped, or not that much is left.",
        "The payment provider did not answer; the return is kept and completed later.",
        ReturnInput,
    )
    @action(detail=True, methods=["post"], url_path="return")
    def return_pieces(self, request: Request, number: str) -> Response:
        """For staff: refunds the money, puts the pieces back into the stock on `restock`, and emits order.returned."""
        form, order = self._read(ReturnInput), self.get_object()
        given = form.validated_data
        operations.return_pieces(order, form.quantities, by=self._by, reason=given["reason"], restock=given["restock"])
        return self._shown()

    @_changes(
        "The pieces of a requested return have arrived: refund them",
        "There is no such return, or it was rejected.",
        "The payment provider did not answer; the return is kept and completed later.",
        ReceiveInput,
    )
    @action(detail=True, methods=["post"], url_path="receive-return")
    def receive_return(self, request: Request, number: str) -> Response:
        """For staff. Received twice is received once."""
        given = self._read(ReceiveInput).validated_data
        operations.receive_return(self.get_object(), given["return_number"], restock=given["restock"])
        return self._shown()

    @_changes("A requested return has arrived", "There is no such return, or it was rejected.", "", RejectInput)
    @action(detail=True, methods=["post"], url_path="return-arrived")
    def return_arrived(self, request: Request, number: str) -> Response:
        """For staff, before somebody has looked at the pieces. Said twice is said once."""
        given = self._read(RejectInput).validated_data
        operations.note_arrival(self.get_object(), given["return_number"], now=timezone.now())
        return self._shown()

    @_changes("Reject a requested return", "There is no such return, or it was received.", "", RejectInput)
    @action(detail=True, methods=["post"], url_path="reject-return")
    def reject_return(self, request: Request, number: str) -> Response:
        """For staff. The pieces stay with the customer."""
        given = self._read(RejectInput).validated_data
        operations.reject_return(self.get_object(), given["return_number"])
        return self._shown()

    @_changes("The pieces are in parcels", "It is held, cancelled or not paid.")
    @action(detail=True, methods=["post"])
    def pack(self, request: Request, number: str) -> Response:
        """For staff. Said twice is said once."""
        operations.advance(self.get_object(), Order.Status.PACKED, by=self._by)
        return self._shown()

    @_changes("The carrier has the parcels", "It is held, cancelled or not paid.", "", ShipInput)
    @action(detail=True, methods=["post"])
    def ship(self, request: Request, number: str) -> Response:
        """For staff. Said twice is said once: the first carrier stays."""
        given = self._read(ShipInput).validated_data
        operations.advance(self.get_object(), Order.Status.SHIPPED, by=self._by, **given)
        return self._shown()

    @_changes("The customer has the parcels", "It is held, cancelled or not paid.")
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, number: str) -> Response:
        """For staff. Said twice is said once."""
        operations.advance(self.get_object(), Order.Status.DELIVERED, by=self._by)
        return self._shown()

    @_changes("Keep an order from being packed", "It is packed already, cancelled or not paid.", "", HoldInput)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, number: str) -> Response:
        """For staff. A held order keeps its first reason."""
        order = self.get_object()
        if not operations.hold(order.pk, reason=self._read(HoldInput).validated_data["reason"]):
            why = _("it is {status} and cannot be held.").format(status=order.get_status_display())
            raise CannotAdvance(number=order.number, why=why)
        return self._shown()

    @_changes("Let a held order go on", "Never; an order that is not held stays as it is.")
    @action(detail=True, methods=["post"])
    def release(self, request: Request, number: str) -> Response:
        """For staff."""
        operations.release(self.get_object().pk, by=self._by)
        return self._shown()

    @_changes("Note something about an order", "Never.", "", NoteInput)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, number: str) -> Response:
        """For staff, who alone see it."""
        text = self._read(NoteInput).validated_data["text"]
        operations.note(self.get_object(), text, by=self._by)
        return self._shown()

    @property
    def _by(self) -> str:
        return f"user:{self.request.user.pk}"

    def _read(self, form_class: Any) -> Any:
        form = form_class(data=self.request.data)
        form.is_valid(raise_exception=True)
        return form

    def _shown(self) -> Response:
        """As the database has it now."""
        return Response(self.get_serializer(self.get_object()).data)
