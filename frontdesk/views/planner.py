"""Book a course: one page, a short form, the live plan."""

import datetime as dt
import hashlib
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Conflict, Malformed, Rejected
from clinic.models import Site
from frontdesk import forms, show_plan
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from notifications.wake import wake_sender
from patients import access as patient_access
from patients import actions as patient_actions
from patients.domain.contact import CONSENT_SENTENCE
from scheduling import plan_token
from scheduling.actions import courses
from scheduling.domain import local_time
from scheduling.queries import availability, planning
from scheduling.queries import courses as course_queries
from scheduling.queries.planning import Proposal

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
CHIPS = ("earliest", *forms.WINDOWS)
PREFERRED_PROTOCOL = "tms_mdd_36"
HOLD_WORKING_DAYS = 7
HOLD_ENDS_MINUTE = 18 * 60


@require_http_methods(["GET", "POST"])
@needs(Permission.BOOK_COURSE)
def new_course(request: HttpRequest) -> HttpResponse:
    """Show the planner, or book the plan it shows."""
    site = current_site(request, Permission.BOOK_COURSE)
    if request.method == "POST":
        return _book(request, site)
    return render(request, "frontdesk/planner/page.html", _page(request, site, request.GET))


@require_GET
@needs(Permission.BOOK_COURSE)
def preview(request: HttpRequest) -> HttpResponse:
    """Show the plan for what the form says now; nothing is written but who looked."""
    site = current_site(request, Permission.BOOK_COURSE)
    return render(request, "frontdesk/planner/_preview.html", _planned(request, site, request.GET))


@require_POST
@needs(Permission.BOOK_COURSE)
def alternatives(request: HttpRequest) -> HttpResponse:
    """Show where else one session of the shown plan could be."""
    site, now = current_site(request, Permission.BOOK_COURSE), clock.now()
    number = request.POST.get("number", "")
    try:
        proposal = _read_plan(request, site, "plan", now)
        found = planning.alternatives_to(proposal, number=int(number) if number.isdigit() else 0, now=now)
    except Rejected as refusal:
        return render(request, "frontdesk/planner/_alternatives.html", {"problem": refusal.message})
    choices = [(each.text, plan_token.sign(whole, now=now)) for each, whole in found]
    return render(request, "frontdesk/planner/_alternatives.html", {"choices": choices, "site": site})


@require_POST
@needs(Permission.BOOK_COURSE)
def take(request: HttpRequest) -> HttpResponse:
    """Show the plan with the chosen alternative in it."""
    site, now = current_site(request, Permission.BOOK_COURSE), clock.now()
    context: dict[str, Any] = {"site": site, "patient": None, "plan": None, "token": "", "problem": ""}
    try:
        proposal = _read_plan(request, site, "taken", now)
        if proposal.wish.patient_id:
            context["patient"] = _patient(request, proposal.wish.patient_id)
        context |= _shown(planning.covered(proposal, now=now), now)
    except Rejected as refusal:
        context["problem"] = refusal.message
    return render(request, "frontdesk/planner/_preview.html", context)


