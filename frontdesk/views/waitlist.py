"""Freed times and who waits for one: looked at, joined, changed, left."""

import datetime as dt
import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound
from clinic.models import Site
from frontdesk import show_waitlist, toasts
from frontdesk.guard import needs, version_in, who
from frontdesk.site import current_site
from frontdesk.toasts import Toast
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import waitlist
from scheduling.actions.waitlist import AskedFor
from scheduling.domain.operations import Urgency
from scheduling.queries import refill
from scheduling.queries.planning import current_protocols

A_PAGE = 50
_P = Permission


@require_GET
@needs(Permission.BOOK_COURSE)
def page(request: HttpRequest) -> HttpResponse:
    """Show the freed times of the coming days, and who waits for one."""
    now = clock.now()
    site = current_site(request, _P.BOOK_COURSE)
    name = "frontdesk/waitlist/_refill.html" if request.headers.get("HX-Request") else "frontdesk/waitlist/page.html"
    context = page_context(request, site, now)
    if context["asked_slot"] in [slot.session_id for slot in context["slots"]]:
        context = matches_context(request, context["asked_slot"], now) | context
    return render(request, name, context)


def matches_context(request: HttpRequest, session_id: int, now: dt.datetime) -> dict[str, Any]:
    """Return what a freed time's matches print, and note who looked at whom."""
    user: Any = request.user
    session = access.session(user, session_id, _P.BOOK_COURSE)
    freed = refill.freed_time(site_id=session.site_id, session_id=session.pk, starts_at=starts_at(request), now=now)
    context = show_waitlist.match_context(freed, now)
    if context["seen"]:
        action = "waitlist.candidates_listed"
        patient_actions.record_access(
            request=who(request), site=session.site, patient_ids=context["seen"], action=action, now=now
        )
    own = {
        "slot_id": freed.session_id,
        "slot_at": freed.slot.starts_at.isoformat(),
        "once": uuid.uuid4().hex,
        "book": show_waitlist.book_query(freed),
        "offers": freed.offers,
    }
    return context | own | {"site": session.site}


def page_context(request: HttpRequest, site: Site, now: dt.datetime) -> dict[str, Any]:
    """Return what the page prints, and note who looked at whom."""
    asked = _number(request.GET, "slot")
    waiting = show_waitlist.waiting_at(site, now)
    slots = show_waitlist.slot_lines(site, waiting, now, opened=asked)
    entries = show_waitlist.entry_lines(waiting, now)
    pages = Paginator(entries, A_PAGE).get_page(request.GET.get("page"))
    if pages.object_list:
        seen = sorted({entry.patient_id for entry in pages.object_list})
        patient_actions.record_access(
            request=who(request), site=site, patient_ids=seen, action="waitlist.listed", now=now
        )
    return {
        "site": site,
        "page": "waitlist",
        "slots": slots,
        "pages": pages,
        "entries": pages.object_list,
        "waiting": len(entries),
        "open_slot": asked or next((slot.session_id for slot in slots), 0),
        # Without JavaScript its matches stand on the page; else they are fetched.
        "asked_slot": 0 if request.headers.get("HX-Request") else asked,
        "once": uuid.uuid4().hex,
        "days": show_waitlist.DAYS,
        "times": show_waitlist.TIMES,
        "urgencies": show_waitlist.URGENCIES,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.BOOK_COURSE)
def add(request: HttpRequest) -> HttpResponse:
    """Put somebody on the list: for an earlier visit of a course under way, or for a new course."""
    user: Any = request.user
    data = request.POST if request.method == "POST" else request.GET
    course_id, patient_id = _number(data, "course"), _number(data, "patient")
    course = access.course(user, course_id, _P.BOOK_COURSE) if course_id else None
    if course is None and not patient_id:
        raise NotFound("Say who waits: open the patient, then press L.")
    patient = course.patient if course else patient_access.patient(user, patient_id, _P.BOOK_COURSE)
    now = clock.now()
    if request.method != "POST":
        return _form(request, course, patient, now)
    asker = who(request, key=request.POST.get("once", "")[:255], route=request.path[:80])
    asked = AskedFor(**asked_for(request.POST))
    if course:
        waitlist.join_standby(request=asker, course_id=course.pk, asked=asked, now=now)
    else:
        code = request.POST.get("protocol", "")[:40]
        waitlist.join_waiting(
            request=asker, site=patient.site, patient_id=patient.pk, protocol_code=code, asked=asked, now=now
        )
    return _back(request, patient.site, "On the list.")


def _form(request: HttpRequest, course: Any, patient: Any, now: dt.datetime) -> HttpResponse:
    patient_actions.record_access(
        request=who(request), site=patient.site, patient_ids=[patient.pk], action="waitlist.opened", now=now
    )
    context = {
        "course": course,
        "patient": patient,
        "protocols": [] if course else current_protocols(),
        "page": "waitlist",
        "once": uuid.uuid4().hex,
        "days": show_waitlist.DAYS,
        "times": show_waitlist.TIMES,
        "urgencies": show_waitlist.URGENCIES,
    }
    return render(request, "frontdesk/waitlist/add.html", context)


@require_POST
@needs(Permission.BOOK_COURSE)
def change(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Change what somebody waits for."""
    user: Any = request.user
    row = access.waitlist_entry(user, entry_id, _P.BOOK_COURSE)
    version, asked = version_in(request), asked_for(request.POST)
    waitlist.change_entry(request=who(request), entry_id=row.pk, version=version, now=clock.now(), **asked)
    return _back(request, row.site, "Changed. The place on the list stays.")


@require_POST
@needs(Permission.BOOK_COURSE)
def close(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take somebody off the list."""
    user: Any = request.user
    row = access.waitlist_entry(user, entry_id, _P.BOOK_COURSE)
    reason = request.POST.get("reason", "")
    waitlist.close_entry(
        request=who(request), entry_id=row.pk, version=version_in(request), reason=reason, now=clock.now()
    )
    return _back(request, row.site, "Off the list.")


def asked_for(data: QueryDict) -> dict[str, Any]:
    """Return what a form asks for; nothing ticked is any time."""
    days = [int(text) for text in data.getlist("weekdays") if text.isdecimal() and len(text) == 1]
    found: dict[str, Any] = {"weekdays": days, "is_call_only": data.get("call_only") == "1"}
    chosen = {key: (first, last) for key, _word, first, last in show_waitlist.TIMES}.get(data.get("times", ""))
    if chosen:
        found["from_minute"], found["to_minute"] = chosen
    urgency = data.get("urgency", "")
    if urgency in set(Urgency):
        found["urgency"] = Urgency(urgency)
    found["lead_minutes"] = _number(data, "lead")
    return found


def _back(request: HttpRequest, site: Site, said: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        toasts.leave(request, Toast(said))
        return redirect(f"{reverse('waitlist')}?site={site.slug}")
    context = page_context(request, site, clock.now()) | {"toast": Toast(said)}
    return render(request, "frontdesk/waitlist/_after.html", context)


def _number(data: QueryDict, name: str) -> int:
    text = data.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def starts_at(request: HttpRequest) -> dt.datetime | None:
    """Return which time is meant, where a visit let go of several."""
    text = request.POST.get("starts_at") or request.GET.get("starts_at") or ""
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Malformed("This page is out of date. Reload it.") from error
    return found if found.tzinfo else None
