"""Deny by default: a view that declares no permission answers nobody."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from clinic import queries
from clinic.domain.permissions import Permission

if TYPE_CHECKING:  # the framework loads this module while it is itself half loaded
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Declared(BasePermission):
    """Let in whoever holds the view's `permission` at one site at least; access.py then narrows to the site."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        wanted: Permission | None = getattr(view, "permission", None)
        if wanted is None or not request.user.is_authenticated:
            return False
        return bool(queries.sites_where(request.user, wanted))
