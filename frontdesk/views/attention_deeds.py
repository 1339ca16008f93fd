"""What the buttons of a row do: each a deed of its own, after which the list shows what is left."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from attention import queries
from clinic import clock
from clinic import queries as clinic_queries
from clinic.domain.permissions import Permission
from clinic.errors import Conflict, Malformed
from clinic.models import Site
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from frontdesk.toasts import Toast, Undo
from frontdesk.views.attention import shown
from frontdesk.views.freed import offered
from notifications.actions.settling import finish_inbound
from notifications.wake import wake_sender
from patients import access as patient_access
from patients import consenting, contact_actions, life_actions
from patients import life as patient_life
from patients.domain.clinical import Instrument
from patients.domain.contact import Channel, ContactKind, Purpose
from scheduling import access
from scheduling.actions import attendance, gates, helping, holds, misses, moving
from scheduling.actions.gates import Evidence, Whose
from scheduling.domain import local_time
from scheduling.domain.gate_kinds import NAMED
from scheduling.domain.gates import GateState
from scheduling.domain.operations import GateKind
from scheduling.errors import PlanGone, SlotTaken
from scheduling.queries.gates import gates_of_session

_P = Permission
GONE = "That time is gone. These are free now:"


@require_POST
@needs(Permission.VIEW_ATTENTION)
def do(request: HttpRequest, deed: str) -> HttpResponse:
    """Do what a button of a row says, unless somebody else is on the row."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_ATTENTION)
    key = request.POST.get("key", "")[:120]
    on_it = queries.owner_of(site_id=site.pk, key=key)
    if on_it and on_it[0] != request.user.pk:
        raise Conflict(f"{on_it[1]} is on this.", code="taken")
    if deed not in DEEDS:
        raise Malformed("There is no such deed.")
    try:
        toast = DEEDS[deed](request, site, now)
    except (PlanGone, SlotTaken):
        if deed != "way":
            raise
        return shown(request, site, None, opened=key, notice=GONE)
    return shown(request, site, toast)


