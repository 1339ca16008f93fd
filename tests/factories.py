"""A small clinic, made by the actions the product uses. No surprises: what is not asked for is not there."""

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

from clinic import actions as clinic_actions
from clinic.actions import NewSite, Request
from clinic.domain.permissions import Role
from clinic.models import Heartbeat, Site, StaffUser
from patients import actions as patient_actions
from patients.domain.details import NewPatient
from patients.models import Patient
from scheduling.actions import attendance, cancelling, catalogue, courses, setup
from scheduling.actions.setup import NewResource
from scheduling.catalogue import SHIPPED, ProtocolFile, read_folder
from scheduling.domain.gate_kinds import GATES, GateScope, form, requirements
from scheduling.domain.states import CancelledBy
from scheduling.models import Course, Prerequisite, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import CourseWish, Proposal, propose_course
from tests.kept import Kept

NOW = dt.datetime(2026, 11, 16, 14, 0, tzinfo=dt.UTC)  # Monday, 9am in New York
FIRST_DAY = dt.date(2026, 11, 24)
PASSWORD = "a-long-enough-password"
CLOSED = {
    dt.date(2026, 11, 26): "Thanksgiving",
    dt.date(2026, 12, 25): "Christmas Day",
    dt.date(2027, 1, 1): "New Year's Day",
    dt.date(2027, 1, 18): "Martin Luther King Jr. Day",
}
_WEEK = {day: [(dt.time(7, 30), dt.time(17, 30))] for day in range(1, 6)}


@dataclass(slots=True)
class World:
    """Two sites; the receptionist works at the first, the outsider at the second."""

    site: Site
    other_site: Site
    receptionist: StaffUser
    technician: StaffUser
    auditor: StaffUser
    outsider: StaffUser
    maria: Patient
    daniel: Patient
    foreign: Patient  # at the other site, with the same name as Maria: must never show up at the first

    @property
    def request(self) -> Request:
        return Request(user=self.receptionist)

    def propose(self, patient: Patient | None = None, **wish: Any) -> Proposal:
        return propose(self.site, patient or self.maria, **wish)

    def book(self, patient: Patient | None = None, *, now: dt.datetime = NOW, **wish: Any) -> Course:
        proposal = propose(self.site, patient or self.maria, now=now, **wish)
        course_id, _again = courses.book_course(request=self.request, proposal=proposal, now=now)
        return prepare(Course.objects.get(pk=course_id))

    def visit(self, patient: Patient | None = None, *, start_on: dt.date = FIRST_DAY, **wish: Any) -> Session:
        """Book a course of one and return its session."""
        course = self.book(patient, protocol_code="consult", start_on=start_on, **wish)
        return Session.objects.get(course=course)


def propose(site: Site, patient: Patient, *, now: dt.datetime = NOW, **wish: Any) -> Proposal:
    asked: dict[str, Any] = {"protocol_code": "tms_mdd_36", "start_on": FIRST_DAY, "preferred_minute": 510} | wish
    return propose_course(site=site, wish=CourseWish(patient_id=patient.pk, **asked), now=now)


def make_site(slug: str, zone: str, *, devices: int = 3) -> Site:
    site = clinic_actions.add_site(
        site=NewSite(
            slug=slug,
            name=f"{slug.title()} Clinic",
            message_name=f"{slug.title()} Clinic",
            zone=zone,
            address="12 Main St",
            phone="+15550102000",
            hours=_WEEK,
        )
    )
    resources = [NewResource("tms_device", f"NeuroStar {n}", "TMS") for n in range(1, devices + 1)]
    resources += [NewResource("operator", f"TMS operator {n}") for n in range(1, devices + 1)]
    resources += [NewResource("psychiatrist", "Dr. Weiss")]
    setup.add_resources(site=site, resources=resources)
    setup.close_days(site=site, days=CLOSED)
    return site


def make_staff(email: str, role: Role, *sites: Site) -> StaffUser:
    return clinic_actions.create_staff(
        email=email,
        name=email.partition("@")[0].title(),
        password=PASSWORD,
        roles=dict.fromkeys(sites, role),
        now=NOW,
    )


