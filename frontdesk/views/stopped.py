"""A visit that can't begin yet: what lacks, where its start was refused; once it is all there, the start itself."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.domain.permissions import Permission
from frontdesk import show_gates, show_parts
from frontdesk.noting import note_listed
from frontdesk.show_gates import Beside, GateLine
from frontdesk.show_names import initials
from frontdesk.views import errors
from patients import life as patient_life
from scheduling import access
from scheduling.domain.states import SessionState, may_move
from scheduling.errors import GateRed
from scheduling.queries.gates import gates_of_session

PANEL_SAYS = "#panel-says"


def refused(request: HttpRequest, session: Any, refusal: GateRed, now: dt.datetime) -> HttpResponse:
    """Refuse a start, and offer in place what lets it begin."""
    return errors.refusal(request, refusal, _lacking(request, session, now))


def again(request: HttpRequest, session: Any, now: dt.datetime) -> HttpResponse:
    """Show what is still lacking where something was just recorded, or the start."""
    context = _lacking(request, session, now)
    context["may_start"] = may_move(SessionState(session.state), SessionState.IN_TREATMENT)
    response = render(request, "frontdesk/gates/_again.html", context)
    response["HX-Trigger-After-Swap"] = "changed"
    return response


def _lacking(request: HttpRequest, session: Any, now: dt.datetime) -> dict[str, Any]:
    user: Any = request.user
    found = show_gates.gate_lines(session, gates_of_session(session, now=now), now=now)
    people = show_gates.people_lines(patient_life.related_people_of(session.patient_id))
    lines = [line for line in found if not line.is_met]
    note_listed(request, session.site, [session.patient_id], "visit.peeked", now)
    here = show_parts.here(request)
    if user.is_private:
        lines, people = _nameless(lines, people)
    return {
        "session": session,
        "session_id": session.pk,
        "timing": session.timing_version,
        "lacking": lines,
        "people": people,
        "may_pass": access.holds(user, session.site_id, Permission.OVERRIDE_RULE),
        "is_page": not request.headers.get("HX-Request"),
        # The panel shows it all anyway; elsewhere the answer comes where the refusal stands.
        "target": "#panel" if here == PANEL_SAYS else here,
        "back": "" if here == PANEL_SAYS else "here",
    }


def _nameless(lines: list[GateLine], people: tuple[Beside, ...]) -> tuple[list[GateLine], tuple[Beside, ...]]:
    """Return the same for a screen others can see."""
    hidden = [replace(line, shown="") for line in lines]
    return hidden, tuple(Beside(person.id, initials(person.text.partition(",")[0])) for person in people)
