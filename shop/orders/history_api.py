"""GET /api/orders/<number>/history/: what happened to an order, what it was at any point, and what changed."""

from typing import ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from events.api import history
from shop.errors import InvalidInput
from shop.orders.history_documents import (
    CUSTOMER_FIELDS,
    STAFF_EVENTS,
    ChangeDocument,
    OrderHistoryDocument,
    event_document,
    state_document,
)
from shop.orders.models import Order
from shop.orders.past import Then, changes, read_point, then
from shop.orders.permissions import sees_all_orders, visible_to
from shop.problems import problems

#: An answer has no more events than that; those before are had by asking for a point among them.
MOST_EVENTS = 200


def _point(name: str, description: str) -> OpenApiParameter:
    form = "A number of events, or an instant in ISO 8601 with its time zone (a `+` is sent as `%2B`)."
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY, description=f"{description} {form}")


class OrderHistoryView(APIView):
    """One's own orders; for staff who may view orders, all of them, and more of each."""

    permission_classes: ClassVar = [permissions.IsAuthenticated]

    @extend_schema(
        summary="What happened to an order, and what it was at any point",
        description=(
            "Without a point: the order as it is now, with its last events. With `at`: as it was then, with the last "
            "events up to there. With `from`, and `to` (else now): as it was at `to`, with the events in between and "
            "the fields that they changed. An instant in the future is now."
        ),
        parameters=[
            OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH, description="Of the order."),
            _point("at", "The point to show."),
            _point("from", "The point to compare with."),
            _point("to", "The point that is compared, with `from`."),
        ],
        responses={
            200: OrderHistoryDocument,
            **problems(
                on_400="A point is not valid, or these do not go together; see `errors`.",
                on_401="No valid token or session.",
                on_403="Not allowed for this user.",
                on_404="No such order of yours, or it was not placed yet at that point, or has fewer events.",
            ),
        },
    )
    def get(self, request: Request, number: str) -> Response:
        """Folded from the order's stream."""
        order = visible_to(request.user, Order.objects.filter(number=number).select_related("customer")).first()
        if order is None:
            raise Http404
        _refuse_odd_points(request)
        begin = self._then(order, "from") if "from" in request.query_params else None
        end = self._then(order, "to" if begin else "at")
        _refuse_wrong_order(begin, end)
        return Response(_document(order, begin, end, for_staff=sees_all_orders(request.user)))

    def _then(self, order: Order, name: str) -> Then:
        """The order at the point that the parameter names; without one, as it is now. Raises InvalidInput, NotFound."""
        text = self.request.query_params.get(name)
        try:
            found = then(order, None if text is None else read_point(text))
        except ValueError:
            wanted = _("Give a number of events, or an instant with its time zone, such as 2024-05-31T13:45:00Z.")
            raise _invalid(name, wanted) from None
        if found is None:
            raise NotFound(_missing(order, text))
        return found


def _document(order: Order, begin: Then | None, end: Then, *, for_staff: bool) -> dict[str, object]:
    seen = [
        event
        for event in history(f"order-{order.pk}", last=MOST_EVENTS, upto=end.version)
        if for_staff or event.name not in STAFF_EVENTS
    ]
    events = [
        event_document(event, order, for_staff=for_staff)
        for event in seen
        if begin is None or event.stream_version > begin.version
    ]
    # For customers the latest is the latest that they see.
    version, at = (end.version, end.at) if for_staff or not seen else (seen[-1].stream_version, seen[-1].occurred_at)
    fields = None if for_staff else CUSTOMER_FIELDS
    return {
        "number": order.number,
        "version": version,
        "at": at,
        "state": state_document(end, for_staff=for_staff),
        "events": events,
        "changes": None if begin is None else ChangeDocument(changes(begin, end, fields), many=True).data,
    }


def _missing(order: Order, text: str | None) -> str:
    if text is None:
        return _("Order {number} was never placed, so nothing has happened to it.").format(number=order.number)
    told = _("There is no {point} in the past of order {number}: it was not placed yet, or has fewer events.")
    return told.format(point=text, number=order.number)


def _refuse_odd_points(request: Request) -> None:
    given = request.query_params
    if "at" in given and ("from" in given or "to" in given):
        raise _invalid("at", _("Ask for one point with at, or for two with from and to."))
    if "to" in given and "from" not in given:
        raise _invalid("from", _("Say from which point; to show one point, use at."))


def _refuse_wrong_order(begin: Then | None, end: Then) -> None:
    if begin is not None and begin.version > end.version:
        raise _invalid("from", _("This point is after the other one."))


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput([{"field": field, "code": "invalid", "detail": detail}])
