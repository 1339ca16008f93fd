"""What the demo's patients bring along: documents, somebody to take them home, an empty stomach; and what lacks."""

import datetime as dt

from clinic.actions import Request
from clinic.models import Site, StaffUser
from patients.models import RelatedPerson
from scheduling.actions import gates
from scheduling.actions.gates import Evidence, Whose
from scheduling.demo import cast
from scheduling.domain import gate_kinds, local_time
from scheduling.domain.gate_kinds import GATES, NAMED, GateScope
from scheduling.domain.operations import GateKind
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState
from scheduling.models import Course, Session
from scheduling.queries.availability import next_open_day
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import current_protocol

_K = GateKind
TEXTS = {
    _K.CONSULT: "Dr. Weiss, letter on file",
    _K.SCREENING: "Checklist, nothing found",
    _K.REMS_ENROLLMENT: "Both signatures, sent",
    _K.CONSENT: "Signed on paper",
    _K.MEDICAL_CLEARANCE: "Blood pressure and ECG, Dr. Amara",
    _K.PREOP_CLEARANCE: "Labs and ECG, Dr. Sorensen",
    _K.AUTHORIZATION: "Approved, letter on file",
    _K.DRUG_ON_HAND: "In the safe",
}
DRIVERS = ("sister", "partner", "neighbor", "friend", "cousin")
_EARLY = dt.timedelta(days=2)  # documents are complete so long before the first visit


def of_patient(patient_id: int, protocol_code: str, desk: Request, now: dt.datetime) -> None:
    """Record what outlives a course, before anything is booked."""
    for kind in _kinds(definition_of(current_protocol(protocol_code)), GateScope.PATIENT):
        _record(desk, Whose(patient_id=patient_id), kind, Evidence(TEXTS[kind]), now)


def of_course(course_id: int, desk: Request, booked_at: dt.datetime, now: dt.datetime) -> None:
    """Record a course's documents two days before it begins, or with its booking; who begins next has no consent."""
    course = Course.objects.select_related("protocol", "site").get(pk=course_id)
    first = Session.objects.filter(course=course).order_by("starts_at")[0]
    at = min(max(booked_at, first.starts_at - _EARLY), now)
    tomorrow = next_open_day(site=course.site, after=local_time.today(now, course.site.zone))
    begins_next = first.starts_at > now and first.day <= tomorrow
    for kind in _kinds(definition_of(course.protocol), GateScope.COURSE):
        if kind is not _K.CONSENT or not begins_next:
            _record(desk, Whose(course_id=course_id), kind, Evidence(TEXTS[kind]), at)


def of_visit(session: Session, desk: StaffUser, came: dt.datetime) -> None:
    """Record what a visit that takes place needs: the day before, and at the door."""
    asked, definition = Request(user=desk), definition_of(session.course.protocol)
    for kind in _kinds(definition, GateScope.SESSION):
        if kind is _K.FASTING:
            # A visit of the afternoon is eaten for in the morning, an early one the evening before.
            is_late = session.minute >= 12 * 60 and definition.fasting != "midnight"
            eaten = session.minute - 6 * 60 if is_late else 19 * 60
            shown, at = Evidence(ate_minute=eaten, drank_minute=eaten), came
        else:
            shown, at = _brought(session, kind), came - dt.timedelta(hours=18)
        _record(asked, Whose(session_id=session.pk), kind, shown, at)


def form_of(session: Session, desk: StaffUser, now: dt.datetime) -> None:
    """Record the form after a visit, an hour later; those of the last days still wait."""
    filed = session.ends_at + dt.timedelta(hours=1)
    if gate_kinds.form(definition_of(session.course.protocol)) and filed < now - dt.timedelta(days=2):
        _record(Request(user=desk), Whose(session_id=session.pk), _K.MONITORING_FORM, Evidence("Sent"), filed)


def ahead(site: Site, desk: StaffUser, now: dt.datetime) -> None:
    """Record the rides of today and the next open day but a few: one is named and has not said yes, one is missing."""
    last = next_open_day(site=site, after=local_time.today(now, site.zone))
    rows = Session.objects.filter(site=site, state=SessionState.BOOKED, starts_at__gt=now, day__lte=last)
    asked, place = Request(user=desk), 0
    for session in rows.select_related("course__protocol", "patient").order_by("-starts_at", "pk"):
        for kind in _kinds(definition_of(session.course.protocol), GateScope.SESSION):
            if kind is _K.FASTING:
                continue
            place += kind in NAMED
            if kind in NAMED and place % 5 == 2:
                continue
            shown = _brought(session, kind, is_confirmed=kind not in NAMED or place % 5 != 1)
            _record(asked, Whose(session_id=session.pk), kind, shown, now - dt.timedelta(hours=2))


def _brought(session: Session, kind: GateKind, *, is_confirmed: bool = True) -> Evidence:
    if kind not in NAMED:
        return Evidence(TEXTS[kind])
    return Evidence(person_id=_driver(session), is_confirmed=is_confirmed)


def _driver(session: Session) -> int:
    """Return who takes a patient home; always the same person."""
    name = f"{cast.FIRST[session.patient_id % len(cast.FIRST)]} ({DRIVERS[session.patient_id % len(DRIVERS)]})"
    phone = f"+1555010{5000 + session.patient_id:04}"
    row, _is_new = RelatedPerson.objects.get_or_create(
        patient_id=session.patient_id, role="escort", name=name, phone=phone
    )
    return row.pk


def _kinds(definition: ProtocolDefinition, scope: GateScope) -> list[GateKind]:
    return [each.kind for each in gate_kinds.requirements(definition) if GATES[each.kind].scope is scope]


def _record(asked: Request, whose: Whose, kind: GateKind, shown: Evidence, now: dt.datetime) -> None:
    gates.record_gate(request=asked, whose=whose, kind=kind, evidence=shown, now=now)