def _step(verb: Callable[..., None], said: str) -> Callable[[HttpRequest, Site, dt.datetime], Toast]:
    def run(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
        user: Any = request.user
        session = access.session(user, _number(request, "session"), _P.RECORD_ATTENDANCE)
        verb(session_id=session.pk, version=_number(request, "session_version"), now=now, by=user)
        fresh = access.session(user, session.pk)
        return Toast(said, undo=Undo("session", session.pk, fresh.version))

    return run


def _way(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    """Move or make up a visit, or let a course go on, as one of the ways says."""
    user: Any = request.user
    session_id = _number(request, "session")
    session = access.session(user, session_id, _P.BOOK_COURSE) if session_id else None
    course_id, _again = moving.apply_change(
        request=who(request, key=request.POST.get("once", "")[:255], route=request.path[:80]),
        token=request.POST.get("plan", ""),
        session_id=session.pk if session else None,
        version=_number(request, "session_version") if session else None,
        now=now,
        may_decide=access.holds(user, site.pk, _P.DECIDE_COURSE),
    )
    wake_sender()
    course = access.course(user, course_id)
    return Toast("Booked.", Undo("course", course_id, course.version), course_id)


def _told(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    user: Any = request.user
    sites = clinic_queries.sites_where(user, _P.SETTLE_MISS)
    finish_inbound(
        request=who(request),
        inbound_id=_number(request, "inbound"),
        site_ids=[each.pk for each in sites],
        what=request.POST.get("what", ""),
        now=now,
    )
    return Toast("Done. Your name is kept with it.")


def _texts(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    consenting.give_consent(
        request=who(request), patient=_patient(request), channel=Channel.SMS, purpose=Purpose.REMINDERS, now=now
    )
    return Toast("Texts are on. The consent is kept with your name.")


def _address(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    value = request.POST.get("value", "")
    contact_actions.record_address(
        request=who(request), patient=_patient(request), kind=ContactKind.PHONE, value=value, now=now
    )
    return Toast("It is used from now on.")


def _measure(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    instrument, score = request.POST.get("instrument", ""), request.POST.get("score", "").strip()
    if instrument not in set(Instrument) or not (score.isdecimal() and len(score) < 5):
        raise Malformed("Type the total as a number, such as 12.", fields={"score": "unreadable"})
    life_actions.record_measure(
        request=who(request),
        patient=_patient(request),
        instrument=Instrument(instrument),
        score=int(score),
        measured_on=local_time.today(now, site.zone),
        now=now,
    )
    return Toast("Recorded.")


def _book(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    user: Any = request.user
    course = access.course(user, _number(request, "course"), _P.BOOK_COURSE)
    holds.confirm_hold(request=who(request), course_id=course.pk, now=now)
    wake_sender()
    return Toast("Booked.", course_id=course.pk)


def _release(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    user: Any = request.user
    course = access.course(user, _number(request, "course"), _P.BOOK_COURSE)
    holds.release_hold(request=who(request), course_id=course.pk, reason="Released", now=now)
    return Toast("The times are given back. Nobody is told.")


def _settle(*, nobody_came: bool) -> Callable[[HttpRequest, Site, dt.datetime], Toast]:
    def run(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
        user: Any = request.user
        gap = access.recording_gap(user, _number(request, "gap"), _P.SETTLE_MISS)
        misses.settle_gap(request=who(request), gap_id=gap.pk, nobody_came=nobody_came, now=now)
        return Toast("Each visit of that day now asks what happened." if nobody_came else "Record them one by one.")

    return run


def _ride(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    """Note that who was named to take the patient home said yes, else who usually does."""
    user: Any = request.user
    session = access.session(user, _number(request, "session"), _P.RECORD_ATTENDANCE)
    standing = gates_of_session(session, now=now)
    lacking = [gate for gate in standing.gates if gate.kind in NAMED and gate.state is GateState.RED]
    row = standing.row(lacking[0]) if lacking else None
    person = row.person if row else next(iter(patient_life.related_people_of(session.patient_id)), None)
    if person is None or not lacking:
        raise Conflict("Somebody has seen to the ride. The list is fresh when you reload it.")
    shown = Evidence("By phone", person_id=person.pk, is_confirmed=True)
    return _gate(request, session, lacking[0].kind, shown, now, replaces=row.pk if row else None)


def _filed(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    user: Any = request.user
    session = access.session(user, _number(request, "session"), _P.RECORD_ATTENDANCE)
    return _gate(request, session, GateKind.MONITORING_FORM, Evidence("Filed"), now)


def _gate(
    request: HttpRequest,
    session: Any,
    kind: GateKind,
    evidence: Evidence,
    now: dt.datetime,
    replaces: int | None = None,
) -> Toast:
    whose = Whose(session_id=session.pk, timing=session.timing_version)
    gates.record_gate(request=who(request), whose=whose, kind=kind, evidence=evidence, now=now, replaces=replaces)
    return Toast("Recorded.")


def _help_given(request: HttpRequest, site: Site, now: dt.datetime) -> Toast:
    user: Any = request.user
    session = access.session(user, _number(request, "session"), _P.RECORD_ATTENDANCE)
    helping.give_help(request=who(request), session_id=session.pk, now=now)
    return Toast("The call is answered.")


def _patient(request: HttpRequest) -> Any:
    user: Any = request.user
    return patient_access.patient(user, _number(request, "patient"), _P.BOOK_COURSE)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


DEEDS: dict[str, Callable[[HttpRequest, Site, dt.datetime], Toast]] = {
    "arrive": _step(attendance.arrive, "Here."),
    "no-show": _step(attendance.mark_no_show, "Recorded: nobody came. The session is still owed."),
    "start": _step(attendance.start, "It took place. Say when it ended."),
    "complete": _step(attendance.complete, "Done."),
    "way": _way,
    "told": _told,
    "texts": _texts,
    "address": _address,
    "measure": _measure,
    "book": _book,
    "release": _release,
    "nobody-came": _settle(nobody_came=True),
    "not-recorded": _settle(nobody_came=False),
    "ride": _ride,
    "filed": _filed,
    "offer": offered,
    "help-given": _help_given,
}
