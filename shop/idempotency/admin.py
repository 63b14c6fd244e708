"""Recorded requests in the admin, without the answers: those belong to the callers."""

from django.contrib import admin

from shop.idempotency.models import RecordedRequest
from shop.ledgers import LedgerAdmin


@admin.register(RecordedRequest)
class RecordedRequestAdmin(LedgerAdmin):
    """To see whether a request was answered, and how."""

    list_display = ["operation", "scope", "reference", "status", "created_at"]
    search_fields = ["reference", "key"]
    fields = ["operation", "scope", "reference", "status", "created_at", "begun_at"]
