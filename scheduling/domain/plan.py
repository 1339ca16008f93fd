"""Pure: a finished plan, as values."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedUse:
    """A resource a session occupies, in wall-clock minutes of its day, set-up and turnover included."""

    resource_id: int
    kind: str
    name: str
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """One session: when, with what, why there, and how it differs from the wish."""

    number: int
    phase: str
    visit_type: str
    day: dt.date
    minute: int
    minutes: int
    uses: tuple[PlannedUse, ...]
    why: str
    deviation: str | None


@dataclass(frozen=True, slots=True)
class Deviation:
    """A session that is not where the wish would have it."""

    number: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole course as it can be booked."""

    label: str
    summary: str
    standing_minute: int
    cost: int
    sessions: tuple[PlannedSession, ...]
    deviations: tuple[Deviation, ...]
    skipped: tuple[tuple[dt.date, str], ...]

    @property
    def times(self) -> tuple[tuple[dt.date, int, int], ...]:
        """What tells one plan from another: each session's day, minute and main resource."""
        return tuple((session.day, session.minute, session.uses[0].resource_id) for session in self.sessions)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the plans to choose from, and every taste it is the best for: `as_asked`, `earliest`, `steadiest`."""

    tastes: tuple[str, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Fit:
    """A half hour (minutes) and how many of the course's sessions could be then."""

    minute: int
    sessions: int
