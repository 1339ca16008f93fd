"""What stands beside the board: what needs a person now. It looks at far more than a day, so it asks for itself."""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from attention import queries as attention
from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk import show_side
from frontdesk.guard import needs
from frontdesk.noting import note_listed
from frontdesk.show_side import SHOWN
from frontdesk.site import current_site
from frontdesk.views.board import is_known
from scheduling import access


@require_GET
@needs(Permission.VIEW_DAY)
def side(request: HttpRequest) -> HttpResponse:
    """Show what needs attention beside the board, or as a page of its own."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_DAY)
    user = request.user
    managed = [site.pk] if access.holds(user, site.pk, Permission.MANAGE_SITE) else []  # type: ignore[arg-type]
    items = attention.items(site_ids=[site.pk], now=now, managed_site_ids=managed)
    is_part = bool(request.headers.get("HX-Request"))
    near = show_side.beside(site, now)
    told = [(item.key, item.title, item.detail, item.session_version) for item in items]
    private = getattr(user, "is_private", False)
    etag = f'"{hashlib.sha256(repr((user.pk, private, told, near)).encode()).hexdigest()[:20]}"'
    if is_known(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    shown = items[:SHOWN] if is_part else items
    seen = {item.patient_id for item in shown if item.patient_id} | {row.patient_id for row in near.owed}
    note_listed(request, site, seen, "attention.listed", now)
    name = "frontdesk/board/_side.html" if is_part else "frontdesk/board/side.html"
    context = {
        "site": site,
        "items": shown,
        "total": len(items),
        "more": len(items) - len(shown),
        "near": near,
        "may_book": access.holds(user, site.pk, Permission.BOOK_COURSE),  # type: ignore[arg-type]
        "may_record": access.holds(user, site.pk, Permission.RECORD_ATTENDANCE),  # type: ignore[arg-type]
        "sending_is_off": not settings.SEND_MESSAGES,
        "page": "today",
    }
    response = render(request, name, context)
    response["ETag"] = etag
    return response
