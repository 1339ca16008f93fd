"""Pure: facts about counts and days. Each check yields what contradicts the fact, in words."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from scheduling.domain import cadence
from tests.scheduling.facts.course import Course, fits
from tests.scheduling.facts.facts import Fact

WEEK = dt.timedelta(days=7)


def count(course: Course, fact: Fact) -> Iterator[str]:
    """So many sessions are prescribed and planned."""
    if (planned := len(course.sessions(fact.phase))) != fact.told:
        yield f"{planned} are planned"
    if (said := sum(phase.planned for phase in course.phases(fact.phase))) != fact.told:
        yield f"the protocol says {said}"


def open_ended(course: Course, fact: Fact) -> Iterator[str]:
    """The phase has no end, and its next sessions are planned."""
    for phase in course.phases(fact.phase):
        if phase.open_ended != fact.told:
            yield f"open_ended is {phase.open_ended}"
        if not course.sessions(phase.name):
            yield "none of its sessions is planned"


def weekdays(course: Course, fact: Fact) -> Iterator[str]:
    """Sessions are on these weekdays only (ISO), and the protocol allows these."""
    for phase in course.phases(fact.phase):
        if list(phase.weekdays) != fact.told:
            yield f"{phase.name} allows {list(phase.weekdays)}"
    for day in course.days(fact.phase):
        if day.isoweekday() not in fact.told:
            yield f"a session is on {day:%A %b %d}"


def min_gap_days(course: Course, fact: Fact) -> Iterator[str]:
    """Two treatment days are never closer, and the protocol never allows it."""
    for phase in course.phases(fact.phase):
        if phase.min_gap_days != fact.told:
            yield f"{phase.name} has a least gap of {phase.min_gap_days}"
        entry = course.entry(phase.name)
        for before, day in course.gaps(phase.name) + ([entry] if entry else []):
            if (day - before).days < fact.told:
                yield f"{before:%b %d} and {day:%b %d} are closer"


def gap_days(course: Course, fact: Fact) -> Iterator[str]:
    """Least and greatest gap of what is planned within a phase."""
    gaps = course.gaps(fact.phase)
    if not gaps:
        yield "no two days are planned"
    for before, day in gaps:
        if not fits((day - before).days, fact.told):
            yield f"from {before:%b %d} to {day:%b %d} are {(day - before).days} days"


def phase_change_days(course: Course, fact: Fact) -> Iterator[str]:
    """Days from the last session of the phase before."""
    entry = course.entry(fact.phase or "")
    if not entry:
        yield "no phase comes before"
    elif not fits((entry[1] - entry[0]).days, fact.told):
        yield f"from {entry[0]:%b %d} to {entry[1]:%b %d} are {(entry[1] - entry[0]).days} days"


def wish_gap_days(course: Course, fact: Fact) -> Iterator[str]:
    """The gap the phase wishes for."""
    for phase in course.phases(fact.phase):
        if phase.wish_gap_days != fact.told:
            yield f"{phase.name} wishes {phase.wish_gap_days}"


def interval_days(course: Course, fact: Fact) -> Iterator[str]:
    """A distance in days that is kept wherever the clinic is open then; the protocol stays `within` two limits."""
    every, within = fact.told["every"], fact.told.get("within")
    for phase in course.phases(fact.phase):
        if 7 * (phase.interval_weeks or 0) != every:
            yield f"{phase.name} is every {phase.interval_weeks} weeks"
            return
        low, high = cadence.interval_days(phase)
        low = max(low, phase.min_gap_days)
        # A range is prescribed within, so it must be the one told; what the planner may move a visit by, may be less.
        is_within = [low, high] == within if phase.range_weeks else fits(low, within) and fits(high, within)
        if within and not is_within:
            yield f"{phase.name} allows {low} to {high} days"
        yield from _kept(course, phase.name, every, within or [low, high])


def _kept(course: Course, name: str, every: int, within: Sequence[int]) -> Iterator[str]:
    entry = course.entry(name)
    for before, day in ([entry] if entry else []) + course.gaps(name):
        wanted = before + dt.timedelta(days=every)
        if day != wanted and wanted in course.open_days:
            yield f"{day:%b %d} could be {wanted:%b %d}"
        if not within[0] <= (day - before).days <= within[1]:
            yield f"from {before:%b %d} to {day:%b %d} are {(day - before).days} days"


def per_week(course: Course, fact: Fact) -> Iterator[str]:
    """So many treatment days from Monday to Sunday: never more, and fewer only where the clinic is closed."""
    for phase in course.phases(fact.phase):
        if phase.per_week != fact.told:
            yield f"{phase.name} has {phase.per_week} a week"
        held = Counter(map(_monday, course.days(phase.name)))
        for monday, days in held.items():
            is_whole = min(held) < monday < max(held)
            least = min(fact.told, _possible(course, monday, phase.min_gap_days)) if is_whole else 1
            if not least <= days <= fact.told:
                yield f"the week of {monday:%b %d} has {days}"


def _possible(course: Course, monday: dt.date, gap: int) -> int:
    """Return on how many days of a week the clinic is open, no two closer than a gap."""
    found: list[dt.date] = []
    for day in (monday + dt.timedelta(days=offset) for offset in range(7)):
        if day in course.open_days and (not found or (day - found[-1]).days >= gap):
            found.append(day)
    return len(found)


def least_per_week(course: Course, fact: Fact) -> Iterator[str]:
    """The fewest a week that may be prescribed."""
    for phase in course.phases(fact.phase):
        if phase.min_per_week != fact.told:
            yield f"{phase.name} permits {phase.min_per_week}"


def paces(course: Course, fact: Fact) -> Iterator[str]:
    """More a week at first, fewer then."""
    first, then = fact.told["first"], fact.told["then"]
    for phase in course.phases(fact.phase):
        if (phase.first_weeks_per_week, phase.per_week) != (first, then):
            yield f"{phase.name} has {phase.first_weeks_per_week} and then {phase.per_week}"
    weeks = _by_week(course, fact.phase)
    if weeks != sorted(weeks, reverse=True) or set(weeks) != {first, then}:
        yield f"its weeks hold {weeks}"


def by_week(course: Course, fact: Fact) -> Iterator[str]:
    """Sessions of each calendar week from the phase's first on."""
    told = fact.told
    wanted = [told["each"]] * told["weeks"] if isinstance(told, dict) else told
    if (weeks := _by_week(course, fact.phase)) != wanted:
        yield f"its weeks hold {weeks}"


