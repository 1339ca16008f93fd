"""Book what the planner shows; where times went meanwhile, show what is held instead until somebody looked."""

import datetime as dt
import hashlib
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Conflict, Malformed, NotFound, Rejected
from clinic.models import Site
from frontdesk import drafts, show_plan, toasts
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from frontdesk.toasts import Toast, Undo
from frontdesk.views import planner
from notifications.wake import wake_sender
from patients import access as patient_access
from scheduling import access as scheduling_access
from scheduling import plan_token
from scheduling.actions import authorizations, courses, holds, mending
from scheduling.domain import local_time
from scheduling.domain.states import CourseState
from scheduling.errors import IllegalMove, SlotTaken
from scheduling.queries import planning
from scheduling.queries.mending import Mended
from scheduling.queries.planning import Proposal

PREVIEW = "frontdesk/planner/_preview.html"
HOLD_ENDS_MINUTE = 18 * 60
MOST_DIGITS = 12


@require_http_methods(["GET", "POST"])
@needs(Permission.BOOK_COURSE)
def new_course(request: HttpRequest) -> HttpResponse:
    """Show the planner with the latest draft, or book the plan it shows."""
    site = current_site(request, Permission.BOOK_COURSE)
    if request.method == "POST":
        return _book(request, site)
    if elsewhere := _at_their_site(request, site):
        return redirect(elsewhere)
    asked = set(request.GET) - {"site"}
    data = request.GET if asked else drafts.kept(request, site, now=clock.now())
    return render(request, planner.PAGE, planner.page_of(request, site, data))


def _at_their_site(request: HttpRequest, site: Site) -> str:
    """Return the planner of the site a patient comes to, if that is another one; courses are booked there."""
    text = request.GET.get("patient", "")
    with suppress(NotFound):
        if text.isdigit() and len(text) <= MOST_DIGITS:
            patient = patient_access.patient(request.user, int(text), Permission.BOOK_COURSE)  # type: ignore[arg-type]
            if patient.site_id != site.pk:
                query = request.GET.copy()
                query.pop("device", None)
                query["site"] = patient.site.slug
                return f"{reverse('course-new')}?{query.urlencode()}"
    return ""


@require_POST
@needs(Permission.BOOK_COURSE)
def give_back(request: HttpRequest) -> HttpResponse:
    """Give back what was held when other times went, and show the plan again, to be changed or booked as any other."""
    site, now = current_site(request, Permission.BOOK_COURSE), clock.now()
    course_id = _held_course(request).pk
    with suppress(IllegalMove):  # booked meanwhile, or the time was over: nothing is held any more
        holds.release_hold(request=who(request), course_id=course_id, reason="Given back", now=now)
    context = _as_it_stood(request, site, now) if request.POST.get("plan") else None
    if context is None:
        context = planner.planned(request, site, request.POST)
    else:
        context["toast"] = Toast("Given back. Nothing is held or booked.")
    return _answer(request, site, context, status=200)


def _as_it_stood(request: HttpRequest, site: Site, now: dt.datetime) -> dict[str, Any] | None:
    try:
        proposal = planner.read_plan(request, site, now)
        asked, proposal = planning.asked_again(proposal, now=now)
    except Rejected:
        return None  # too old: it is made anew
    context = planner.NOTHING | {"site": site}
    return context | planner.who_of(request, proposal.wish.patient_id) | planner.shown(asked, proposal, now)


def _answer(request: HttpRequest, site: Site, context: dict[str, Any], *, status: int) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return planner.whole_page(request, site, context, status=status)
    more = {"is_answer": True, "saved_at": drafts.saved_at(request, site)}
    return render(request, PREVIEW, context | more, status=status)


def _book(request: HttpRequest, site: Site) -> HttpResponse:
    now = clock.now()
    try:
        proposal, held_until = _to_book(request, site, now), _held_until(request, site)
        course_id = _confirmed(request, proposal, now)
        if course_id is None:
            course_id, _again = courses.book_course(
                request=_once(request), proposal=proposal, now=now, held_until=held_until
            )
        if request.POST.get("ask_extension"):
            authorizations.ask_extension(request=who(request), course_id=course_id, now=now)
    except SlotTaken as refusal:
        return _held_instead(request, site, proposal, held_until, refusal, now)
    except Rejected as refusal:
        return _refused(request, site, refusal)
    drafts.forget(request)
    wake_sender()
    _tell(request, proposal, course_id, held_until)
    return _on_to(request, course_id)


