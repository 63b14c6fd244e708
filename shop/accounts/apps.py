"""Who may log in: customers who have proved their address, and staff by role."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Accounts."""

    name = "shop.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Register the events, and keep the roles complete."""
        from shop.accounts import events, roles  # noqa: F401

        post_migrate.connect(roles.make_roles_last, dispatch_uid="accounts.roles")
