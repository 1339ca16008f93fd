"""Who takes a patient home, as the patient says on their page; and what that person answers on theirs.

Naming somebody confirms nothing: only their own word does, or the desk's.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from clinic import actions as clinic_actions
from patients import driver_actions, driver_links
from patients.models import RelatedPerson
from scheduling.actions import gate_facts, gate_rows, gates
from scheduling.actions.gate_facts import Target, Whose
from scheduling.domain.gate_kinds import CANT_COME, NAMED, GateScope, Requirement
from scheduling.domain.states import SessionState
from scheduling.errors import Conflict, Rejected
from scheduling.models import CourseEvent, Prerequisite
from scheduling.queries import coming

NAMED_BY_PATIENT = "Named by the patient"
TOLD_OFF = "Told that they are not needed"
READ = "driving_read"


@dataclass(frozen=True, slots=True)
class Driver:
    """Whom a patient names: somebody known, or a name and a phone.

    `may_text`: they know they may be texted. `read`: the version of the words about not driving the patient says to
    have read; empty: they did not say so.
    """

    person_id: int | None = None
    name: str = ""
    phone: str = ""
    language: str = "en"
    may_text: bool = False
    read: str = ""


@transaction.atomic(durable=True)
def name_driver(
    *,
    request: clinic_actions.Request,
    patient_id: int,
    session_id: int,
    timing: int,
    driver: Driver,
    now: dt.datetime,
) -> int:
    """Name who takes a patient home from one visit, and return the person's id; again changes nothing.

    They are asked, and not confirmed; the link of whom they take the place of ends.

    :raises Rejected: not read, no name, or a phone that can't be one or is the patient's own.
    :raises NotFound: no such visit of this patient, or nobody like that beside them.
    :raises Stale: the visit was moved since it was read.
    :raises Conflict: the visit has begun or is off, or asks for nobody.
    """
    if not driver.read:
        raise Rejected("Say that it was read.", fields={"read": "required"})
    if not coming.is_of(session_id, patient_id=patient_id):
        raise Conflict("This visit is not there any more.", code="visit_gone")
    target = gate_facts.locked(Whose(session_id=session_id, timing=timing))
    asked = gates.company(target, now)
    if asked is None:
        raise Conflict("Nobody is asked for at this visit any more.", code="visit_gone")
    person = _person(request, target, driver, now)
    if driver.may_text:
        driver_actions.note_may_text(request=request, patient=target.patient, person=person, now=now)
    _name(request, target, asked, person, now)
    _note_read(request, target, asked, driver.read, now)
    driver_links.made_link(person.pk, now=now)
    return person.pk


@transaction.atomic(durable=True)
def answer_on_page(
    *, person_id: int, session_id: int, timing: int, is_yes: bool, now: dt.datetime, agent: str = ""
) -> bool:
    """Note what somebody who was named says on their own page; return False if it can't be said any more.

    Again changes nothing. `agent`: the browser it was said with.
    """
    if not _named(person_id).filter(session=session_id).exists():
        return False
    return gates.answer_ride(
        session_id=session_id, timing=timing, person_id=person_id, is_yes=is_yes, now=now, agent=agent
    )


@transaction.atomic(durable=True)
def let_go(*, session_id: int, person_id: int, starts_at: dt.datetime, told_at: dt.datetime, now: dt.datetime) -> None:
    """Let a yes not count any more that somebody gave for a time before they were told that they are not needed then.

    They stay named, so that they are asked if the visit comes back to that time. Again changes nothing.
    """
    target = gate_facts.locked(Whose(session_id=session_id))
    yes = _named(person_id).filter(session=session_id, starts_at=starts_at, is_confirmed=True, at__lt=told_at)
    if (row := yes.first()) is None:
        return
    by = clinic_actions.Request(user=None)
    level: dict[str, Any] = {**target.level(GateScope.SESSION), "kind": row.kind, "starts_at": starts_at}
    facts = {"person_id": person_id, "is_confirmed": False, "evidence": TOLD_OFF}
    gate_rows.withdraw(by, target, row, now, is_replaced=True)
    gate_rows.insert(by, target, level, facts, "gate_let_go", now)


def _person(request: clinic_actions.Request, target: Target, driver: Driver, now: dt.datetime) -> RelatedPerson:
    if driver.person_id is not None:
        return driver_actions.known_driver(patient=target.patient, person_id=driver.person_id)
    return driver_actions.written_driver(
        request=request,
        patient=target.patient,
        name=driver.name,
        phone=driver.phone,
        language=driver.language,
        now=now,
    )


def _name(
    request: clinic_actions.Request, target: Target, asked: Requirement, person: RelatedPerson, now: dt.datetime
) -> None:
    level: dict[str, Any] = {**target.level(GateScope.SESSION), "kind": asked.kind, "is_override": False}
    row = Prerequisite.objects.filter(**level, withdrawn_at=None).first()
    if row and row.person_id == person.pk and (row.is_confirmed or row.evidence != CANT_COME):
        return
    if row:
        gate_rows.withdraw(request, target, row, now, is_replaced=True)
    facts = {"person_id": person.pk, "is_confirmed": False, "evidence": NAMED_BY_PATIENT}
    gate_rows.insert(request, target, level, facts, "gate_named", now)
    before = row.person_id if row else None
    if before and before != person.pk and not _is_named_elsewhere(before, now):
        driver_links.end_links([before], now=now)


def _is_named_elsewhere(person_id: int, now: dt.datetime) -> bool:
    return _named(person_id).filter(session__state=SessionState.BOOKED, session__ends_at__gt=now).exists()


def _named(person_id: int) -> QuerySet[Prerequisite]:
    return Prerequisite.objects.filter(person=person_id, kind__in=NAMED, is_override=False, withdrawn_at=None)


def _note_read(
    request: clinic_actions.Request, target: Target, asked: Requirement, words: str, now: dt.datetime
) -> None:
    """Keep, once for each visit at each time, which words the patient says to have read."""
    assert target.session is not None, "somebody is asked for at a visit"
    about = gate_rows.visit_of(target) | {"starts_at": target.session.starts_at.isoformat(), "words": words}
    said = CourseEvent.objects.filter(course=target.course, kind=READ)
    if not said.filter(**{f"data__{name}": value for name, value in about.items()}).exists():
        gate_rows.note(request, target, READ, about | {"gate": asked.kind}, now)
