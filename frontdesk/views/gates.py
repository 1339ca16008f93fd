"""What must be there before a visit: recorded with one click beside it or on tomorrow's list, passed by who may."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from clinic.models import Site
from frontdesk import show_gates
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from frontdesk.toasts import Toast
from frontdesk.views import stopped, visits
from patients import actions as patient_actions
from patients import life as patient_life
from patients import life_actions
from patients.domain.clinical import RelatedRole
from scheduling import access
from scheduling.actions import gates
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain import local_time
from scheduling.domain.operations import GateKind
from scheduling.queries.availability import next_open_day
from scheduling.queries.gate_list import gates_of_day
from scheduling.queries.gates import is_about


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def record(request: HttpRequest, session_id: int, kind: str) -> HttpResponse:
    """Record what was shown for a gate of a visit."""
    session = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
    now = clock.now()
    gates.record_gate(
        request=who(request),
        whose=Whose(session_id=session.pk, timing=_number(request, "timing") or None),
        kind=_kind(kind),
        evidence=Evidence(
            text=request.POST.get("evidence", ""),
            person_id=_person(request, session, now),
            is_confirmed=request.POST.get("is_confirmed") != "no",
            ate_minute=_minute(request, "ate"),
            drank_minute=_minute(request, "drank"),
        ),
        replaces=_number(request, "replaces") or None,
        now=now,
    )
    return _shown(request, session_id, "Recorded.", now)


@require_POST
@needs(Permission.OVERRIDE_RULE)
def let_pass(request: HttpRequest, session_id: int, kind: str) -> HttpResponse:
    """Let a visit begin without something, with a reason."""
    session = access.session(request.user, session_id, Permission.OVERRIDE_RULE)  # type: ignore[arg-type]
    now = clock.now()
    reason = request.POST.get("reason", "")
    gates.pass_gate(request=who(request), whose=Whose(session_id=session.pk), kind=_kind(kind), reason=reason, now=now)
    return _shown(request, session_id, "Passed by hand. Your name and the reason are kept.", now)


@require_POST
@needs(Permission.RECORD_ATTENDANCE)
def withdraw(request: HttpRequest, session_id: int, kind: str) -> HttpResponse:
    """Withdraw what was shown for a gate of a visit."""
    session = access.session(request.user, session_id, Permission.RECORD_ATTENDANCE)  # type: ignore[arg-type]
    now, row_id = clock.now(), _number(request, "row")
    if not is_about(row_id, patient_id=session.patient_id):
        raise Malformed("This page is out of date. Reload it.")
    gates.withdraw_gate(request=who(request), row_id=row_id, kind=_kind(kind), now=now)
    return _shown(request, session_id, "Taken back.", now)


@require_GET
@needs(Permission.VIEW_PATIENT)
def tomorrow(request: HttpRequest) -> HttpResponse:
    """Show the visits of the next open day, and what each of them still lacks."""
    site = current_site(request, Permission.VIEW_PATIENT)
    name = "frontdesk/gates/_tomorrow.html" if request.headers.get("HX-Request") else "frontdesk/gates/tomorrow.html"
    return render(request, name, tomorrow_context(request, site, clock.now()))


def tomorrow_context(request: HttpRequest, site: Site, now: dt.datetime) -> dict[str, Any]:
    """Return what tomorrow's list prints, and note who looked at whom."""
    day = next_open_day(site=site, after=local_time.today(now, site.zone))
    found = gates_of_day(site=site, day=day, now=now)
    people = patient_life.people_beside({visit.session.patient_id for visit in found})
    patient_actions.record_access(
        request=who(request), site=site, patient_ids=sorted(people), action="day.listed", now=now
    )
    private: bool = request.user.is_private  # type: ignore[union-attr]
    lines = [
        show_gates.day_line(visit, people[visit.session.patient_id], now=now, is_private=private) for visit in found
    ]
    return {
        "site": site,
        "day": day,
        "title": f"{day:%A, %B} {day.day}",
        "lines": lines,
        "open": sum(bool(line.lacking) for line in lines),
        "parts": [
            ("Not ready yet", [line for line in lines if line.lacking]),
            ("Ready", [line for line in lines if not line.lacking]),
        ],
        "page": "tomorrow",
        "printed": f"{local_time.day_text(local_time.today(now, site.zone))}, "
        f"{local_time.clock_text(local_time.wall(now, site.zone)[1])}",
        "may_pass": access.holds(request.user, site.pk, Permission.OVERRIDE_RULE),  # type: ignore[arg-type]
    }


def _shown(request: HttpRequest, session_id: int, said: str, now: dt.datetime) -> HttpResponse:
    """Show where the person was, as it is now."""
    session = access.session(request.user, session_id, Permission.VIEW_DAY)  # type: ignore[arg-type]
    back = request.POST.get("back", "")
    if back == "tomorrow":
        if request.headers.get("HX-Request"):
            context = tomorrow_context(request, session.site, now) | {"toast": Toast(said)}
            return render(request, "frontdesk/gates/_tomorrow_after.html", context)
        messages.success(request, said)
        return redirect(f"{reverse('tomorrow')}?site={session.site.slug}#visit-{session_id}")
    if back == "here" and request.headers.get("HX-Request"):
        return stopped.again(request, session, now)
    return visits.panel_again(request, session_id, said, now)


def _person(request: HttpRequest, session: Any, now: dt.datetime) -> int | None:
    """Return who takes the patient home: somebody known, or the name and phone typed in, noted beside the patient."""
    if known := _number(request, "person"):
        return known
    name, phone = request.POST.get("name", "").strip(), request.POST.get("phone", "").strip()
    if not name:
        return None
    for row in patient_life.related_people_of(session.patient_id):
        # A double click, or somebody typed what is known already.
        if row.name.casefold() == name.casefold() and _digits(row.phone).endswith(_digits(phone)):
            return row.pk
    return life_actions.add_related_person(
        request=who(request), patient=session.patient, role=RelatedRole.ESCORT, name=name, phone=phone, now=now
    )


def _kind(text: str) -> GateKind:
    if text not in set(GateKind):
        raise Malformed("There is no such gate.")
    return GateKind(text)


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _minute(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    if not text:
        return None
    try:
        return local_time.parse_wall(text)
    except ValueError as error:
        raise Malformed(str(error), fields={name: "unreadable"}) from error
