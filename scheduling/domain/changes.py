"""Pure: the changes a desk makes to a course under way, each a few words about `living.rest_of`."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduling.domain import bitmap, cadence
from scheduling.domain.ground import HALF_HOUR, Ground
from scheduling.domain.living import Change, Limits, Under, numbers, rest_of
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.prescription import prescribed
from scheduling.domain.protocol import Gaps, ProtocolDefinition
from scheduling.domain.wish import Infeasible

CHOICES = 5


def make_up(under: Under, ground: Ground) -> Change:
    """Return the course with what its phases lack appended to them; everything told moves only where a phase shifts."""
    return rest_of(under, ground, Limits(told=_open(under)))


def move_one(under: Under, ground: Ground, number: int, *, choices: int = CHOICES) -> list[Change]:
    """Return up to so many other days and times for one session, the best first; no other session moves.

    :raises Infeasible: there is none.
    """
    [session] = [sitting for sitting in under.sittings if sitting.number == number]
    shut: set[dt.date] = {session.day}
    found = _other_time_that_day(under, ground, number)
    while len(found) < choices:
        limits = Limits(fixed=_open(under) - {number}, shut=frozenset(shut))
        try:
            change = rest_of(under, ground, limits)
        except Infeasible:
            if not found:
                raise
            break
        found.append(change)
        shut.update(move.to.day for move in change.moves)
    return found


def _other_time_that_day(under: Under, ground: Ground, number: int) -> list[Change]:
    """Return the nearest other time of the session's own day, if there is one."""
    [session] = [sitting for sitting in under.sittings if sitting.number == number]
    elsewhere = frozenset(session.day + dt.timedelta(days=away) for away in range(-60, 61) if away)
    away = dict(ground.life.away)
    quantum = session.minute // QUANTUM
    # This half hour is closed, so that the search looks beside it.
    away[session.day.toordinal()] = away.get(session.day.toordinal(), 0) | bitmap.span(quantum, HALF_HOUR)
    beside = replace(ground, life=replace(ground.life, away=away))
    try:
        return [rest_of(under, beside, Limits(fixed=_open(under) - {number}, shut=elsewhere))]
    except Infeasible:
        return []


def move_rest(under: Under, ground: Ground, number: int, *, from_day: dt.date, minute: int | None = None) -> Change:
    """Return the course with a session and all after it laid out anew from a day on, at another time if given."""
    first = next(sitting for sitting in under.sittings if sitting.number == number)
    before = numbers(s for s in under.sittings if s.is_open and (s.day, s.minute) < (first.day, first.minute))
    # What lies between today and the first one to move stays; the rest begins on its new day.
    shut = frozenset(
        day
        for day in _days(under.wish.start_on, from_day)
        if not any(s.day == day and s.number in before for s in under.sittings)
    )
    later = replace(under, standing_minute=under.standing_minute if minute is None else minute)
    return rest_of(later, ground, Limits(fixed=before, shut=shut))


def move_weekday(under: Under, ground: Ground, weekday: int, *, from_day: dt.date | None = None) -> Change:
    """Return the course with every coming session of a weekday (ISO) on other days; the others stay if they can.

    `from_day`: what is on that weekday before it stays.
    """
    begins = from_day or under.wish.start_on
    allowed = (under.wish.weekdays or frozenset(range(1, 8))) - {weekday}
    early = numbers(s for s in under.sittings if s.is_open and s.day < begins)
    staying = numbers(s for s in under.sittings if s.is_open and s.day >= begins and s.day.isoweekday() != weekday)
    last = under.sittings[-1].day + dt.timedelta(days=60)
    shut = frozenset(day for day in _days(begins, last) if day.isoweekday() == weekday)
    if early:
        return rest_of(under, ground, Limits(told=staying, fixed=early, shut=shut))
    return rest_of(replace(under, wish=replace(under.wish, weekdays=allowed)), ground, Limits(told=staying))


def resize(under: Under, ground: Ground, counts: dict[str, int]) -> Change:
    """Return the course with other session counts by phase: longer or shorter.

    :raises NotPermitted: the protocol does not permit them.
    """
    wish = replace(under.wish, protocol=prescribed(under.wish.protocol, counts=counts))
    return rest_of(replace(under, wish=wish), ground, Limits(told=_open(under)))