def make_patient(site: Site, by: StaffUser, first: str, last: str, **more: Any) -> Patient:
    """Add a patient who was seen, screened and enrolled already."""
    details: dict[str, Any] = {"birth_date": dt.date(1984, 3, 7), "phone": "+15550102040", "sms_consent": True} | more
    patient = patient_actions.add_patient(
        request=Request(user=by), site=site, details=NewPatient(first, last, **details), now=NOW
    )
    Prerequisite.objects.bulk_create(
        Prerequisite(patient=patient, kind=kind, evidence="On file", at=NOW)
        for kind, info in GATES.items()
        if info.scope is GateScope.PATIENT
    )
    return patient


def prepare(course: Course, *, at: dt.datetime = NOW) -> Course:
    """Let everything be there that a course needs and that is not asked anew at every visit."""
    Prerequisite.objects.bulk_create(
        Prerequisite(patient_id=course.patient_id, course=course, kind=each.kind, evidence="On file", at=at)
        for each in requirements(definition_of(course.protocol))
        if each.scope is GateScope.COURSE
    )
    return course


def prepare_visit(session: Session) -> Session:
    """Let everything be there that is asked anew at this visit: somebody to go home with, nothing eaten, the drug."""
    seen = {"patient_id": session.patient_id, "course_id": session.course_id, "session": session, "evidence": "Seen"}
    rows = [
        Prerequisite(kind=each.kind, starts_at=session.starts_at, at=session.starts_at, **seen)
        for each in requirements(definition_of(session.course.protocol))
        if each.scope is GateScope.SESSION
    ]
    Prerequisite.objects.bulk_create(rows, ignore_conflicts=True)
    return session


def file_form(session: Session) -> None:
    """Let the form be filed that the protocol asks for after a visit, if it asks for one."""
    asked = form(definition_of(session.course.protocol))
    if asked:
        seen = {"patient_id": session.patient_id, "course_id": session.course_id, "session": session}
        at = {"starts_at": session.starts_at, "at": session.ends_at}
        Prerequisite.objects.create(kind=asked.kind, evidence="Filed", **seen, **at)


@functools.cache
def _shipped() -> list[ProtocolFile]:
    """Return the shipped protocols, their files read once for all tests."""
    return read_folder(SHIPPED)


def _make_world() -> World:
    catalogue.publish(_shipped(), now=NOW)
    site = make_site("riverside", "America/New_York")
    other = make_site("harbor", "America/Los_Angeles", devices=1)
    receptionist = make_staff("rosa@example.com", Role.FRONT_DESK, site)
    outsider = make_staff("otto@example.com", Role.FRONT_DESK, other)
    return World(
        site=site,
        other_site=other,
        receptionist=receptionist,
        technician=make_staff("tess@example.com", Role.TECHNICIAN, site),
        auditor=make_staff("ada@example.com", Role.AUDITOR, site),
        outsider=outsider,
        maria=make_patient(site, receptionist, "Maria", "Garcia"),
        daniel=make_patient(
            site, receptionist, "Daniel", "Okafor", birth_date=dt.date(1979, 8, 19), phone="+15550102041"
        ),
        foreign=make_patient(other, outsider, "Maria", "Garcia", birth_date=dt.date(1990, 1, 1), phone="+15550103333"),
    )


make_world = Kept(_make_world)


def cancel(*, session_id: int, version: int, reason: str, now: dt.datetime, by: StaffUser | None) -> None:
    """Cancel one visit as a step like any other."""
    asked = Request(user=by)
    by_whom = CancelledBy.PATIENT
    cancelling.cancel_sessions(
        request=asked, session_id=session_id, version=version, reason=reason, by_whom=by_whom, now=now
    )


def somebody_came(world: World, *, day: dt.date = FIRST_DAY, minute: int = 780) -> None:
    """Record an arrival on a day, so that the site is known to record who comes."""
    other = world.visit(world.daniel, start_on=day, preferred_minute=minute)
    attendance.arrive(session_id=other.pk, version=1, now=other.starts_at, by=world.receptionist)


def worker_lives(*, now: dt.datetime) -> None:
    """Let the background worker have been alive all the time until now."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"beat_at": now})
