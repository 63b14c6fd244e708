"""The button on a customer's page that erases them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from shop.customers.admin import CustomerAdmin as BookOfCustomers
from shop.customers.models import Customer
from shop.erasure.operations import erase_customer
from shop.errors import ShopError


class EraseForm(BaseDialogForm):
    """Why: it stays in the log when everything else is gone."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("It stays in the log for good: name nobody in it."),
    )


admin.site.unregister(Customer)


@admin.register(Customer)
class CustomerAdmin(BookOfCustomers):
    """Customers, who can be erased."""

    readonly_fields = [*BookOfCustomers.readonly_fields, "erased_at"]
    actions_detail = ["erase_it"]

    def has_erase_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """A right of its own, and only while there is something to erase."""
        may = request.user.has_perms(["customers.view_customer", "events.erase_person"])
        return may and (object_id is None or Customer.objects.filter(pk=object_id, erased_at=None).exists())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody writes a name into the place of who was erased."""
        return super().has_change_permission(request, obj) and getattr(obj, "erased_at", None) is None

    @action(
        description=_("Erase"),
        url_path="erase",
        icon="person_off",
        permissions=["erase"],
        dialog={
            "title": _("Erase this customer?"),
            "description": _(
                "Name, addresses, account and everything else that says who it is are destroyed, here and in the log. "
                "Orders, amounts and invoices stay. This cannot be undone."
            ),
            "form_class": EraseForm,
            "form_submit_text": _("Erase for good"),
        },
    )
    def erase_it(self, request: HttpRequest, form: EraseForm, object_id: str) -> HttpResponse:
        """The dialog makes it a POST."""
        customer = self.get_object(request, object_id)
        if customer is None:
            raise Http404
        try:
            erase_customer(customer.pk, reason=form.cleaned_data["reason"], by=f"user:{request.user.pk}")
        except ShopError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            done = gettext("The customer is erased. The rest follows in moments.")
            self.message_user(request, done, messages.SUCCESS)
        page = reverse("admin:customers_customer_change", args=[customer.pk])
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
