"""Who was to take a patient home at a time, still ahead, at which they are not needed any more."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import OuterRef, Subquery

from scheduling.domain.gate_kinds import CANT_COME, NAMED
from scheduling.domain.states import SessionState
from scheduling.models import Prerequisite, Session, SessionEvent

_CALLED_OFF = (SessionState.CANCELLED, SessionState.ENTERED_IN_ERROR)
_LONGEST = dt.timedelta(days=1)  # of a visit


@dataclass(frozen=True, slots=True)
class Spared:
    """Somebody who was named for a visit's old time, or for a visit that has somebody else now.

    `starts_at` and `ends_at`: the visit as they know it; `since`: when that changed; `agreed_at`: when they said yes.
    """

    session_id: int
    course_id: int
    patient_id: int
    site_id: int
    timing_version: int
    person_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    since: dt.datetime
    agreed_at: dt.datetime | None


def spared(*, now: dt.datetime, session_id: int | None = None) -> list[Spared]:
    """Return who was to take a patient home from a visit that moved, is called off, or has somebody else for it now.

    Who said that they can't knows. `session_id`: of this visit alone. One statement.
    """
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
        .select_related("session")
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


def _of_one_time(named: Sequence[_Named]) -> Iterator[Spared]:
    """Yield who is not needed of those who were ever named for a visit at one time, in order."""
    instead = next((each.row for each in named if each.row.withdrawn_at is None), None)
    for person_id, last in {each.row.person_id: each for each in named}.items():
        is_theirs = last.row.starts_at == last.visit.starts_at and last.visit.state not in _CALLED_OFF
        knows = last.row.evidence == CANT_COME and not last.row.is_confirmed
        if knows or (is_theirs and (instead is None or instead.person_id == person_id)):
            continue
        yes = [each.row.at for each in named if each.row.person_id == person_id and each.row.is_confirmed]
        since = instead.at if is_theirs and instead else last.changed_at
        yield _spared(last, since, max(yes, default=None))


def _spared(named: _Named, since: dt.datetime, agreed_at: dt.datetime | None) -> Spared:
    row, visit = named.row, named.visit
    assert row.person_id is not None, "asked for"
    assert row.starts_at is not None, "of a visit"
    return Spared(
        session_id=visit.pk,
        course_id=visit.course_id,
        patient_id=visit.patient_id,
        site_id=visit.site_id,
        timing_version=visit.timing_version,
        person_id=row.person_id,
        starts_at=row.starts_at,
        ends_at=row.starts_at + (visit.ends_at - visit.starts_at),
        since=since,
        agreed_at=agreed_at,
    )
