"""Book a course: one page, a short form, the live plan."""

import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, Rejected
from clinic.models import Site
from frontdesk import drafts, forms, show_authorised, show_month, show_plan, show_quick_add, toasts
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from frontdesk.toasts import Toast
from patients import access as patient_access
from patients import actions as patient_actions
from scheduling import plan_token
from scheduling.actions import catalogue, courses
from scheduling.domain import local_time
from scheduling.errors import CannotPlan, PlanGone
from scheduling.queries import availability, choosing, planning
from scheduling.queries import courses as course_queries
from scheduling.queries.planning import Proposal

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
CHIPS = ("earliest", *forms.WINDOWS)
PREFERRED_PROTOCOL = "tms_mdd_36"
PAGE = "frontdesk/planner/page.html"
NOTHING: dict[str, Any] = {
    "patient": None,
    "plan": None,
    "token": "",
    "problem": "",
    "held": None,
    "options": (),
    "best": None,
    "start_hint": show_plan.ANY_START,
    "picked": "",
    "authorised": None,
}
EAGER_ROWS, ENOUGH = 12, 2
ALL_CHIPS, MOST_DIGITS = 9, 5
HOLD_WORKING_DAYS = 7


@require_POST
@needs(Permission.BOOK_COURSE)
def clear(request: HttpRequest) -> HttpResponse:
    """Forget the draft and start over."""
    site = current_site(request, Permission.BOOK_COURSE)
    drafts.forget(request)
    return redirect(f"{reverse('course-new')}?site={site.slug}")


@require_POST
@needs(Permission.MANAGE_SITE)
def add_common(request: HttpRequest) -> HttpResponse:
    """Add the protocols most clinics begin with."""
    site = current_site(request, Permission.MANAGE_SITE)
    added = catalogue.add_common(request=who(request), site=site, now=clock.now())
    toasts.leave(request, Toast(f"Added {len(added)} protocols." if len(added) != 1 else "Added 1 protocol."))
    return redirect(f"{reverse('course-new')}?site={site.slug}")


@require_GET
@needs(Permission.BOOK_COURSE)
def preview(request: HttpRequest) -> HttpResponse:
    """Show the plan for what the form says now; nothing is written but who looked, and the draft of this sign-in."""
    site = current_site(request, Permission.BOOK_COURSE)
    held = request.GET.get("held", "")
    if held.isdigit():
        # The form changed: what was held for the plan before goes back first, by a POST.
        return render(request, "frontdesk/planner/_giving_back.html", {"held_id": held, "site": site})
    context = planned(request, site, request.GET)
    if not context["problem"]:
        context["saved_at"] = drafts.keep(request, site, now=clock.now())
    return render(request, "frontdesk/planner/_preview.html", context | {"is_answer": True})


@require_POST
@needs(Permission.BOOK_COURSE)
def alternatives(request: HttpRequest) -> HttpResponse:
    """Show where else one session of the shown plan could be."""
    site, now = current_site(request, Permission.BOOK_COURSE), clock.now()
    text = request.POST.get("number", "")
    number = int(text) if text.isdigit() and len(text) < MOST_DIGITS else 0
    try:
        proposal = read_plan(request, site, now)
        found = planning.alternatives_to(proposal, number=number, now=now)
    except Rejected as refusal:
        return render(request, "frontdesk/planner/_alternatives.html", {"problem": refusal.message, "choices": ()})
    chips = show_plan.choices(number, proposal.plan, found, most=ALL_CHIPS)
    if not request.headers.get("HX-Request"):
        return whole_page(request, site, {"other_times": chips, "chips_of": proposal.plan.sessions[number - 1].day})
    context = {"choices": chips, "number": number, "site": site, "problem": ""}
    return render(request, "frontdesk/planner/_alternatives.html", context)


@require_POST
@needs(Permission.BOOK_COURSE)
def take(request: HttpRequest) -> HttpResponse:
    """Show the plan with one session at the chosen other place."""
    site, now = current_site(request, Permission.BOOK_COURSE), clock.now()
    is_part = bool(request.headers.get("HX-Request"))
    try:
        proposal = _taken(request, read_plan(request, site, now), now)
        if isinstance(proposal, HttpResponse):
            return proposal
        context = {"site": site, "problem": "", **who_of(request, proposal.wish.patient_id)}
        context |= shown(*planning.asked_again(proposal, now=now), now)
    except Rejected as refusal:
        # Too old, or gone meanwhile: the plan is made anew, and says why.
        note = {"stopped": refusal.message}
        if not is_part:
            return whole_page(request, site, note, status=refusal.status)
        answer = render(request, "frontdesk/planner/_preview.html", planned(request, site, request.POST) | note)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#preview", "innerHTML"
        return answer
    if not is_part:
        return whole_page(request, site, context)
    return render(request, "frontdesk/planner/_taken.html", context | {"is_answer": True})


def _taken(request: HttpRequest, proposal: Proposal, now: dt.datetime) -> Proposal | HttpResponse:
    """Return the plan in which one session is where `take` (number, then the place) says, or why it can't be there.

    :raises PlanGone: that place is gone.
    """
    number, _dot, place = request.POST.get("take", "").partition(".")
    if not number.isdigit() or len(number) >= MOST_DIGITS:
        raise Malformed("Pick one of the times of a session.")
    if place.startswith(show_month.ON_DAY):
        return _put_on(request, proposal, int(number), place.removeprefix(show_month.ON_DAY), now)
    for found, whole in planning.alternatives_to(proposal, number=int(number), now=now):
        if show_plan.value_of(int(number), found) == place:
            return whole
    raise PlanGone("That time was taken meanwhile. Here is what is free now.")


