"""Another time for a visit, a make-up for a lost one: the choices as a page, one tap to take one."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from frontdesk.guard import needs, who
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import moving
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import Scope
from scheduling.queries import repairs


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.BOOK_COURSE)
def move(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show where a visit could go instead, or move it there."""
    row = access.session(request.user, session_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    if request.method == "POST":
        return _take(request, row, "Moved. The patient is told in 3 minutes.")
    return _page(request, row, "Move", lambda: repairs.move_choices(row, scope=Scope.ONE, now=clock.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.RECORD_ATTENDANCE)
def make_up(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show where a lost visit could be made up, or book it there."""
    row = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
    if request.method == "POST":
        return _take(request, row, "The make-up is booked.")
    return _page(request, row, "Make it up", lambda: repairs.make_up_choices(row, now=clock.now()))


def _page(request: HttpRequest, row: Any, title: str, look: Any) -> HttpResponse:
    now = clock.now()
    patient_actions.record_access(
        request=who(request), site=row.site, patient_ids=[row.patient_id], action="visit.opened", now=now
    )
    try:
        choices, refusal = look(), ""
    except Rejected as error:
        choices, refusal = [], error.message
    context = {
        "session": row,
        "patient": row.patient,
        "title": title,
        "when": f"{day_text(row.day)}, {clock_text(row.minute)}",
        "choices": choices,
        "refusal": refusal,
        "key": uuid.uuid4().hex,
        "may_decide": access.holds(request.user, row.site_id, Permission.DECIDE_COURSE),  # type: ignore[arg-type]
        "page": "today",
    }
    return render(request, "frontdesk/board/choices.html", context)


def _take(request: HttpRequest, row: Any, said: str) -> HttpResponse:
    version = request.POST.get("version", "")
    if not version.isdecimal():
        raise Malformed("This page is out of date. Reload it.")
    try:
        moving.apply_change(
            request=who(request, key=request.POST.get("key", "")[:255], route=request.path[:80]),
            token=request.POST.get("plan", ""),
            session_id=row.pk,
            version=int(version),
            now=clock.now(),
            may_decide=access.holds(request.user, row.site_id, Permission.DECIDE_COURSE),  # type: ignore[arg-type]
        )
    except Rejected as refusal:
        messages.error(request, refusal.message)
        return redirect(request.path)
    wake_sender()
    messages.success(request, said)
    return redirect(f"{reverse('board')}?site={row.site.slug}&day={row.day}#visit-{row.pk}")
