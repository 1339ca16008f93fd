"""What every endpoint shares."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import show
from api.errors import PreconditionRequired
from api.fields import site_of
from api.pagination import Pages
from clinic import clock, queries
from clinic.actions import Request as Asker
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from clinic.models import Site
from patients import actions as patient_actions
from scheduling.queries import courses as course_queries
from scheduling.queries import gates


class Endpoint(APIView):
    """An endpoint; a subclass that declares no `permission` answers nobody."""

    permission: Permission | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the body before the parser consumes the stream: its digest belongs to the idempotency key."""
        _ = request.body
        super().initial(request, *args, **kwargs)

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

    def sites(self, request: Request, permission: Permission) -> list[Site]:
        """Return the site named by `?site=`, or every site at which this person holds the permission."""
        if named := request.query_params.get("site"):
            return [site_of(request.user, named, permission)]
        return queries.sites_where(request.user, permission)  # type: ignore[arg-type]

    def paged(self, request: Request, rows: Any, shape: Callable[[Any], dict[str, Any]]) -> Response:
        """Return one page of rows."""
        pages, shown = self._page(request, rows)
        return pages.get_paginated_response([shape(row) for row in shown])

    def paged_records(
        self,
        request: Request,
        rows: Any,
        shape: Callable[[Any], dict[str, Any]],
        *,
        sites: Sequence[Site],
        action: str,
        patient_of: str = "patient_id",
        look: Callable[[list[Any]], None] | None = None,
    ) -> Response:
        """Return one page of rows about patients, each patient on it first noted in the audit log.

        `look`: what is read for the rows of the page at once.
        """
        pages, shown = self._page(request, rows)
        if look:
            look(shown)
        for site in sites:
            ids = sorted({getattr(row, patient_of) for row in shown if row.site_id == site.pk} - {None})
            if ids:
                patient_actions.record_access(
                    request=self.asker(request), site=site, patient_ids=ids, action=action, now=clock.now()
                )
        return pages.get_paginated_response([shape(row) for row in shown])

    def _page(self, request: Request, rows: Any) -> tuple[Pages, list[Any]]:
        pages = Pages()
        return pages, pages.paginate_queryset(rows, request, view=self) or []


def whole_course(row: Any) -> dict[str, Any]:
    """Return a course as it goes out: its sessions, and what must be there for each and is not."""
    sessions = course_queries.sessions_of(row)
    return show.course(row, sessions, gates.red_kinds(sessions, now=clock.now()))


def expected_version(request: Request) -> int:
    """Return the version in If-Match.

    :raises PreconditionRequired: the header is missing.
    :raises Malformed: it is no version.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 9:
        raise Malformed('If-Match must be a version you read, such as "3".')
    return int(text)


def number_in(request: Request, name: str) -> int | None:
    """Return a whole number of the query string, or None if it is not given.

    :raises ValidationError: it is no number.
    """
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise ValidationError({name: "Send a whole number."})
    return int(text)


def words_in(request: Request, name: str) -> str:
    """Return a text of the query string, empty if it is not given.

    :raises ValidationError: it is longer than anything searched for, or holds a null character.
    """
    text = request.query_params.get(name, "")
    if len(text) > 100 or "\x00" in text:
        raise ValidationError({name: "Send up to 100 letters."})
    return text
