"""What the buttons on an order's page ask for before anything happens."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)


def _text(label: str, length: int, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, required=required, widget=UnfoldAdminTextInputWidget, strip=True
    )


def _restock() -> forms.BooleanField:
    return forms.BooleanField(
        label=_("The pieces can be sold again"), required=False, initial=True, widget=UnfoldBooleanWidget
    )


class CancelForm(BaseDialogForm):
    """Why."""

    reason = _text(_("Reason"), 200, required=False)


class HoldForm(BaseDialogForm):
    """Why, always."""

    reason = _text(_("Reason"), 200)


class ShipForm(BaseDialogForm):
    """Who carries it."""

    carrier = _text(_("Carrier"), 100)
    tracking_number = _text(_("Tracking number"), 100, required=False)


class ReturnForm(BaseDialogForm):
    """Why, and what becomes of the pieces."""

    reason = _text(_("Reason"), 200, required=False)
    restock = _restock()


class ReceiveForm(BaseDialogForm):
    """Which return has arrived."""

    return_number = forms.IntegerField(
        label=_("Number of the return"), min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget
    )
    restock = _restock()


class RejectForm(BaseDialogForm):
    """Which return is not taken back, or has arrived."""

    return_number = forms.IntegerField(
        label=_("Number of the return"), min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget
    )


class NoteForm(BaseDialogForm):
    """What to remember."""

    text = forms.CharField(label=_("Note"), max_length=1000, widget=UnfoldAdminTextareaWidget({"rows": 3}))
