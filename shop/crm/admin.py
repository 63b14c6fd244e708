"""CRM contacts in the admin."""

from django.contrib import admin

from shop.crm.models import Contact
from shop.ledgers import LedgerAdmin


@admin.register(Contact)
class ContactAdmin(LedgerAdmin):
    """What the CRM was last told of whom, and what went wrong when it could not be told."""

    list_display = ["customer", "revision", "synced_at", "tried_at", "error"]
    list_select_related = ["customer"]
    search_fields = ["customer__email__exact"]