def _put_on(
    request: HttpRequest, proposal: Proposal, number: int, text: str, now: dt.datetime
) -> Proposal | HttpResponse:
    """Return the plan with one session on a day it was dropped on; else the reason beside it, and what is near.

    :raises CannotPlan: it can't be there, and there is no page to say what is near.
    """
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("Pick one of the days of the plan.") from error
    found = choosing.put_on(proposal, number=number, day=day, now=now)
    if found.proposal:
        return found.proposal
    why = f"Session {number} can't be on {local_time.day_text(day)}. {found.why}."
    if not request.headers.get("HX-Request"):
        raise CannotPlan(why)
    context = {"why": why, "near": show_month.day_choices(number, found.near), "site": proposal.site}
    answer = render(request, "frontdesk/planner/_beside.html", context, status=CannotPlan.status)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#drop", "innerHTML"
    return answer


def whole_page(request: HttpRequest, site: Site, more: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return the planner as a page for what was posted or kept, with something said or filled in."""
    data = request.POST if "protocol" in request.POST else drafts.kept(request, site, now=clock.now())
    return render(request, PAGE, page_of(request, site, data) | more, status=status)


def read_plan(request: HttpRequest, site: Site, now: dt.datetime) -> Proposal:
    """Return the plan that was posted, if its patient may be seen."""
    proposal = plan_token.read(request.POST.get("plan", ""), site=site, now=now)
    if proposal.wish.patient_id:
        patient_access.patient(request.user, proposal.wish.patient_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    return proposal


def page_of(request: HttpRequest, site: Site, data: Any) -> dict[str, Any]:
    """Return the whole page for what was typed."""
    now = clock.now()
    today = local_time.today(now, site.zone)
    protocols = planning.current_protocols()
    if data.get("single"):
        protocols = [each for each in protocols if planning.is_single(each)]
    filled = _filled(data, protocols, str(availability.next_open_day(site=site, after=today)))
    plan = planned(request, site, filled) if protocols else dict(NOTHING)
    if plan["plan"] and not data.get("start_on"):
        filled["start_on"] = f"{plan['plan'].starts_on}"
        plan["start_hint"] = show_plan.earliest_hint(plan["plan"])
    return {
        "site": site,
        "page": "book",
        "form": filled,
        "protocols": protocols,
        "chosen_protocol": next((p for p in protocols if p.code == filled["protocol"]), None),
        "devices": course_queries.resources_with_column(site_id=site.pk),
        "chips": CHIPS,
        "weekdays": [(f"weekday_{day}", name, filled[f"weekday_{day}"]) for day, name in enumerate(WEEKDAYS, start=1)],
        "today": today,
        "key": str(uuid.uuid4()),
        "saved_at": drafts.saved_at(request, site),
        **show_quick_add.blank(site),
        **plan,
    }


def _filled(data: Any, protocols: list[Any], start_on: str) -> dict[str, str]:
    """Return the form's fields, each with what was typed or what is usual."""
    codes = [protocol.code for protocol in protocols]
    typed = data.get("protocol")
    usual = PREFERRED_PROTOCOL if PREFERRED_PROTOCOL in codes else "".join(codes[:1])
    return {name: data.get(name, "") for name in drafts.FIELDS} | {
        "protocol": typed if typed in codes else usual,
        "start_on": data.get("start_on") or start_on,
        "wish": data.get("wish") or "earliest",
    }


def planned(request: HttpRequest, site: Site, data: Any) -> dict[str, Any]:
    """Return the plan for what a form says, or why there is none."""
    now = clock.now()
    context = NOTHING | {"site": site}
    devices = {device.pk: device.kind for device in course_queries.resources_with_column(site_id=site.pk)}
    try:
        wish = forms.course_wish(data, protocol_kind=devices.get)
        context |= who_of(request, wish.patient_id)
        offer = planning.offer_courses(site=site, wish=wish, now=now)
    except Rejected as refusal:
        return context | {"problem": refusal.message}
    text = data.get("choice", "")
    chosen = int(text) if text.isdigit() and int(text) < len(offer.proposals) else 0
    proposal = offer.proposals[chosen]
    return context | {
        "options": show_plan.options(offer.proposals, chosen) if len(offer.proposals) > 1 else (),
        "best": show_plan.best_view(offer.fits, proposal.plan),
        **shown(offer.asked, proposal, now),
    }


def who_of(request: HttpRequest, patient_id: int) -> dict[str, Any]:
    """Return the patient's box, with somebody in it or nobody."""
    box = show_quick_add.chosen(_patient(request, patient_id)) if patient_id else {"patient": None}
    return {name: value for name, value in box.items() if name != "site"}


def shown(
    asked: planning.Asked | None, proposal: Proposal, now: dt.datetime, *, held: show_plan.Held | None = None
) -> dict[str, Any]:
    """Return a plan for its page; while it is held its rows stay as they are."""
    missing = bool(proposal.coverage and proposal.coverage.reasons)
    # Beyond these a person asks row by row: every search for one row costs milliseconds.
    numbers = show_plan.deviating(proposal.plan)[:EAGER_ROWS]
    instead = planning.instead_of(asked, proposal, numbers, enough=ENOUGH) if asked and numbers else None
    return {
        "plan": show_plan.plan_view(proposal, instead=instead),
        "start_hint": show_plan.start_hint(proposal),
        "picked": show_plan.picked(proposal),
        "authorised": show_authorised.authorised(proposal, today=local_time.today(now, proposal.site.zone)),
        "held": held,
        "token": plan_token.sign(proposal, now=now),
        "coverage": proposal.coverage_words,
        "uncovered": missing,
        "covered": proposal.coverage.covered if proposal.coverage and missing else 0,
        "hold_until": _hold_day(proposal.site, now),
        "last_hold": local_time.today(now + courses.LONGEST_HOLD, proposal.site.zone),
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
