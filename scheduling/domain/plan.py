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