def per_day(course: Course, fact: Fact) -> Iterator[str]:
    """So many sessions on every day of the phase."""
    for phase in course.phases(fact.phase):
        if phase.per_day != fact.told:
            yield f"{phase.name} has {phase.per_day} a day"
    for day, sessions in Counter(session.day for session in course.sessions(fact.phase)).items():
        if sessions != fact.told:
            yield f"{day:%b %d} has {sessions}"


def starts_apart_minutes(course: Course, fact: Fact) -> Iterator[str]:
    """Minutes from one start of a day to the next."""
    for phase in course.phases(fact.phase):
        if phase.spacing_minutes != fact.told:
            yield f"{phase.name} has {phase.spacing_minutes}"
    for one, other in pairwise(course.sessions(fact.phase)):
        if one.day == other.day and other.minute - one.minute != fact.told:
            yield f"sessions {one.number} and {other.number} start {other.minute - one.minute} minutes apart"


def rest_minutes(course: Course, fact: Fact) -> Iterator[str]:
    """Minutes of rest at least between two sessions of a day."""
    for phase in course.phases(fact.phase):
        if phase.rest_minutes != fact.told:
            yield f"{phase.name} has {phase.rest_minutes}"
    for one, other in pairwise(course.sessions(fact.phase)):
        rest = other.minute - one.minute - one.minutes
        if one.day == other.day and rest < fact.told:
            yield f"between sessions {one.number} and {other.number} are {rest} minutes"


def consecutive_days(course: Course, fact: Fact) -> Iterator[str]:
    """The whole phase is on so many calendar days in a row."""
    for phase in course.phases(fact.phase):
        if phase.consecutive_days != fact.told:
            yield f"{phase.name} has {phase.consecutive_days}"
    days = course.days(fact.phase)
    if len(days) != fact.told or (days[-1] - days[0]).days != fact.told - 1:
        yield f"it is planned on {', '.join(f'{day:%b %d}' for day in days)}"


def windows_days(course: Course, fact: Fact) -> Iterator[str]:
    """Each session falls into its window of days after entry."""
    for phase in course.phases(fact.phase):
        if [list(window) for window in phase.windows_days] != fact.told:
            yield f"{phase.name} has {phase.windows_days}"
    after = [(day - course.start).days for day in course.days(fact.phase)]
    if len(after) != len(fact.told) or not all(map(fits, after, fact.told)):
        yield f"the sessions are on days {after}"


def rule(course: Course, fact: Fact) -> Iterator[str]:
    """A scale decides week by week, within these weeks; nothing is planned ahead."""
    for phase in course.phases(fact.phase):
        if phase.rule != fact.told["name"] or list(phase.rule_weeks or ()) != fact.told["weeks"]:
            yield f"{phase.name} has {phase.rule} in weeks {phase.rule_weeks}"
    if sessions := course.sessions(fact.phase):
        yield f"{len(sessions)} sessions are planned ahead"


def begins_after_weeks(course: Course, fact: Fact) -> Iterator[str]:
    """The first session is in the week that begins so many weeks after the start."""
    for phase in course.phases(fact.phase):
        if phase.offset_weeks != fact.told:
            yield f"{phase.name} begins after {phase.offset_weeks} weeks"
    first = course.days(fact.phase)[0]
    if not fact.told <= (first - course.start).days / 7 < fact.told + 1:
        yield f"it begins on {first:%b %d}"


def _by_week(course: Course, name: str | None) -> list[int]:
    held = Counter(_monday(session.day) for session in course.sessions(name))
    if not held:
        return []
    weeks = (max(held) - min(held)) // WEEK + 1
    return [held[min(held) + number * WEEK] for number in range(weeks)]


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())
