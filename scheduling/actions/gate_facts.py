"""What a gate is asked for and what is shown for it: locked, checked, and as the columns of a row."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from clinic.models import Site
from patients.models import Patient, RelatedPerson
from scheduling.actions import locking, meanwhile
from scheduling.domain import gate_kinds, local_time
from scheduling.domain.gate_kinds import AFTER, GATES, NAMED, GateScope, Requirement
from scheduling.domain.local_time import LocalTimeError, day_text
from scheduling.domain.operations import GateKind
from scheduling.domain.states import DELIVERED, WORDS, CourseState, SessionState
from scheduling.errors import IllegalMove, NotFound, Rejected
from scheduling.models import Course, Prerequisite, Session
from scheduling.queries import gates as stored
from scheduling.queries.definitions import definition_of

_ENDED = {CourseState.COMPLETED, CourseState.DISCONTINUED, CourseState.ENTERED_IN_ERROR}


@dataclass(frozen=True, slots=True)
class Whose:
    """What a gate is asked for: a patient, a course, or one visit; exactly one is given.

    `timing`: the visit's `timing_version` as it was read, so that a ride is not recorded for a time it was moved from.
    """

    patient_id: int | None = None
    course_id: int | None = None
    session_id: int | None = None
    timing: int | None = None

    @property
    def id(self) -> int:
        """The one that is given."""
        return self.session_id or self.course_id or self.patient_id or 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen or said. `text`: a document, a lot, a name and phone; `person_id`: somebody known to come along.

    `ate_minute`, `drank_minute`: when the patient last did, wall clock; a time still to come was yesterday.
    """

    text: str = ""
    person_id: int | None = None
    is_confirmed: bool = True
    valid_until: dt.date | None = None
    ate_minute: int | None = None
    drank_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a gate is asked for, locked."""

    patient: Patient
    site: Site
    course: Course | None = None
    session: Session | None = None

    @property
    def zone(self) -> str:
        """The zone of its site."""
        return self.site.zone

    def level(self, scope: GateScope) -> dict[str, Any]:
        """Return the columns of a row shown for this much of it.

        :raises Rejected: that is narrower than what was named.
        """
        found: dict[str, Any] = {"patient": self.patient, "course": None, "session": None, "starts_at": None}
        if scope is GateScope.SESSION:
            if self.session is None:
                raise Rejected("This is asked anew at every visit. Say for which one.", code="needs_visit")
            found |= {"session": self.session, "starts_at": self.session.starts_at}
        if scope is not GateScope.PATIENT:
            if self.course is None:
                raise Rejected("This is asked for a course. Say for which one.", code="needs_course")
            found["course"] = self.course
        return found


def locked(whose: Whose) -> Target:
    """Lock what a gate is asked for and everything above it.

    :raises NotFound: there is no such visit or course.
    :raises Stale: the visit was moved since it was read.
    """
    if whose.patient_id is not None:
        locking.patient(whose.patient_id)
        patient = Patient.objects.select_related("site").get(pk=whose.patient_id)
        return Target(patient, patient.site)
    course_id = whose.course_id
    if whose.session_id is not None:
        course_id = Session.objects.filter(pk=whose.session_id).values_list("course_id", flat=True).first()
        if course_id is None:
            raise NotFound("There is no such visit.")
    course = locking.course(course_id or 0)
    locking.patient(course.patient_id)
    session = None
    if whose.session_id is not None:
        session = Session.objects.get(pk=whose.session_id)
        session.course = course
        if whose.timing is not None and session.timing_version != whose.timing:
            raise meanwhile.stale_session(session)
    return Target(course.patient, course.site, course, session)


def whose_is(row: Prerequisite) -> Whose:
    """Return what a stored row was shown for."""
    if row.session_id:
        return Whose(session_id=row.session_id)
    return Whose(course_id=row.course_id) if row.course_id else Whose(patient_id=row.patient_id)


def asked_of(target: Target, kind: GateKind) -> Requirement:
    """Return a gate as the course's protocol asks for it; of a patient alone, as any may.

    :raises Rejected: it does not, or it is asked for a course and none is named.
    """
    if target.course is None:
        if GATES[kind].scope is not GateScope.PATIENT:
            raise Rejected("This is asked for a course. Say for which one.", code="needs_course")
        return Requirement(kind, GATES[kind].due_days)
    definition = definition_of(target.course.protocol)
    form = gate_kinds.form(definition)
    wanted = [*gate_kinds.requirements(definition), *([form] if form else [])]
    found = next((each for each in wanted if each.kind is kind), None)
    if found is None:
        raise Rejected("The protocol of this course does not ask for that.", code="not_a_gate")
    return found


def check_possible(target: Target, asked: Requirement, now: dt.datetime) -> None:
    """Refuse to record what is not asked for now, or what a payer says instead.

    :raises IllegalMove: one of them.
    """
    check_open(target, asked)
    if asked.kind is GateKind.AUTHORIZATION and target.course:
        visit = stored.asked_of(target.session) if target.session else stored.next_asked(target.course, now=now)
        if visit.authorization_id or visit.uncovered:
            raise IllegalMove("An authorisation is about this course, and says what is paid. Change that one.")


def check_open(target: Target, asked: Requirement) -> None:
    """Refuse what is not asked for now: the visit is past it, or the course has ended.

    :raises IllegalMove: one of them.
    """
    session = target.session
    if asked.scope is GateScope.SESSION and session is not None:
        fitting = DELIVERED if asked.kind in AFTER else stored.AHEAD
        if session.state not in fitting:
            raise IllegalMove(f"This visit is {WORDS[SessionState(session.state)]}. This is not asked for now.")
    elif target.course is not None and target.course.state in _ENDED:
        raise IllegalMove("This course has ended. Nothing is asked for any more.")


def facts_of(target: Target, asked: Requirement, evidence: Evidence, now: dt.datetime) -> dict[str, Any]:
    """Return the columns of what was shown, checked.

    :raises Rejected: nobody is named, the times are missing or can't be, or it has expired already.
    :raises NotFound: the person does not belong to the patient.
    """
    text = evidence.text.strip()[:160]
    if asked.kind in NAMED and not (text or evidence.person_id):
        raise Rejected("Say who takes the patient home: a name and a phone.", fields={"person": "required"})
    if evidence.person_id is not None:
        beside = RelatedPerson.objects.filter(pk=evidence.person_id, patient=target.patient, is_active=True)
        if not beside.exists():
            raise NotFound("There is nobody like that beside this patient.", fields={"person": "unknown"})
    _check_valid(target, asked, evidence.valid_until, now)
    return {
        "evidence": text,
        "person_id": evidence.person_id,
        "is_confirmed": evidence.is_confirmed or asked.kind not in NAMED,
        "valid_until": evidence.valid_until,
        **_fasted(target, asked, evidence, now),
    }


def _check_valid(target: Target, asked: Requirement, until: dt.date | None, now: dt.datetime) -> None:
    if until is None:
        return
    today = local_time.today(now, target.zone)
    if until < today:
        raise Rejected("That has expired already.", fields={"valid_until": "past"})
    if asked.valid_days and until > today + dt.timedelta(days=asked.valid_days):
        most = day_text(today + dt.timedelta(days=asked.valid_days))
        raise Rejected(
            f"{GATES[asked.kind].name} is good for {asked.valid_days} days at the most, until {most}.",
            fields={"valid_until": "range"},
        )


def _fasted(target: Target, asked: Requirement, evidence: Evidence, now: dt.datetime) -> dict[str, Any]:
    if asked.kind is not GateKind.FASTING:
        return {}
    assert target.session is not None, "fasting is asked at a visit"
    today, minute_now = local_time.wall(now, target.zone)
    if today != target.session.day:
        visit = day_text(target.session.day)
        raise Rejected(f"This is asked when the patient arrives, on {visit}.", code="too_early")
    found = {}
    for name, minute in (("ate_at", evidence.ate_minute), ("drank_at", evidence.drank_minute)):
        if minute is None:
            word = name.removesuffix("_at")
            raise Rejected(f"Say when the patient last {word}.", fields={word: "required"})
        day = today if minute <= minute_now else today - dt.timedelta(days=1)
        try:
            found[name] = local_time.to_utc(day, minute, target.zone)
        except LocalTimeError as error:
            raise Rejected(str(error), fields={name.removesuffix("_at"): "unusable"}) from error
    return found
