"""Who was ever named to take a patient home at a time still ahead, and whether they are needed then."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import OuterRef, Subquery

from scheduling.domain.gate_kinds import NAMED
from scheduling.domain.states import CALLED_OFF
from scheduling.models import Prerequisite, Session, SessionEvent

_LONGEST = dt.timedelta(days=1)  # of a visit
_SLIP = dt.timedelta(minutes=3)  # a yes the desk noted and took back within it was never said


@dataclass(frozen=True, slots=True)
class Pickup:
    """One person who was named for a visit at one time, and did not say that they can't.

    `starts_at` and `ends_at`: of the visit at that time. `is_spared`: it moved, is called off, or has somebody else for
    it now, since `changed_at`. `agreed_at`: when they said yes last; `is_agreed`: and that counts.
    """

    session_id: int
    course_id: int
    patient_id: int
    site_id: int
    timing_version: int
    person_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_spared: bool
    changed_at: dt.datetime
    agreed_at: dt.datetime | None
    is_agreed: bool


def pickups(*, now: dt.datetime, session_id: int | None = None) -> list[Pickup]:
    """Return who was named for whom at times that end after an instant; `session_id`: for one visit. One statement."""
    changed = SessionEvent.objects.filter(session=OuterRef("session")).order_by("-pk").values("at")[:1]
    of_visit = {} if session_id is None else {"session": session_id}
    rows = (
        Prerequisite.objects.filter(
            kind__in=NAMED,
            is_override=False,
            person__isnull=False,
            session__isnull=False,
            starts_at__gt=now - _LONGEST,
            **of_visit,
        )
        .select_related("session", "person")
        .annotate(changed_at=Subquery(changed))
        .order_by("session", "starts_at", "pk")
    )
    named = [_Named(row, row.session, row.changed_at) for row in rows if row.session]
    of_one_time = groupby(named, key=lambda each: (each.visit.pk, each.row.starts_at))
    found = [each for _time, group in of_one_time for each in _of_one_time(list(group))]
    return [each for each in found if each.ends_at > now]


@dataclass(frozen=True, slots=True)
class _Named:
    """`changed_at`: when anything last happened to the visit."""

    row: Prerequisite
    visit: Session
    changed_at: dt.datetime

    @property
    def has_said_yes(self) -> bool:
        row = self.row
        is_slip = row.by_id is not None and row.withdrawn_at is not None and row.withdrawn_at - row.at < _SLIP
        return row.is_confirmed and not is_slip


def _of_one_time(named: Sequence[_Named]) -> Iterator[Pickup]:
    """Yield who was ever named for a visit at one time, each as last named. `named`: every time somebody was."""
    in_force = next((each for each in named if each.row.withdrawn_at is None and not each.row.is_refused), None)
    for person_id, last in {each.row.person_id: each for each in named}.items():
        if not last.row.is_refused:
            yes = [each.row.at for each in named if each.row.person_id == person_id and each.has_said_yes]
            yield _pickup(last, in_force, max(yes, default=None))


def _pickup(named: _Named, in_force: _Named | None, agreed_at: dt.datetime | None) -> Pickup:
    row, visit = named.row, named.visit
    assert row.person_id is not None, "asked for"
    assert row.starts_at is not None, "of a visit"
    is_off = row.starts_at != visit.starts_at or visit.state in CALLED_OFF
    is_replaced = in_force is not None and not _is_same(in_force.row, row)
    return Pickup(
        session_id=visit.pk,
        course_id=visit.course_id,
        patient_id=visit.patient_id,
        site_id=visit.site_id,
        timing_version=visit.timing_version,
        person_id=row.person_id,
        starts_at=row.starts_at,
        ends_at=row.starts_at + (visit.ends_at - visit.starts_at),
        is_spared=is_off or is_replaced,
        changed_at=in_force.row.at if in_force and is_replaced and not is_off else named.changed_at,
        agreed_at=agreed_at,
        is_agreed=row.is_confirmed and row.withdrawn_at is None,
    )


def _is_same(one: Prerequisite, other: Prerequisite) -> bool:
    """Tell whether two rows name one person: some are written down twice, with the same phone."""
    if one.person_id == other.person_id:
        return True
    return bool(one.person and other.person and one.person.phone and one.person.phone == other.person.phone)