def _read_plan(request: HttpRequest, site: Site, field: str, now: dt.datetime) -> Proposal:
    proposal = plan_token.read(request.POST.get(field, ""), site=site, now=now)
    if proposal.wish.patient_id:
        patient_access.patient(request.user, proposal.wish.patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    return proposal


def _book(request: HttpRequest, site: Site) -> HttpResponse:
    now = clock.now()
    try:
        if not request.POST.get("patient", "").isdigit():
            raise Malformed("Choose a patient first, or add a new one.")
        patient = patient_access.patient(request.user, int(request.POST["patient"]), Permission.BOOK_COURSE)  # type: ignore[arg-type]
        proposal = plan_token.read(request.POST.get("plan", ""), site=site, now=now)
        if proposal.wish.patient_id != patient.pk:
            raise Conflict("The plan was made for another patient. Look at it again, then book.")
        held_until = _held_until(request, site)
        course_id, _again = courses.book_course(
            request=_once(request), proposal=proposal, now=now, held_until=held_until
        )
    except Rejected as refusal:
        context = _page(request, site, request.POST) | {"refusal": refusal.message}
        return render(request, "frontdesk/planner/page.html", context, status=refusal.status)
    wake_sender()
    first = proposal.plan.sessions[0]
    board = f"{reverse('board')}?site={site.slug}&day={first.day}"
    count = len(proposal.plan.sessions)
    if held_until:
        day = local_time.day_text(local_time.today(held_until, site.zone))
        words = f"Held {count} times until {day}." if count > 1 else f"Held until {day}."
    else:
        words = f"Booked {count} sessions." if count > 1 else "Booked."
    messages.success(request, words, extra_tags=board)
    return redirect("course", course_id)


def _held_until(request: HttpRequest, site: Site) -> dt.datetime | None:
    text = request.POST.get("hold", "")
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("Pick the day until which the times are held.") from error
    return local_time.to_utc(day, HOLD_ENDS_MINUTE, site.zone)


def _once(request: HttpRequest) -> Any:
    """Return the asker with the form's own key: a double click books once."""
    body = hashlib.sha256(f"{request.POST.get('patient')}|{request.POST.get('plan')}".encode()).hexdigest()
    return who(request, key=request.POST.get("key", "")[:64], route="page courses/new", body_sha256=body)


def _page(request: HttpRequest, site: Site, data: Any) -> dict[str, Any]:
    now = clock.now()
    today = local_time.today(now, site.zone)
    protocols = planning.current_protocols()
    codes = [protocol.code for protocol in protocols]
    chosen = data.get("protocol") or (PREFERRED_PROTOCOL if PREFERRED_PROTOCOL in codes else "".join(codes[:1]))
    filled = {
        "protocol": chosen,
        "start_on": data.get("start_on") or str(availability.next_open_day(site=site, after=today)),
        "wish": data.get("wish") or "earliest",
        "preferred_time": data.get("preferred_time", ""),
        "device": data.get("device", ""),
        "patient": data.get("patient", ""),
        "max_travel_days": data.get("max_travel_days", ""),
        "same_trip": data.get("same_trip", ""),
        "choice": data.get("choice", ""),
        "first_only": data.get("first_only", ""),
        **{f"weekday_{day}": data.get(f"weekday_{day}", "") for day in range(1, 8)},
    }
    return {
        "site": site,
        "page": "book",
        "form": filled,
        "protocols": protocols,
        "chosen_protocol": next((p for p in protocols if p.code == chosen), None),
        "devices": course_queries.resources_with_column(site_id=site.pk),
        "chips": CHIPS,
        "weekdays": [(f"weekday_{day}", name, filled[f"weekday_{day}"]) for day, name in enumerate(WEEKDAYS, start=1)],
        "today": today,
        "consent": CONSENT_SENTENCE.format(clinic=site.message_name),
        "key": str(uuid.uuid4()),
        "typed": {},
        **_planned(request, site, filled),
    }


def _planned(request: HttpRequest, site: Site, data: Any) -> dict[str, Any]:
    now = clock.now()
    context: dict[str, Any] = {"site": site, "patient": None, "plan": None, "token": "", "problem": ""}
    devices = {device.pk: device.kind for device in course_queries.resources_with_column(site_id=site.pk)}
    try:
        wish = forms.course_wish(data, protocol_kind=devices.get)
        if wish.patient_id:
            context["patient"] = _patient(request, wish.patient_id)
        offer = planning.offer_courses(site=site, wish=wish, now=now)
    except Rejected as refusal:
        return context | {"problem": refusal.message}
    text = data.get("choice", "")
    chosen = int(text) if text.isdigit() and int(text) < len(offer.proposals) else 0
    proposal = offer.proposals[chosen]
    return context | {
        "options": show_plan.options(offer.proposals, chosen) if len(offer.proposals) > 1 else (),
        "best": show_plan.best_view(offer.fits, proposal.plan),
        **_shown(proposal, now),
    }


def _shown(proposal: Proposal, now: dt.datetime) -> dict[str, Any]:
    missing = bool(proposal.coverage and proposal.coverage.reasons)
    return {
        "plan": show_plan.plan_view(proposal.plan),
        "token": plan_token.sign(proposal, now=now),
        "coverage": proposal.coverage_words,
        "uncovered": missing,
        "covered": proposal.coverage.covered if proposal.coverage and missing else 0,
        "hold_until": _hold_day(proposal.site, now),
    }


def _hold_day(site: Site, now: dt.datetime) -> dt.date:
    """Return the day a hold usually ends: payers take up to a week, so seven working days from now."""
    day, left = local_time.today(now, site.zone), HOLD_WORKING_DAYS
    while left:
        day += dt.timedelta(days=1)
        left -= day.isoweekday() < 6
    return day


def _patient(request: HttpRequest, patient_id: int) -> Any:
    patient = patient_access.patient(request.user, patient_id)  # type: ignore[arg-type]
    patient_actions.record_access(
        request=who(request),
        site=patient.site,
        patient_ids=[patient.pk],
        action="patient.opened",
        now=clock.now(),
    )
    return patient
