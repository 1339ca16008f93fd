"""A visit dragged over the board: the places it may go to, and where it was dropped."""

import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from frontdesk.guard import needs, who
from frontdesk.show_names import short_name
from frontdesk.views import moves
from frontdesk.views.panel import head_context
from frontdesk.views.visits import number, user_of
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import moving
from scheduling.domain.local_time import clock_text, day_text
from scheduling.errors import CannotPlan, SlotTaken
from scheduling.queries import dropping
from scheduling.queries.dropping import words_of


@require_GET
@needs(Permission.BOOK_COURSE)
def places(request: HttpRequest, session_id: int) -> HttpResponse:
    """Tell by device the minutes of a day at which a visit may begin."""
    row = access.session(user_of(request), session_id, Permission.BOOK_COURSE)
    found = dropping.places_on(row, day=_day(request.GET.get("day", "")), now=clock.now())
    return JsonResponse({"minute": row.minute, "places": {str(resource): starts for resource, starts in found.items()}})


@require_POST
@needs(Permission.BOOK_COURSE)
def place(request: HttpRequest, session_id: int) -> HttpResponse:
    """Move a visit to where it was dropped; where it may not be, say why and what is near."""
    now = clock.now()
    row = access.session(user_of(request), session_id, Permission.BOOK_COURSE)
    day, minute, resource_id = _day(request.POST.get("day", "")), number(request, "minute"), number(request, "resource")
    may_override = access.holds(user_of(request), row.site_id, Permission.OVERRIDE_RULE)
    try:
        moving.move_to(
            request=who(request, key=request.POST.get("key", "")[:255], route=request.path[:80]),
            session_id=row.pk,
            version=number(request, "version"),
            day=day,
            minute=minute,
            resource_id=resource_id or None,
            override=request.POST.get("override", "").strip() if may_override else "",
            now=now,
        )
    except (CannotPlan, SlotTaken) as refusal:
        near = dropping.beside(row, day=day, minute=minute, resource_id=resource_id, now=now)
        return _refused(request, row, refusal, near, may_override=may_override)
    wake_sender()
    fresh = access.session(user_of(request), row.pk)
    return moves.moved(request, row, f"Moved to {day_text(fresh.day)}, {clock_text(fresh.minute)}.")


def _refused(
    request: HttpRequest, row: Any, refusal: Any, near: dropping.Beside, *, may_override: bool
) -> HttpResponse:
    """Say what is in the way, and offer what is near."""
    holder = near.holder
    why = near.why
    if holder:
        name = short_name(holder.last_name, holder.first_name, is_private=user_of(request).is_private)
        took = f"; {holder.by} took it just now" if holder.by else ""
        why = f"{why} ({name} until {clock_text(holder.until)}{took})"
        patient_actions.record_access(
            request=who(request), site=row.site, patient_ids=[holder.patient_id], action="visit.opened", now=clock.now()
        )
    context = head_context(row, now=clock.now()) | {
        "why": why,
        "near": [(n, words_of(each), each) for n, each in enumerate(near.places, start=1)],
        "asked": {name: request.POST.get(name, "") for name in ("day", "minute", "resource")},
        "may_override": may_override and bool(near.rules) and not near.holder,
        "key": uuid.uuid4().hex,
    }
    return render(request, "frontdesk/visit/_beside.html", context, status=refusal.status)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("That is not a day. Use a date like 2026-11-24.") from error
