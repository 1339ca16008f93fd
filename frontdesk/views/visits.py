"""One visit, beside the board or as a page: looked at, noted, its link copied, its card printed."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from frontdesk import steps, toasts
from frontdesk.guard import needs, who
from frontdesk.show_names import short_name
from frontdesk.show_visits import birth_text
from frontdesk.toasts import Toast, Undo
from frontdesk.views.panel import head_context, panel_context
from patients import actions as patient_actions
from patients import life_actions, links
from patients.domain.clinical import Instrument
from scheduling import access
from scheduling.actions import notes
from scheduling.domain import local_time
from scheduling.queries import courses

MISS_DAYS = dt.timedelta(days=10)
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")


@require_GET
@needs(Permission.VIEW_DAY)
def visit(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show everything about one visit: beside the board, or as a page of its own."""
    now = clock.now()
    session = access.session(user_of(request), session_id)
    opened(request, session, now)
    is_page = not request.headers.get("HX-Request")
    name = "frontdesk/visit/page.html" if is_page else "frontdesk/visit/_panel.html"
    context = panel_context(session, now=now, user=user_of(request)) | {"page": "today", "is_page": is_page}
    return render(request, name, context)


def opened(request: HttpRequest, session: Any, now: dt.datetime) -> None:
    """Note in the audit log that somebody looked at a visit."""
    patient_actions.record_access(
        request=who(request), site=session.site, patient_ids=[session.patient_id], action="visit.opened", now=now
    )


def told(request: HttpRequest, session_id: int, verb: str) -> Toast:
    """Return what is said after a step, with the way back."""
    fresh = access.session(user_of(request), session_id)
    patient, is_private = fresh.patient, request.user.is_private  # type: ignore[union-attr]
    first = patient.preferred_name or patient.first_name
    whose = name = short_name(patient.last_name, first, is_private=is_private)
    if verb in ("arrive", "start") and not is_private:
        # Who is let in is read out once more: two people of one name may wait.
        whose = f"{first} {patient.last_name}"
        name = f"{whose}, {birth_text(patient.birth_date)},"
    undo = None if verb == "undo" else Undo("session", session_id, fresh.version)
    # Of these steps the patient is told, once nobody has taken them back for three minutes.
    course_id = fresh.course_id if verb in ("no-show", "cancel", "undo") else None
    return Toast(steps.SAID[verb].format(name=name), undo, course_id, focus=f"visit-{session_id}", name=whose)


def beside(request: HttpRequest, session_id: int, verb: str, now: dt.datetime) -> dict[str, Any]:
    """Return what is put beside the board after a step: the make-up of a visit just missed, else nothing."""
    if verb != "no-show":
        return {"beside": ""}
    session = access.session(user_of(request), session_id)
    return make_up_context(session, now=now) | {"beside": "frontdesk/visit/_make_up.html"}


def make_up_context(session: Any, *, now: dt.datetime) -> dict[str, Any]:
    """Return the head of the box in which a missed visit is made up: whose, and the how many-eth miss it is."""
    today = local_time.today(now, session.zone)
    missed = courses.misses_of(session.course_id, since=today - MISS_DAYS)
    nth = ORDINALS[missed - 1] if 0 < missed <= len(ORDINALS) else str(missed)
    return head_context(session, now=now) | {"misses": f"{nth} in {MISS_DAYS.days} days" if missed > 1 else ""}


def after_step(request: HttpRequest, session_id: int, verb: str, now: dt.datetime) -> HttpResponse:
    """Show the panel after one of its own steps, and let the board look again."""
    toast = told(request, session_id, verb)
    if verb == "no-show":
        return answer(request, "frontdesk/visit/_make_up.html", beside(request, session_id, verb, now), toast)
    session = access.session(user_of(request), session_id)
    context = panel_context(session, now=now, user=user_of(request))
    return answer(request, "frontdesk/visit/_panel.html", context, toast)


