"""One chair, on a phone or tablet, for whoever runs it: who sits there now, and one tap for each deed."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotFound
from frontdesk import show_chair, show_visits, steps, toasts
from frontdesk.guard import needs, who
from frontdesk.noting import note_listed
from frontdesk.show_chair import Known
from frontdesk.site import current_site
from frontdesk.toasts import Toast, Undo
from frontdesk.views.board import clock_at, is_known
from frontdesk.views.visits import number, told, user_of
from patients import life_actions
from patients import watch as patients_watch
from patients.domain.clinical import Instrument
from scheduling import access
from scheduling.actions import helping, notes
from scheduling.domain import local_time, measures
from scheduling.domain.gates import unmet
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import DELIVERED
from scheduling.queries import chair as chairs
from scheduling.queries import courses
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import gates_of_session
from scheduling.queries.watch.help import asked_for

SHOWN = 6
_P = Permission


@require_GET
@needs(Permission.VIEW_DAY)
def chair(request: HttpRequest) -> HttpResponse:
    """Show the chairs of a site to choose from, or go on to the one chosen before."""
    site = current_site(request, _P.VIEW_DAY)
    columns = courses.resources_with_column(site_id=site.pk)
    chosen = request.session.get("chair")
    if "pick" not in request.GET and chosen in [each.pk for each in columns]:
        return redirect("chair-of", chosen)
    return render(request, "frontdesk/chair/pick.html", {"site": site, "columns": columns, "page": "chair"})


@require_GET
@needs(Permission.VIEW_DAY)
def chair_of(request: HttpRequest, resource_id: int) -> HttpResponse:
    """Show one chair: the whole page, or only its changing part when the page asks for news."""
    now = clock.now()
    resource = _resource(request, resource_id)
    if request.session.get("chair") != resource.pk:
        request.session["chair"] = resource.pk
    context = _context(request, resource, now)
    is_poll = bool(request.headers.get("HX-Request"))
    etag = _etag(request, context)
    if is_poll and is_known(request, etag):
        response = HttpResponse(status=304, headers={"ETag": etag})
    else:
        _note_seen(request, resource, context, now)
        response = render(request, "frontdesk/chair/_chair.html" if is_poll else "frontdesk/chair/page.html", context)
        if is_poll:
            response["ETag"] = etag
    response["X-Clock"] = clock_at(resource.site, now)
    return response


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def do(request: HttpRequest, resource_id: int, deed: str) -> HttpResponse:
    """Do what a button at a chair says, and show the chair as it is then."""
    now = clock.now()
    resource = _resource(request, resource_id)
    session = access.session(user_of(request), number(request, "session"), _P.RECORD_ATTENDANCE)
    if deed in DEEDS:
        toast = DEEDS[deed](request, resource, session, now)
    else:
        steps.take(request, session, deed, version=number(request, "version"), now=now)
        toast = told(request, session.pk, deed)
    if not request.headers.get("HX-Request"):
        toasts.leave(request, toast)
        return redirect("chair-of", resource.pk)
    context = _context(request, resource, now, pinned=False)
    _note_seen(request, resource, context, now)
    return render(request, "frontdesk/chair/_answer.html", context | {"toast": toast})


def _resource(request: HttpRequest, resource_id: int) -> Any:
    resource = access.resource(user_of(request), resource_id, _P.VIEW_DAY)
    if not resource.group or not resource.is_active:
        raise NotFound("There is no such device, place or person.")
    return resource


def _context(request: HttpRequest, resource: Any, now: dt.datetime, *, pinned: bool = True) -> dict[str, Any]:
    user = user_of(request)
    today = local_time.today(now, resource.site.zone)
    visits = chairs.visits_at(resource=resource, day=today)
    chosen = _pinned(request, visits) if pinned else None
    visit = chosen or chairs.in_hand(visits, now=now)
    rest = [each for each in visits if each is not visit and chairs.is_open(each)]
    return {
        "site": resource.site,
        "page": "chair",
        "resource": resource,
        "now": _now(visit, today, now, is_private=user.is_private) if visit else None,
        "nobody": f"No more patients on {resource.name} today.",
        "is_pinned": chosen is not None,
        "patient_id": visit.patient_id if visit else None,
        "next": [show_chair.line_of(each, now=now, is_private=user.is_private) for each in rest[:SHOWN]],
        "more": max(0, len(rest) - SHOWN),
        "done": sum(each.state in DELIVERED for each in visits),
        "total": len(visits),
        "may_record_here": access.holds(user, resource.site_id, _P.RECORD_ATTENDANCE),
        "reasons": [(code.value, words) for code, words in steps.STOPPED_EARLY.items()],
        "server_time": now.isoformat(timespec="seconds"),
        "clock": clock_at(resource.site, now),
    }


def _pinned(request: HttpRequest, visits: list[Any]) -> Any:
    """Return the visit somebody looks at instead of the one in hand, if it is one of this chair's."""
    text = request.GET.get("visit", "")
    return next((each for each in visits if str(each.pk) == text), None)