def _on_to(request: HttpRequest, course_id: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("course", args=[course_id])})
    return redirect("course", course_id)


def _refused(request: HttpRequest, site: Site, refusal: Rejected) -> HttpResponse:
    context = planner.planned(request, site, request.POST) | {"stopped": refusal.message}
    return _answer(request, site, context, status=refusal.status)


def _held_instead(
    request: HttpRequest,
    site: Site,
    proposal: Proposal,
    held_until: dt.datetime | None,
    refusal: SlotTaken,
    now: dt.datetime,
) -> HttpResponse:
    """Answer a lost race with the plan in which only the lost times are others; somebody looks, then books it."""
    try:
        course_id, found = mending.hold_mended(
            request=_once(request, "-held"), proposal=proposal, now=now, held_until=held_until
        )
        if found is None:
            return _on_to(request, course_id)
        context = _held_plan(request, site, course_id, found, held_until or now + mending.LOOK, now)
    except Rejected:
        return _refused(request, site, refusal)
    return _answer(request, site, context, status=refusal.status)


def _held_plan(
    request: HttpRequest, site: Site, course_id: int, found: Mended, until: dt.datetime, now: dt.datetime
) -> dict[str, Any]:
    # Planned on without what is held for it now: only its words are shown.
    held = show_plan.held(course_id, found, until=local_time.when_text(until, site.zone, now))
    context = planner.NOTHING | {"site": site}
    context |= planner.who_of(request, found.proposal.wish.patient_id)
    return context | planner.shown(None, found.proposal, now, held=held)


def _held_course(request: HttpRequest) -> Any:
    text = request.POST.get("held", "")
    if not text.isdigit() or len(text) > MOST_DIGITS:
        raise Malformed("Nothing is held for this plan.")
    return scheduling_access.course(request.user, int(text), Permission.BOOK_COURSE)  # type: ignore[arg-type]


def _confirmed(request: HttpRequest, proposal: Proposal, now: dt.datetime) -> int | None:
    """Book what was held when other times went, and return the course's id; None where nothing is held any more."""
    if not request.POST.get("held"):
        return None
    course = _held_course(request)
    if course.patient_id != proposal.wish.patient_id:
        raise Conflict("These times are held for another patient. Give them back, then plan again.")
    if course.held_until is not None:
        holds.confirm_hold(request=who(request), course_id=course.pk, now=now)
    elif course.state in (CourseState.DISCONTINUED, CourseState.ENTERED_IN_ERROR):
        return None
    return int(course.pk)


def _to_book(request: HttpRequest, site: Site, now: dt.datetime) -> Proposal:
    if not request.POST.get("patient", "").isdigit():
        raise Malformed("Choose a patient first, or add a new one.")
    patient = patient_access.patient(request.user, int(request.POST["patient"]), Permission.BOOK_COURSE)  # type: ignore[arg-type]
    proposal = plan_token.read(request.POST.get("plan", ""), site=site, now=now)
    if proposal.wish.patient_id != patient.pk:
        raise Conflict("The plan was made for another patient. Look at it again, then book.")
    return proposal


def _tell(request: HttpRequest, proposal: Proposal, course_id: int, held_until: dt.datetime | None) -> None:
    site, count = proposal.site, len(proposal.plan.sessions)
    course = scheduling_access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    if held_until:
        day = local_time.day_text(local_time.today(held_until, site.zone))
        words = f"Held {count} times until {day}." if count > 1 else f"Held until {day}."
    else:
        words = f"Booked {count} sessions." if count > 1 else "Booked."
    toast = Toast(
        words,
        undo=Undo("booking", course_id, course.version),
        course_id=None if held_until else course_id,
        link=(f"{reverse('board')}?site={site.slug}&day={proposal.plan.sessions[0].day}", "See on the board"),
    )
    toasts.leave(request, toast)


def _held_until(request: HttpRequest, site: Site) -> dt.datetime | None:
    text = request.POST.get("hold", "")
    if text == "own":
        text = request.POST.get("hold_on", "") or "no day"
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("Pick the day until which the times are held.") from error
    return local_time.to_utc(day, HOLD_ENDS_MINUTE, site.zone)


def _once(request: HttpRequest, step: str = "") -> Any:
    """Return the asker with the form's own key: a double click books once."""
    body = hashlib.sha256(f"{request.POST.get('patient')}|{request.POST.get('plan')}".encode()).hexdigest()
    return who(request, key=request.POST.get("key", "")[:50] + step, route="page courses/new", body_sha256=body)
