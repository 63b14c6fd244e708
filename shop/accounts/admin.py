"""Registrations in the admin: to be read, or deleted when somebody asks."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from shop.accounts.models import Registration


@admin.register(Registration)
class RegistrationAdmin(ModelAdmin):
    """Who wants an account and has not confirmed the address yet."""

    list_display = ["email", "name", "language", "requested_at"]
    search_fields = ["email"]
    readonly_fields = ["email", "name", "language", "requested_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers register themselves."""
        return False
