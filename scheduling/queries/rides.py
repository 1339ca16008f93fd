"""Who takes a patient home: for the patient's own page, for that of who drives, and for what is said to them."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, FilteredRelation, Q

from scheduling.domain.gate_kinds import CANT_COME, NAMED
from scheduling.domain.states import OPEN, SessionState
from scheduling.models import Prerequisite, Session
from scheduling.queries.coming import ComingVisit, needs_company, visit_of, with_protocol

_ANY = OPEN - {SessionState.HELD}


@dataclass(frozen=True, slots=True)
class Ride:
    """A visit after which somebody must go home with the patient, and who is named for it at the time it has now.

    `is_named` without a `person_id`: the desk wrote down somebody in words. `is_refused`: who was named can't.
    """

    visit: ComingVisit
    is_named: bool = False
    person_id: int | None = None
    is_confirmed: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class OffRide:
    """When somebody was to pick a patient up who is not needed then any more."""

    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Driven:
    """A person named to take a patient home from a booked visit."""

    session_id: int
    course_id: int
    patient_id: int
    site_id: int
    timing_version: int
    day: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    person_id: int
    reminders: Mapping[str, Any]


def next_ride(patient_id: int, *, now: dt.datetime) -> Ride | None:
    """Return the next visit of a patient after which somebody must go home with them; one statement."""
    in_force = FilteredRelation(
        "prerequisites",
        condition=Q(
            prerequisites__kind__in=NAMED,
            prerequisites__is_override=False,
            prerequisites__withdrawn_at=None,
            prerequisites__starts_at=F("starts_at"),
        ),
    )
    booked = Session.objects.filter(patient=patient_id, state=SessionState.BOOKED, starts_at__gt=now)
    rows = with_protocol(booked).annotate(
        named=in_force,
        shown_id=F("named__pk"),
        person_id=F("named__person"),
        has_said_yes=F("named__is_confirmed"),
        evidence=F("named__evidence"),
    )
    for row in rows.order_by("starts_at", "pk"):
        if needs_company(row):
            return _ride(row, row.shown_id, row.person_id, row.has_said_yes, row.evidence)
    return None


def driven_by(person_id: int, *, now: dt.datetime) -> Ride | None:
    """Return the next visit a person is named for, until it ends; None: there is none. One statement."""
    rows = Prerequisite.objects.filter(
        person=person_id,
        kind__in=NAMED,
        is_override=False,
        withdrawn_at=None,
        session__state__in=_ANY,
        session__ends_at__gt=now,
        starts_at=F("session__starts_at"),
    )
    row = rows.select_related("session").order_by("session__starts_at", "pk").first()
    return _ride(row.session, row.pk, row.person_id, row.is_confirmed, row.evidence) if row and row.session else None


def no_longer_driven_by(person_id: int) -> OffRide | None:
    """Return what a person was last named for, if the visit has another time now or is cancelled; one statement."""
    named = Prerequisite.objects.filter(person=person_id, kind__in=NAMED, is_override=False, withdrawn_at=None)
    row = named.filter(session__isnull=False).select_related("session").order_by("-pk").first()
    if row is None or row.session is None or row.starts_at is None:
        return None
    visit = row.session
    if row.starts_at == visit.starts_at and visit.state != SessionState.CANCELLED:
        return None
    return OffRide(starts_at=row.starts_at, ends_at=row.starts_at + (visit.ends_at - visit.starts_at))


def driven(*, first: dt.date, last: dt.date) -> list[Driven]:
    """Return who takes whom home from the booked visits of some days, as named for that time; one statement.

    Who said that they can't is asked no more.
    """
    rows = (
        Prerequisite.objects.filter(
            kind__in=NAMED,
            is_override=False,
            withdrawn_at=None,
            person__isnull=False,
            session__day__range=(first, last),
            session__state=SessionState.BOOKED,
            starts_at=F("session__starts_at"),
        )
        .exclude(evidence=CANT_COME)
        .annotate(reminders=F("session__course__protocol__definition__reminders"))
        .order_by("pk")
        .values_list(
            "session_id",
            "session__course_id",
            "patient_id",
            "session__site_id",
            "session__timing_version",
            "session__day",
            "session__starts_at",
            "session__ends_at",
            "person_id",
            "reminders",
        )
    )
    return [Driven(*row[:9], reminders=row[9] or {}) for row in rows]


def asked_for(session_ids: Collection[int]) -> dict[int, int | None]:
    """Return who is named for some visits at the time they have now, by the visit's id; one statement.

    None: somebody in words, or somebody who can't; a visit nobody is named for is left out.
    """
    rows = Prerequisite.objects.filter(
        session__in=session_ids,
        starts_at=F("session__starts_at"),
        kind__in=NAMED,
        is_override=False,
        withdrawn_at=None,
    )
    return {
        session_id: None if evidence == CANT_COME else person_id
        for session_id, person_id, evidence in rows.values_list("session_id", "person_id", "evidence")
        if session_id
    }


def _ride(
    session: Session, shown_id: int | None, person_id: int | None, is_confirmed: bool | None, evidence: str | None
) -> Ride:
    return Ride(
        visit=visit_of(session, needs_company=True),
        is_named=shown_id is not None,
        person_id=person_id,
        is_confirmed=bool(is_confirmed),
        is_refused=evidence == CANT_COME and not is_confirmed,
    )
