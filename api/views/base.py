"""What every endpoint shares."""

import hashlib
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import PreconditionRequired
from api.pagination import Pages
from clinic.actions import Request as Asker
from clinic.domain.permissions import Permission
from clinic.errors import Malformed


class Endpoint(APIView):
    """An endpoint; a subclass that declares no `permission` answers nobody."""

    permission: Permission | None = None

    def asker(self, request: Request) -> Asker:
        """Return who is asking, with the idempotency key of a POST."""
        return Asker(
            user=request.user,  # type: ignore[arg-type]
            request_id=request.headers.get("X-Request-Id", "")[:36],
            ip=request.META.get("REMOTE_ADDR"),
            key=request.headers.get("Idempotency-Key", ""),
            route=request.path[:80],
            body_sha256=hashlib.sha256(request.body).hexdigest() if request.method == "POST" else "",
        )

    def paged(self, request: Request, rows: list[Any]) -> Response:
        """Return one page of rows."""
        pages = Pages()
        return pages.get_paginated_response(pages.paginate_queryset(rows, request, view=self) or [])  # type: ignore[arg-type]


def keep_body(request: Request) -> None:
    """Read the body before the parser consumes the stream: its digest belongs to the idempotency key."""
    _ = request.body


def expected_version(request: Request) -> int:
    """Return the version in If-Match.

    :raises PreconditionRequired: the header is missing.
    :raises Malformed: it is no version.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise Malformed('If-Match must be a version you read, such as "3".')
    return int(text)


def number_in(request: Request, name: str) -> int | None:
    """Return a whole number of the query string, or None if it is not given.

    :raises ValidationError: it is no number.
    """
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not text.isdigit() or len(text) > 18:
        raise ValidationError({name: "Send a whole number."})
    return int(text)
