"""Customers in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from shop.customers.models import Customer


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    """Customers; their orders are found by their address."""

    list_display = ["email", "name", "language", "created_at"]
    list_filter = ["language"]
    search_fields = ["email", "name"]
    readonly_fields = ["created_at"]
    raw_id_fields = ["user"]
