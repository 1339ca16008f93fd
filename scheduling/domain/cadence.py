"""Pure: which days the next session of a course may fall on, by its phase's rules. Days are date ordinals."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.domain.local_time import QUANTUM
from scheduling.domain.protocol import Phase, ProtocolDefinition


@dataclass(frozen=True, slots=True)
class Block:
    """What is placed on one day: usually one visit, several where a phase has several a day."""

    phase: Phase
    index: int  # within the phase
    last_in_phase: int
    visits: tuple[str, ...]
    offsets: tuple[int, ...] = (0,)  # quanta from the first visit's start to each visit's


@dataclass(frozen=True, slots=True)
class Place:
    """Where the search stands: blocks placed, the day of the latest, its week's count, and the phase's anchor day.

    `trips` counts the days of that week on which the patient comes only for this course; 0 where no wish limits them.
    """

    placed: int
    day: int
    in_week: int
    anchor: int
    trips: int = 0


def blocks_of(protocol: ProtocolDefinition, series: str = "") -> tuple[Block, ...]:
    """Return a series of a course as its blocks in order; the first visit of the course has its own type."""
    blocks: list[Block] = []
    for phase in protocol.phases:
        if phase.series != series:
            continue
        count = phase.planned // phase.per_day
        for index in range(count):
            visits = [phase.visit or protocol.other_visit] * phase.per_day
            if not blocks and phase.visit is None:
                visits[0] = protocol.first_visit
            blocks.append(Block(phase, index, count - 1, tuple(visits), _offsets(phase, visits, protocol)))
    return tuple(blocks)


def _offsets(phase: Phase, visits: Sequence[str], protocol: ProtocolDefinition) -> tuple[int, ...]:
    offsets, at = [], 0
    for visit in visits:
        offsets.append(at // QUANTUM)
        minutes = protocol.visit_types[visit].minutes
        at += phase.spacing_minutes or minutes + (phase.rest_minutes or 0)
    return tuple(offsets)


def keeps_weekday(phase: Phase) -> bool:
    """Tell whether a phase holds one visit a week, so that its weekday is a wish as its time of day is."""
    return phase.per_week == 1 and not phase.weeks


def days_waited(phase: Phase, index: int, before: int, day: int) -> int:
    """Return the days a visit makes the patient wait: from one weekly visit to the next, whole weeks."""
    if index and keeps_weekday(phase):
        return monday(day) - monday(before)
    return day - before


def weekday_drift(day: int, anchor: int) -> int:
    """Return how many days a day stands from the anchor's weekday in its own week."""
    return abs((day - 1) % 7 - (anchor - 1) % 7)


def monday(day: int) -> int:
    """Return the Monday of a day's week; weekly quotas count Monday to Sunday."""
    return day - (day - 1) % 7  # ordinal 1, January 1 of year 1, was a Monday


def entry(block: Block, place: Place, start_on: int) -> tuple[int, int]:
    """Return the anchor of the phase a block opens, and the first day it may use."""
    phase = block.phase
    if place.placed == 0:
        first = start_on + 7 * phase.offset_weeks
        return (monday(first) if phase.weeks or phase.per_week else start_on), first
    if phase.starts == "next_monday":
        first = monday(place.day) + 7 + 7 * phase.offset_weeks
        return first, first
    first = place.day + max(phase.min_gap_days, 7 * phase.offset_weeks)
    return (monday(first) if phase.weeks or phase.per_week else place.day), first


def window(block: Block, place: Place, anchor: int, first: int, hard_gap: int | None) -> tuple[int, int | None]:
    """Return the earliest and latest day (None: open) for a block, before weekdays and closures are looked at."""
    phase = block.phase
    if phase.windows_days:
        low, high = phase.windows_days[block.index]
        return max(anchor + low, first), anchor + high
    if phase.consecutive_days and block.index:
        return place.day + 1, place.day + 1
    if phase.interval_weeks and place.placed:
        low, high = interval_days(phase)
        return max(place.day + low, first), place.day + high
    if hard_gap and place.placed and not (block.index == 0 and phase.offset_weeks):
        # A gap of hard_gap days or more is not allowed: that is where a clinician decides, not a planner.
        return first, place.day + hard_gap - 1
    return first, None


def interval_days(phase: Phase) -> tuple[int, int]:
    """Return shortest and longest gap of an interval phase: its range, else 3 days either way, 7 from 4 weeks on."""
    assert phase.interval_weeks is not None
    if phase.range_weeks:
        return 7 * phase.range_weeks[0], 7 * phase.range_weeks[1]
    slack = 7 if phase.interval_weeks >= 4 else 3
    return 7 * phase.interval_weeks - slack, 7 * phase.interval_weeks + slack


def quota(phase: Phase, day: int, anchor: int) -> int | None:
    """Return how many days of a day's week the phase may use; None if it does not count by weeks."""
    week = (monday(day) - monday(anchor)) // 7
    if phase.weeks:
        # What a closed week could not take goes on at the pace of the last week.
        return phase.weeks[min(week, len(phase.weeks) - 1)]
    if phase.first_weeks_per_week and week < phase.first_weeks:
        return phase.first_weeks_per_week
    return phase.per_week


def quota_end(phase: Phase, remaining: int, day: int, in_week: int, anchor: int) -> int:
    """Return the first day of the week in which the last of `remaining` blocks can fall, by quotas alone."""
    week = monday(day)
    left = (quota(phase, day, anchor) or 7) - in_week
    while remaining > left:
        remaining -= max(left, 0)
        week += 7
        left = quota(phase, week, anchor) or 7
    return max(week, day)


def allowed_days(phase: Phase, first: int, last: int, closed: frozenset[int]) -> Sequence[int]:
    """Return the days of a stretch that the phase's weekdays and the house's closures leave."""
    return [day for day in range(first, last + 1) if (day - 1) % 7 + 1 in phase.weekdays and day not in closed]


def date_of(day: int) -> dt.date:
    """Return the date of an ordinal."""
    return dt.date.fromordinal(day)