def _now(visit: Any, today: dt.date, now: dt.datetime, *, is_private: bool) -> show_chair.Now:
    definition = definition_of(visit.course.protocol)
    people = chairs.people_of_day(site=visit.site, day=today)
    known = Known(
        gates=unmet(gates_of_session(visit, now=now).gates),
        alike=show_visits.alike(people),
        is_measure_due=_is_measure_due(visit, definition),
        is_help_asked=asked_for(visit.pk),
        is_private=is_private,
    )
    return show_chair.now_of(visit, definition, known, now=now)


def _is_measure_due(visit: Any, definition: ProtocolDefinition) -> bool:
    last = patients_watch.latest_scores(visit.patient_id)
    strip = courses.course_strip(visit.course_id)
    delivered = sorted(row.day for row in strip if row.is_counted and row.state in DELIVERED)
    return any(
        measures.due_after(places, delivered, last[instrument][0] if instrument in last else dt.date.min)
        for instrument, places in (definition.measures or {}).items()
    )


def _note_seen(request: HttpRequest, resource: Any, context: dict[str, Any], now: dt.datetime) -> None:
    seen = [line.patient_id for line in context["next"]] + [context["patient_id"]]
    note_listed(request, resource.site, seen, "chair.listed", now)


def _etag(request: HttpRequest, context: dict[str, Any]) -> str:
    user = user_of(request)
    shown = [user.pk, user.is_private, context["now"], context["next"], context["done"], context["total"]]
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:20]}"'


def _note(request: HttpRequest, resource: Any, session: Any, now: dt.datetime) -> Toast:
    notes.write_note(
        request=who(request),
        session_id=session.pk,
        note=request.POST.get("note", ""),
        seen=number(request, "note_version"),
        now=now,
    )
    return Toast("Note saved.")


def _measure(request: HttpRequest, resource: Any, session: Any, now: dt.datetime) -> Toast:
    if (name := request.POST.get("instrument", "")) not in set(Instrument):
        raise Malformed("There is no such scale.")
    row = life_actions.record_measure(
        request=who(request),
        patient=session.patient,
        instrument=Instrument(name),
        score=number(request, "score"),
        measured_on=local_time.today(now, session.zone),
        now=now,
    )
    return Toast("Total recorded.", Undo("measure", f"{session.patient_id}.{row}", 1))


def _help(request: HttpRequest, resource: Any, session: Any, now: dt.datetime) -> Toast:
    helping.ask_for_help(request=who(request), session_id=session.pk, resource_id=resource.pk, now=now)
    return Toast("The desk sees that you need help.")


def _helped(request: HttpRequest, resource: Any, session: Any, now: dt.datetime) -> Toast:
    helping.give_help(request=who(request), session_id=session.pk, now=now)
    return Toast("The call is answered.")


DEEDS: dict[str, Callable[[HttpRequest, Any, Any, dt.datetime], Toast]] = {
    "note": _note,
    "measure": _measure,
    "help": _help,
    "helped": _helped,
}