def stretch(under: Under, ground: Ground, per_week: int) -> Change:
    """Return the course at fewer sessions a week, as far as the protocol permits.

    :raises NotPermitted: it does not.
    """
    wish = replace(under.wish, protocol=prescribed(under.wish.protocol, per_week=per_week))
    return rest_of(replace(under, wish=wish), ground, Limits())


def change_device(under: Under, ground: Ground, *, kind: str, resource_id: int) -> Change:
    """Return the course with the rest on another device; times stay where that device is free."""
    wish = replace(under.wish, pins={**under.wish.pins, kind: resource_id})
    return rest_of(replace(under, wish=wish), ground, Limits(told=_open(under)))


class Gap(StrEnum):
    """How long a course has stood still, by its protocol's limits."""

    NONE = "none"
    SOFT = "soft"  # somebody looks
    REMAP = "remap"  # the threshold is determined anew
    FLAG = "flag"  # a clinician is told
    HARD = "hard"  # a clinician decides: resume, re-map or restart
    CLOSE = "close"  # the course is over


@dataclass(frozen=True, slots=True)
class GapClock:
    """Days since the last delivered session, how bad that is, and whether a re-mapping is due."""

    days: int
    gap: Gap
    is_remap_due: bool


def limits_in(protocol: ProtocolDefinition, phase: str) -> Gaps:
    """Return the gap limits that hold in a phase: where visits keep a distance, only what is beyond it is a gap."""
    found = next(each for each in protocol.phases if each.name == phase)
    if not found.interval_weeks:
        return protocol.gaps
    longest = cadence.interval_days(found)[1]
    far = {
        name: limit
        for name in ("flag_days", "hard_days", "close_days")
        if (limit := getattr(protocol.gaps, name)) is not None and limit > longest
    }
    return Gaps(soft_days=longest + 1, **far)


def gap_clock(gaps: Gaps, *, last_delivered: dt.date, on: dt.date, is_medication_changed: bool = False) -> GapClock:
    """Return the gap clock on a day; a changed medication asks for a re-mapping as a gap does (domain 1.1, 1.10)."""
    days = (on - last_delivered).days
    limits = [
        (gaps.close_days, Gap.CLOSE),
        (gaps.hard_days, Gap.HARD),
        (gaps.flag_days, Gap.FLAG),
        (gaps.remap_days, Gap.REMAP),
        (gaps.soft_days, Gap.SOFT),
    ]
    gap = next((name for limit, name in limits if limit is not None and days >= limit), Gap.NONE)
    is_remap_due = gaps.remap_days is not None and (days >= gaps.remap_days or is_medication_changed)
    return GapClock(days, gap, is_remap_due)


class NeedsClinician(ValueError):
    """The course stood still too long to go on by itself; `str()` says what a clinician has to choose."""


def resume(
    under: Under, ground: Ground, *, on: dt.date, last_delivered: dt.date, is_decided: bool = False
) -> tuple[Change, GapClock]:
    """Return the paused course from a day on, its first visit a re-mapping where one is due.

    :raises NeedsClinician: the gap is at a hard limit and no clinician has decided to resume.
    """
    protocol = under.wish.protocol
    done = [sitting for sitting in under.sittings if not sitting.is_open]
    gaps = limits_in(protocol, done[-1].phase) if done else protocol.gaps
    clock = gap_clock(gaps, last_delivered=last_delivered, on=on)
    if clock.gap in {Gap.HARD, Gap.CLOSE} and not is_decided:
        raise NeedsClinician(
            f"{clock.days} days have passed since the last session. A clinician chooses: resume, re-map or restart."
        )
    # What was booked within the pause is owed again.
    sittings = tuple(sitting for sitting in under.sittings if not sitting.is_open or sitting.day >= on)
    paused = replace(under, sittings=sittings, wish=replace(under.wish, start_on=on))
    first_visit = protocol.remap_visit if clock.is_remap_due else None
    return rest_of(paused, ground, Limits(is_gap_waived=True, first_visit=first_visit)), clock


def _open(under: Under) -> frozenset[int]:
    return numbers(sitting for sitting in under.sittings if sitting.is_open)


def _days(first: dt.date, until: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=offset) for offset in range(max(0, (until - first).days))]
