"""The buttons on an order's page in the admin. Each asks first, is a POST, and goes through an operation."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from shop.errors import CannotAdvance, ShopError
from shop.orders import operations
from shop.orders.desk_forms import CancelForm, HoldForm, NoteForm, ReceiveForm, RejectForm, ReturnForm, ShipForm
from shop.orders.models import Order, Reversal
from shop.orders.permissions import staff_may

Status = Order.Status
#: In which states a button makes sense; elsewhere it is not shown. The operations have the last word.
_SHOWN_IN = {
    "cancel_order": {Status.PAID, Status.PACKED},
    "pack_order": {Status.PAID},
    "ship_order": {Status.PAID, Status.PACKED},
    "deliver_order": {Status.SHIPPED},
    "return_order": {Status.SHIPPED, Status.DELIVERED},
    "return_arrived": {Status.SHIPPED, Status.DELIVERED},
    "receive_return": {Status.SHIPPED, Status.DELIVERED},
    "reject_return": {Status.SHIPPED, Status.DELIVERED},
    "hold_order": {Status.PLACED, Status.PAID},
    "release_order": {Status.PLACED, Status.PAID},
    "note_order": set(Status),
}


def _asks(title: Any, description: Any, submit: Any, form: type[BaseDialogForm] = BaseDialogForm) -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": form, "form_submit_text": submit}


def _button(text: Any, icon: str, permission: str, dialog: dict[str, Any]) -> Callable[..., Any]:
    return action(description=text, icon=icon, permissions=[permission], dialog=dialog)


class OrderDesk:
    """Mix into the admin of orders."""

    actions_detail = list(_SHOWN_IN)

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A permission of its own, on top of that to look; so are the others."""
        return staff_may(request.user, "cancel")

    def has_fulfil_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Pack, ship, deliver."""
        return staff_may(request.user, "pack")

    def has_return_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Take back, receive, reject."""
        return staff_may(request.user, "return_pieces")

    def has_hold_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Hold, release."""
        return staff_may(request.user, "hold")

    def has_note_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Note."""
        return staff_may(request.user, "note")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only what the order's state allows."""
        order = self.get_object(request, object_id)
        wanted = {name for name, states in _SHOWN_IN.items() if order is not None and order.status in states}
        if order is not None:
            wanted -= {"release_order"} if order.held_at is None else {"hold_order", "pack_order", "ship_order"}
            if not order.reversals.filter(status=Reversal.Status.REQUESTED).exists():
                wanted -= {"return_arrived", "receive_return", "reject_return"}
        allowed = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [one for one in allowed if one.action_name.removeprefix("orders_order_") in wanted]

    @_button(
        _("Cancel order"),
        "cancel",
        "cancel",
        _asks(
            _("Cancel this order?"),
            _("All that is left of it is refunded and put back into the stock. This cannot be undone."),
            _("Cancel the order and refund it"),
            CancelForm,
        ),
    )
    def cancel_order(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        """Cancel all that is left; the dialog makes it a POST."""
        reason = form.cleaned_data["reason"]
        done = _("Order {number} was cancelled and refunded.")
        return self._do(request, object_id, done, lambda order, by: operations.cancel(order, by=by, reason=reason))

    @_button(
        _("Pack"),
        "inventory_2",
        "fulfil",
        _asks(_("Is this order packed?"), _("After this the customer cannot cancel it any more."), _("It is packed")),
    )
    def pack_order(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """The pieces are in parcels."""
        return self._advance(request, object_id, Status.PACKED)

    @_button(
        _("Ship"),
        "local_shipping",
        "fulfil",
        _asks(_("Has the carrier taken this order?"), _("The customer is told so."), _("It is shipped"), ShipForm),
    )
    def ship_order(self, request: HttpRequest, form: ShipForm, object_id: str) -> HttpResponse:
        """The carrier has it."""
        given = {name: form.cleaned_data[name] for name in ("carrier", "tracking_number")}
        return self._advance(request, object_id, Status.SHIPPED, **given)

    @_button(
        _("Deliver"),
        "home_pin",
        "fulfil",
        _asks(_("Does the customer have this order?"), _("The time for returns begins now."), _("It is delivered")),
    )
    def deliver_order(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """The customer has it."""
        return self._advance(request, object_id, Status.DELIVERED)

    @_button(
        _("Take back"),
        "assignment_return",
        "return",
        _asks(
            _("Did all of this order come back?"),
            _("All that is left with the customer is refunded, but not the shipping fee. This cannot be undone."),
            _("Take it back and refund it"),
            ReturnForm,
        ),
    )
    def return_order(self, request: HttpRequest, form: ReturnForm, object_id: str) -> HttpResponse:
        """Take back all that is left."""
        given = {name: form.cleaned_data[name] for name in ("reason", "restock")}
        done = _("Order {number} was taken back and refunded.")
        return self._do(request, object_id, done, lambda order, by: operations.return_pieces(order, by=by, **given))

    @_button(
        _("Return arrived"),
        "package_2",
        "return",
        _asks(
            _("Is a return of this order in the house?"),
            _("It waits then for somebody to look at the pieces; nothing is refunded yet."),
            _("It is here"),
            RejectForm,
        ),
    )
    def return_arrived(self, request: HttpRequest, form: RejectForm, object_id: str) -> HttpResponse:
        """Note that the pieces are there."""
        number, done = form.cleaned_data["return_number"], _("The return of order {number} has arrived.")
        return self._do(
            request, object_id, done, lambda order, by: operations.note_arrival(order, number, now=timezone.now())
        )

    @_button(
        _("Receive return"),
        "move_to_inbox",
        "return",
        _asks(
            _("Has a return of this order arrived?"),
            _("The pieces that the customer asked to send back are refunded. This cannot be undone."),
            _("It has arrived: refund it"),
            ReceiveForm,
        ),
    )
    def receive_return(self, request: HttpRequest, form: ReceiveForm, object_id: str) -> HttpResponse:
        """Refund what a customer has sent back."""
        number, restock = form.cleaned_data["return_number"], form.cleaned_data["restock"]
        done = _("The return of order {number} was refunded.")
        return self._do(
            request, object_id, done, lambda order, by: operations.receive_return(order, number, restock=restock)
        )

    @_button(
        _("Reject return"),
        "block",
        "return",
        _asks(_("Reject a return of this order?"), _("Nothing is refunded."), _("Reject it"), RejectForm),
    )
    def reject_return(self, request: HttpRequest, form: RejectForm, object_id: str) -> HttpResponse:
        """The pieces stay with the customer."""
        number, done = form.cleaned_data["return_number"], _("The return of order {number} was rejected.")
        return self._do(request, object_id, done, lambda order, by: operations.reject_return(order, number))

    @_button(
        _("Hold"),
        "front_hand",
        "hold",
        _asks(_("Hold this order?"), _("It is not packed until somebody releases it."), _("Hold it"), HoldForm),
    )
    def hold_order(self, request: HttpRequest, form: HoldForm, object_id: str) -> HttpResponse:
        """Keep it from being packed."""

        def hold(order: Order, by: str) -> None:
            if not operations.hold(order.pk, reason=form.cleaned_data["reason"]):
                why = gettext("it is {status} and cannot be held.").format(status=order.get_status_display())
                raise CannotAdvance(number=order.number, why=why)

        return self._do(request, object_id, _("Order {number} is held."), hold)

    @_button(
        _("Release"),
        "lock_open",
        "hold",
        _asks(_("Release this order?"), _("It can be packed then."), _("Release it")),
    )
    def release_order(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Let it go on."""
        done = _("Order {number} goes on.")
        return self._do(request, object_id, done, lambda order, by: operations.release(order.pk, by=by))

    @_button(
        _("Note"), "edit_note", "note", _asks(_("Note"), _("Customers do not see it."), _("Keep the note"), NoteForm)
    )
    def note_order(self, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        """For staff."""
        text, done = form.cleaned_data["text"], _("The note is kept.")
        return self._do(request, object_id, done, lambda order, by: operations.note(order, text, by=by))

    def _advance(self, request: HttpRequest, object_id: str, to: str, **details: str) -> HttpResponse:
        done = _("Order {number} goes on.")
        return self._do(request, object_id, done, lambda order, by: operations.advance(order, to, by=by, **details))

    def _do(self, request: HttpRequest, object_id: str, done: Any, change: Callable[[Order, str], Any]) -> HttpResponse:
        """Run an operation, say how it went, and show the order."""
        if (order := self.get_object(request, object_id)) is None:
            raise Http404
        try:
            change(order, f"user:{request.user.pk}")
        except ShopError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, str(done).format(number=order.number), messages.SUCCESS)
        page = reverse("admin:orders_order_change", args=[order.pk])
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
