"""Who may see what was sold."""

from typing import Any

from rest_framework import permissions
from rest_framework.request import Request


class MaySeeSales(permissions.BasePermission):
    """Staff who may see the sales."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """As in the admin."""
        return request.user.is_staff and request.user.has_perm("analytics.view_dailysales")