def answer(request: HttpRequest, name: str, context: dict[str, Any], toast: Toast) -> HttpResponse:
    """Answer with what stands beside the board now, a toast, and the word that the board has changed."""
    response = render(request, "frontdesk/visit/_answer.html", context | {"toast": toast, "beside": name})
    # After the swap: news asked for before it would be older than the step, and thrown away.
    response["HX-Trigger-After-Swap"] = "changed"
    return response


def panel_again(request: HttpRequest, session_id: int, said: str, now: dt.datetime) -> HttpResponse:
    """Show the panel of a visit as it is now: in place, or as its page."""
    toast = Toast(said, focus=f"visit-{session_id}")
    if not request.headers.get("HX-Request"):
        toasts.leave(request, toast)
        return redirect("visit", session_id)
    session = access.session(user_of(request), session_id)
    context = panel_context(session, now=now, user=user_of(request))
    return answer(request, "frontdesk/visit/_panel.html", context, toast)


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def note(request: HttpRequest, session_id: int) -> HttpResponse:
    """Write the note of a visit."""
    session = access.session(user_of(request), session_id, Permission.RECORD_ATTENDANCE)
    now = clock.now()
    notes.write_note(
        request=who(request),
        session_id=session.pk,
        note=request.POST.get("note", ""),
        seen=number(request, "note_version"),
        now=now,
    )
    return panel_again(request, session_id, "Note saved.", now)


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def measure(request: HttpRequest, session_id: int) -> HttpResponse:
    """Record a total the patient reached on a scale that is due."""
    session = access.session(user_of(request), session_id, Permission.RECORD_ATTENDANCE)
    now = clock.now()
    if (name := request.POST.get("instrument", "")) not in set(Instrument):
        raise Malformed("There is no such scale.")
    life_actions.record_measure(
        request=who(request),
        patient=session.patient,
        instrument=Instrument(name),
        score=number(request, "score"),
        measured_on=local_time.today(now, session.zone),
        now=now,
    )
    return panel_again(request, session_id, "Total recorded.", now)


@require_POST
@needs(Permission.BOOK_COURSE)
def link(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show the address of the patient's own page, ready to be copied."""
    now = clock.now()
    session = access.session(user_of(request), session_id, Permission.BOOK_COURSE)
    patient_actions.record_access(
        request=who(request), site=session.site, patient_ids=[session.patient_id], action="link.copied", now=now
    )
    address = links.address_of(links.link_of(patient_id=session.patient_id, now=now))
    context = {"address": address, "session": session}
    name = "frontdesk/visit/_link.html" if request.headers.get("HX-Request") else "frontdesk/visit/link.html"
    return render(request, name, context | {"page": "today"})


@require_GET
@needs(Permission.VIEW_DAY)
def card(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show the card of a visit that is printed for the patient."""
    now = clock.now()
    session = access.session(user_of(request), session_id)
    opened(request, session, now)
    return render(request, "frontdesk/visit/card.html", head_context(session, now=now) | {"page": "today"})


def visit_or_board(request: HttpRequest, session: Any) -> str:
    """Return where a form without scripts leads: back to the visit's page if it came from there, else to the board."""
    if request.POST.get("back") == "visit":
        return reverse("visit", args=[session.pk])
    return board_url(session)


def board_url(session: Any) -> str:
    """Return where a visit stands on its board."""
    return f"{reverse('board')}?site={session.site.slug}&day={session.day}#visit-{session.pk}"


def number(request: HttpRequest, name: str) -> int:
    """Return a whole number of a form.

    :raises Malformed: there is none.
    """
    text = request.POST.get(name, "").strip()
    if not text.isdecimal() or len(text) > 18:
        raise Malformed("Enter a whole number." if name == "score" else "This page is out of date. Reload it.")
    return int(text)


def user_of(request: HttpRequest) -> Any:
    """Return who is signed in."""
    return request.user
