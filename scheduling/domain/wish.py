"""Pure: what is asked of the planner, and what the patient's life allows."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduling.domain.costs import NEAR_QUANTA
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.protocol import ProtocolDefinition

Masks = Mapping[int, int]  # date ordinal to a bitmap of busy quanta
NEAR_MINUTES = NEAR_QUANTA * QUANTUM
PICK_UP_QUANTA = 3  # an escort is there for the last quarter of an hour after the visit; default


class Infeasible(ValueError):
    """No plan keeps every rule. `str()` says which session does not fit, why, and what to change."""

    def __init__(self, message: str, *, code: str, at_session: int, relax: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.at_session = at_session
        self.relax = relax


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the planner. Minutes are wall clock at the site; `pins` (kind to resource id) are hard.

    `window` is a soft wish; `is_any_time`: the time may differ from day to day. Hard are `weekdays` (ISO), `requires`
    (kind to what the resource must have) and `max_travel_days` a week. `covered`: spans of days (ordinals, both ends
    in) an authorisation pays for; None: any.
    """

    protocol: ProtocolDefinition
    start_on: dt.date
    preferred_minute: int | None
    window: tuple[int, int] | None
    pins: Mapping[str, int]
    not_before: tuple[dt.date, int]
    horizon_days: int
    requires: Mapping[str, frozenset[str]] = field(default_factory=dict)
    weekdays: frozenset[int] | None = None
    max_travel_days: int | None = None
    is_same_trip: bool = False
    is_any_time: bool = False
    interpreter: str = ""
    covered: tuple[tuple[int, int], ...] | None = None
    frozen_through: dt.date | None = None  # the lists up to this day have gone out: nobody is put on them any more

    @property
    def wished_minutes(self) -> tuple[int, int] | None:
        """Return the minutes [first, end) a visit should begin in; None: as near the standing time as can be."""
        if self.window is None and self.is_any_time and self.preferred_minute is None:
            return 0, 24 * 60
        return self.window

    def is_as_wished(self, minute: int, standing: int) -> bool:
        """Tell whether a visit at a minute is where it was wished, given the standing time (minute)."""
        if not self.is_any_time:
            return minute == standing
        first, end = self.wished_minutes or (standing - NEAR_MINUTES, standing + NEAR_MINUTES + 1)
        return first <= minute < end

    def is_covered(self, day: int) -> bool:
        """Tell whether an authorisation pays for a visit on a day (ordinal), as far as dates go."""
        return self.covered is None or any(first <= day <= last for first, last in self.covered)


@dataclass(frozen=True, slots=True)
class Life:
    """When the patient can't be treated, by the reason; every mask is of busy quanta by day.

    `visits` are the patient's other visits, `rules` what those forbid on their days (`rule_texts` says why), `away`
    absences and weekly unavailability, `escort` when the person who takes the patient home can't.
    """

    visits: Masks = field(default_factory=dict)
    rules: Masks = field(default_factory=dict)
    rule_texts: Mapping[int, str] = field(default_factory=dict)
    away: Masks = field(default_factory=dict)
    escort: Masks = field(default_factory=dict)

    def busy(self, day: int) -> int:
        """Return the quanta of a day at which no visit may be under way."""
        return self.visits.get(day, 0) | self.rules.get(day, 0) | self.away.get(day, 0)


FREE = Life()
