"""How the admin shows what only the code writes: to be read, not to be changed."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator


class LedgerAdmin(ModelAdmin):
    """Read-only, the newest first, and no list counts or sorts a table that only grows. Search by what has an index."""

    paginator = InfinitePaginator
    show_full_result_count = False
    sortable_by = ()
    actions: Any = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Operations and tasks add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """What is written stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """What is written stays."""
        return False
