"""How far each authorisation of a patient is used up (domain.md 2)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduling.domain.local_time import day_text
from scheduling.domain.states import DELIVERED, GRANTED
from scheduling.models import Authorization, Session
from scheduling.queries.grants import authorizations_of

LOW_UNITS = 10  # at so many left the extension is asked for: two working weeks of daily visits; default
LOW_DAYS = 14  # an answer takes 2 to 7 days [W3 B]; default


class Level(StrEnum):
    """How an authorisation stands: enough, soon to be extended, or something booked is not paid for."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Line:
    """One authorisation and what is left of it, in its own units.

    `left` is approved minus used; `free` is what is not even booked. `uncovered`: ids of counted sessions nothing pays
    for though the authorisation is about their course.
    """

    authorization_id: int
    payer: str
    number: str
    state: str
    starts_on: dt.date
    ends_on: dt.date
    unit: str
    approved: int
    used: int
    booked: int
    level: Level
    uncovered: tuple[int, ...]
    words: str

    @property
    def left(self) -> int:
        """Units not used up by delivered sessions."""
        return self.approved - self.used

    @property
    def free(self) -> int:
        """Units neither used nor booked."""
        return self.approved - self.used - self.booked


def burn_down(patient_id: int, *, today: dt.date) -> list[Line]:
    """Return how each granted authorisation of a patient stands, the one that ends first first; four statements."""
    rows = [row for row in authorizations_of(patient_id) if row.state in GRANTED]
    if not rows:
        return []
    counted = Session.objects.filter(patient=patient_id, is_counted=True).order_by("day", "minute", "pk")
    sessions = list(
        counted.only("pk", "course_id", "number", "day", "state", "dose_mg", "authorization_id", "uncovered")
    )
    return [_line(row, sessions, today) for row in rows]


def _line(row: Authorization, sessions: Sequence[Session], today: dt.date) -> Line:
    paid = [session for session in sessions if session.authorization_id == row.pk]
    courses = {session.course_id for session in paid}
    unpaid = tuple(session.pk for session in sessions if session.uncovered and session.course_id in courses)
    approved = sum(pool.units for pool in row.pools.all())
    used = _units(row, [session for session in paid if session.state in DELIVERED])
    booked = _units(row, paid) - used
    level = _level(row, approved - used, is_short=bool(unpaid), goes_on=booked > 0, today=today)
    return Line(
        authorization_id=row.pk,
        payer=row.payer.name,
        number=row.number,
        state=row.state,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        unit=row.unit,
        approved=approved,
        used=used,
        booked=booked,
        level=level,
        uncovered=unpaid,
        words=_words(row, approved, approved - used, booked, len(unpaid)),
    )


def _units(row: Authorization, sessions: Sequence[Session]) -> int:
    if row.unit == "day":
        return len({session.day for session in sessions})
    if row.unit == "mg":
        return sum(session.dose_mg or 0 for session in sessions)
    return len(sessions)


def _level(row: Authorization, left: int, *, is_short: bool, goes_on: bool, today: dt.date) -> Level:
    if is_short:
        return Level.RED
    is_low = left <= LOW_UNITS or (row.ends_on - today).days <= LOW_DAYS
    return Level.AMBER if goes_on and is_low else Level.GREEN


def _words(row: Authorization, approved: int, left: int, booked: int, short: int) -> str:
    words = f"{left} of {approved} left until {day_text(row.ends_on)}"
    if short:
        return f"{words}: {short} {'visit is' if short == 1 else 'visits are'} not paid for."
    return f"{words}, {booked} of them booked."
