"""What a protocol's numbers mean, read a second time: shared by the validator and the oracle, never by the planner."""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

from scheduling.domain.protocol import Gaps, Phase
from scheduling.domain.wish import Wish

QUANTUM = 5
QUANTA = 24 * 60 // QUANTUM
PICK_UP = 15  # minutes after the visit in which the escort must be there


def monday(day: int) -> int:
    """Return the Monday of a day's week; days are date ordinals."""
    return day - dt.date.fromordinal(day).weekday()


def iso_weekday(day: int) -> int:
    return dt.date.fromordinal(day).isoweekday()


def planned(phase: Phase) -> int:
    """Return how many sessions of a phase are booked with the course."""
    if phase.rule:
        return 0
    if phase.open_ended:
        return phase.plan_ahead or 0
    return phase.sessions or len(phase.windows_days) or sum(phase.weeks)


def is_weekly(phase: Phase) -> bool:
    """Tell whether a phase holds one visit a week, so that it keeps its weekday."""
    return phase.per_week == 1 and not phase.weeks


def hard_gap(gaps: Gaps) -> int | None:
    """Return the days from which on a gap is a clinician's to allow."""
    return next((days for days in (gaps.hard_days, gaps.flag_days, gaps.close_days) if days), None)


def longest_gap(wish: Wish, phase: Phase, *, is_first: bool) -> int | None:
    """Return the longest gap a planner may leave before a session that is not the series' first; None: any."""
    if phase.interval_weeks:
        return interval_range(phase)[1]
    if phase.windows_days or phase.consecutive_days or (is_first and phase.offset_weeks):
        return None
    limit = hard_gap(wish.protocol.gaps)
    return None if limit is None else limit - 1


def interval_range(phase: Phase) -> tuple[int, int]:
    """Return the shortest and the longest distance of an interval phase, in days."""
    assert phase.interval_weeks is not None
    if phase.range_weeks:
        return phase.range_weeks[0] * 7, phase.range_weeks[1] * 7
    slack = 3 if phase.interval_weeks < 4 else 7
    return phase.interval_weeks * 7 - slack, phase.interval_weeks * 7 + slack


def opening(phase: Phase, before: int | None, start_on: int) -> int:
    """Return the first day a phase may use; `before`: the last day of the phase before in its series."""
    if before is None:
        return start_on + 7 * phase.offset_weeks
    if phase.starts == "next_monday":
        return monday(before) + 7 + 7 * phase.offset_weeks
    return before + max(phase.min_gap_days, 7 * phase.offset_weeks)


def week_quota(phase: Phase, week: int) -> int | None:
    """Return how many days of its week number `week`, counted from 0, a phase may use; None: any."""
    if phase.weeks:
        return phase.weeks[min(week, len(phase.weeks) - 1)]
    if week < phase.first_weeks:
        return phase.first_weeks_per_week
    return phase.per_week


@cache
def odd_quanta(day: int, zone: str) -> frozenset[int]:
    """Return the quanta of a day that clocks jump over or show twice."""
    midnight = dt.datetime.combine(dt.date.fromordinal(day), dt.time(), ZoneInfo(zone))
    times = [midnight + dt.timedelta(minutes=QUANTUM * quantum) for quantum in range(QUANTA)]
    return frozenset(
        quantum for quantum, time in enumerate(times) if time.utcoffset() != time.replace(fold=1).utcoffset()
    )
