"""A week ready to print: its days, how full each device is, and every patient's visits as dots."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from frontdesk import show
from frontdesk.show_names import short_name
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import MOVABLE, SessionState
from scheduling.queries.week import NO_HOURS, CourseWeek, DeviceDay, Visit, Week

GAP = 30  # minutes: a shorter gap takes nobody
MOST_GAPS = 2
TINTS = 4


@dataclass(frozen=True, slots=True)
class DayHead:
    """One day's column: `Thu 26`, and why nobody comes."""

    iso: str
    word: str
    long: str
    closed: str
    is_narrow: bool  # nobody ever comes that day
    is_today: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """A device on a day: how many visits, how full from 0 to 4, and the gaps that take somebody."""

    iso: str
    long: str
    visits: int
    use: int
    label: str
    gaps: tuple[str, ...]
    is_shut: bool


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device through the week."""

    name: str
    group: str
    cells: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One visit: a shape and a time, and the same in words. `is_open`: it can still be moved."""

    id: int
    version: int
    css: str
    time: str
    label: str
    minute: int
    resource: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A patient's course through the week; `risks` are the reasons to look at it."""

    course_id: int
    patient_id: int
    name: str
    tag: str
    count: str
    cells: tuple[tuple[str, tuple[Dot, ...], bool], ...]  # day, visits, whether the site is closed
    risks: tuple[str, ...]


def head_words(first: dt.date) -> str:
    """Return a week as a heading: `Nov 22 to 28`, `Nov 29 to Dec 5`."""
    last = first + dt.timedelta(days=6)
    until = f"{last.day}" if last.month == first.month else f"{last:%b} {last.day}"
    return f"{first:%b} {first.day} to {until}"


def day_heads(week: Week, *, today: dt.date) -> tuple[DayHead, ...]:
    """Return the columns of a week."""
    return tuple(
        DayHead(
            iso=each.day.isoformat(),
            word=f"{each.day:%a} {each.day.day}",
            long=day_text(each.day),
            closed="" if each.closed == NO_HOURS else each.closed,
            is_narrow=each.closed == NO_HOURS,
            is_today=each.day == today,
        )
        for each in week.days
    )


def device_rows(week: Week, *, today: dt.date) -> tuple[DeviceRow, ...]:
    """Return how full each device is; a gap of a day that is over helps nobody."""
    return tuple(
        DeviceRow(each.name, each.group, tuple(_fill(day, is_over=day.day < today) for day in each.days))
        for each in week.devices
    )


def _fill(day: DeviceDay, *, is_over: bool) -> Fill:
    long = [(first, end) for first, end in day.free if end - first >= GAP]
    shown = [] if is_over else long
    gaps = [_span(first, end) for first, end in shown[:MOST_GAPS]]
    if len(shown) == 1 and shown[0][1] - shown[0][0] == day.open:
        gaps = ["all day"]
    more = len(shown) - len(gaps)
    percent = round(100 * day.used / day.open) if day.open else 0
    visits = "1 visit" if day.visits == 1 else f"{day.visits} visits"
    use = f", {percent}% of the day" if day.open else ", closed"
    free = f", free {' and '.join(gaps)}" if gaps else ""
    told = [f"Free {gaps[0]}", *gaps[1:]] if gaps else []
    return Fill(
        iso=day.day.isoformat(),
        long=day_text(day.day),
        visits=day.visits,
        use=min(TINTS, -(-percent * TINTS // 100)),
        label=f"{day_text(day.day)}: {visits}{use}{free}",
        gaps=(*told, f"{more} more") if more else tuple(told),
        is_shut=not day.open,
    )


def _span(first: int, end: int) -> str:
    """Return a stretch of a day: `10:30-12pm`; half of the day said once where both ends share it."""
    begin, until = clock_text(first), clock_text(end)
    return f"{begin.removesuffix(until[-2:])}-{until}"


def course_rows(
    week: Week, *, at_risk: Mapping[int, tuple[str, ...]], is_private: bool, only_risk: bool
) -> tuple[CourseRow, ...]:
    """Return the courses of a week; `only_risk`: only those there is a reason to look at."""
    return tuple(
        _course_row(each, week, at_risk.get(each.course_id, ()), is_private=is_private)
        for each in week.courses
        if not only_risk or each.course_id in at_risk
    )


def _course_row(each: CourseWeek, week: Week, risks: tuple[str, ...], *, is_private: bool) -> CourseRow:
    return CourseRow(
        course_id=each.course_id,
        patient_id=each.patient_id,
        name=short_name(each.last_name, each.first_name, is_private=is_private),
        tag=each.tag,
        count=f"{each.delivered}/{each.prescribed}",
        cells=tuple(
            (day.day.isoformat(), tuple(_dot(v) for v in each.visits if v.day == day.day), bool(day.closed))
            for day in week.days
        ),
        risks=risks,
    )


def _dot(visit: Visit) -> Dot:
    state = SessionState(visit.state)
    look = show.look_of(state, is_confirmed=visit.is_confirmed)
    words = f"{day_text(visit.day)}, {clock_text(visit.minute)}, visit {visit.number}, {look.word.lower()}"
    return Dot(
        id=visit.session_id,
        version=visit.version,
        css=f"{look.css}{' made' if visit.is_makeup else ''}",
        time=f"{visit.minute // 60 % 12 or 12}:{visit.minute % 60:02}",
        label=f"{words}, makes a lost one up" if visit.is_makeup else words,
        minute=visit.minute,
        resource=visit.resource_id or 0,
        is_open=state in MOVABLE,
    )
