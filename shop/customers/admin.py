"""Customers in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin, StackedInline

from shop.customers.models import Address, Customer


class AddressInline(StackedInline):
    """The customer's addresses."""

    model = Address
    extra = 0
    tab = True


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    """Customers; their orders are found by their address."""

    list_display = ["email", "name", "language", "created_at"]
    list_filter = ["language"]
    search_fields = ["email", "name"]
    readonly_fields = ["created_at"]
    raw_id_fields = ["user"]
    inlines = [AddressInline]
