"""Pure: who is asked for a freed time, best first, with how much notice, how often, and until when an answer counts.

What somebody asked for, how far their course is behind and how long they wait decides, and nothing else about them: a
guess at who comes never makes anybody wait longer (domain.md 5, equity guard).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain import local_time
from scheduling.domain.local_time import MINUTES_A_DAY, clock_text
from scheduling.domain.operations import Urgency
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.words import listed

# Least notice before a visit, minutes: hours without food and who drives home are in it (domain.md 5, DEFAULT). A
# protocol may say its own.
LEAD_MINUTES: Mapping[str, int] = {
    "ect": 18 * 60,
    "ketamine_iv": 18 * 60,
    "esketamine": 4 * 60,
    "tms": 45,
    "dtms": 45,
}
USUAL_LEAD = 45
SHOWN = 5  # candidates a desk is shown
AT_ONCE = 3  # open offers of one freed time
A_DAY = 2  # times anybody is asked on one day of the clinic
ANSWER = dt.timedelta(minutes=30)
LAST_ANSWER = dt.timedelta(hours=2)  # before the start
LATELY = dt.timedelta(days=14)  # who came forward since is asked after the others
LEAST_OFFERS = 50  # from as many answers on the clinic's own rate says something
NOON = 12 * 60
LONGEST_WHY = 120
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_URGENCY = {Urgency.URGENT: 0, Urgency.SOON: 1, Urgency.ROUTINE: 2}


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to fill: its start on the clinic's wall and as an instant, and the main resource that is free then."""

    day: dt.date
    minute: int
    starts_at: dt.datetime
    resource_id: int
    kind: str
    zone: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """When somebody wants to come: weekdays (ISO; empty: any), and the minutes within which a visit may begin."""

    weekdays: frozenset[int] = frozenset()
    from_minute: int = 0
    to_minute: int = MINUTES_A_DAY

    def allows(self, day: dt.date, minute: int) -> bool:
        """Tell whether a visit may begin then."""
        return self.from_minute <= minute < self.to_minute and (not self.weekdays or day.isoweekday() in self.weekdays)

    @property
    def words(self) -> str:
        """What was asked for: `asked for mornings, Mondays`; empty: any time."""
        parts = [self._times()] if self._times() else []
        parts += [listed([_DAYS[day - 1] for day in sorted(self.weekdays)])] if self.weekdays else []
        return f"asked for {', '.join(parts)}" if parts else ""

    def _times(self) -> str:
        first, last = self.from_minute, self.to_minute
        if (first, last) == (0, MINUTES_A_DAY):
            return ""
        if first == 0:
            return "mornings" if last == NOON else f"before {clock_text(last)}"
        if last == MINUTES_A_DAY:
            return "afternoons" if first == NOON else f"{clock_text(first)} or later"
        return f"{clock_text(first)} to {clock_text(last)}"


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody on the list as far as the order goes.

    `behind`: days by which the course ends later than it was booked to; `owed`: visits nobody has booked yet;
    `was_helped`: came forward lately.
    """

    entry_id: int
    urgency: Urgency
    since: dt.datetime
    behind: int = 0
    owed: int = 0
    was_helped: bool = False

    @property
    def is_behind(self) -> bool:
        """Whether the course lost visits that it has not got back in time."""
        return bool(self.behind or self.owed)


def in_order(applicants: Sequence[Applicant]) -> list[Applicant]:
    """Return applicants as they are asked: by urgency, who was not helped lately, who is farthest behind, who waits
    longest."""
    return sorted(
        applicants,
        key=lambda each: (_URGENCY[each.urgency], each.was_helped, -each.behind, -each.owed, each.since, each.entry_id),
    )


def why(applicant: Applicant, wanted: Wanted, *, sooner: int | None, now: dt.datetime) -> str:
    """Return why somebody is asked: `asked for mornings, 3 days behind`; `sooner`: days by which a visit comes forward.

    None: a course would begin.
    """
    parts = [applicant.urgency.value] if applicant.urgency is not Urgency.ROUTINE else []
    parts += [wanted.words] if wanted.words else []
    parts += [f"{_days(applicant.behind)} behind"] if applicant.behind else []
    parts += [f"{applicant.owed} {'visit' if applicant.owed == 1 else 'visits'} owed"] if applicant.owed else []
    if sooner is not None:
        parts.append(f"comes {_days(sooner)} sooner" if sooner else "comes sooner that day")
    else:
        parts.append(f"waits {_days((now - applicant.since).days)}")
    text = ", ".join(parts)
    return text if len(text) <= LONGEST_WHY else f"{text[: LONGEST_WHY - 1]}…"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def lead_minutes(definition: ProtocolDefinition, way: int) -> int:
    """Return the least notice before a visit, minutes; `way`: how long the patient takes to get here.

    The hours without food come before the way, whatever a table says.
    """
    own = definition.refill_lead_minutes
    usual = LEAD_MINUTES.get(definition.modality, USUAL_LEAD) if own is None else own
    hours = definition.fasting.values() if isinstance(definition.fasting, Mapping) else ()
    return max(usual, int(max(hours, default=0) * 60) + way)


def answer_by(definition: ProtocolDefinition, slot: Slot, way: int) -> dt.datetime:
    """Return the last instant at which a yes still leaves the notice a visit takes."""
    last = slot.starts_at - dt.timedelta(minutes=lead_minutes(definition, way))
    if not isinstance(definition.fasting, str):
        return last
    # Nothing to eat from midnight: who is asked after it may have eaten.
    return min(last, local_time.day_bounds(slot.day, slot.zone)[0])


def too_soon(definition: ProtocolDefinition, slot: Slot, way: int, *, now: dt.datetime) -> str:
    """Return why there is too little notice, or nothing if there is enough."""
    if now <= answer_by(definition, slot, way):
        return ""
    left, needed = int((slot.starts_at - now).total_seconds() // 60), lead_minutes(definition, way)
    if left >= needed:
        return "nothing may be eaten from midnight, and it is past that"
    return f"needs {_duration(needed)} of notice, {_duration(max(0, left))} are left"


def _duration(minutes: int) -> str:
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def expires_at(slot: Slot, answer_by: dt.datetime, *, now: dt.datetime) -> dt.datetime | None:
    """Return until when an offer made now may be answered, or None if there is no time to ask: then people call."""
    until = min(now + ANSWER, slot.starts_at - LAST_ANSWER, answer_by)
    return until if until > now else None


def asked_enough(*, today: int, was_asked: bool) -> str:
    """Return why somebody is not asked once more, or nothing if they may be; `was_asked`: for this very time."""
    if was_asked:
        return "was asked for this time already"
    return "was asked twice today" if today >= A_DAY else ""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many offers were answered by a yes, of those that could have been. `of` counts no offer that lost a race."""

    accepted: int
    of: int

    @property
    def share(self) -> float | None:
        """The share accepted, once there are enough to say so."""
        return self.accepted / self.of if self.of >= LEAST_OFFERS else None

    def chance(self, asked: int) -> float | None:
        """Return the chance that one of so many says yes, as far as the past tells."""
        return None if self.share is None else 1 - (1 - self.share) ** asked
