"""The door of every page: a declared permission, and refusals turned into answers."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from clinic.actions import Request
from clinic.domain.permissions import Permission
from clinic.errors import Busy, Malformed, Rejected
from frontdesk import recent
from frontdesk.views import errors

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def needs(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Declare what a view needs. A view without it fails the test that walks the addresses."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except Rejected as refusal:
                return errors.refusal(request, refusal)
            except OperationalError:
                return errors.refusal(request, Busy("The database is busy. Nothing was saved. Try again in a moment."))
            recent.note(request, response, kwargs)
            return response

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return wrap


def who(request: HttpRequest, **more: Any) -> Request:
    """Return who is asking, for the audit log."""
    user: Any = request.user
    return Request(user=user, request_id=str(uuid.uuid4()), ip=request.META.get("REMOTE_ADDR"), **more)


def version_in(request: HttpRequest) -> int:
    """Return the version of the row a form was drawn from.

    :raises Malformed: the form names none.
    """
    text = request.POST.get("version", "")
    if not text.isdecimal():
        raise Malformed("This page is out of date. Reload it.")
    return int(text)
