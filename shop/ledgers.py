"""How the admin shows what tasks have written: to be read, not to be changed."""

from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class LedgerAdmin(ModelAdmin):
    """Read-only, without counting every row of a table that only grows."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tasks add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """What is written stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """What is written stays."""
        return False
