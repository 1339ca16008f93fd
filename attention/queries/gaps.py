"""Courses that stand still: the desk looks, the clinician decides, and the next visit may have to be another one."""

from collections.abc import Iterator
from dataclasses import dataclass

from attention.domain.items import Action, Item, Kind, Severity, look, on_session
from attention.queries.at_risk import days_after, limits_of, repair
from attention.queries.subjects import of_course
from scheduling.domain import remap
from scheduling.domain.changes import Gap, gap_clock
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.protocol import Gaps
from scheduling.domain.states import OPEN
from scheduling.queries.watch import WatchedCourse, WatchedSession

_FOR_A_CLINICIAN = {Gap.FLAG, Gap.HARD, Gap.CLOSE}


@dataclass(frozen=True, slots=True)
class Standstill:
    """How long a course has stood still since its last delivered session, by the limits of that session's phase.

    `decision` names the limit from which on a clinician decides; empty: it is the desk's.
    """

    last: WatchedSession
    days: int
    limits: Gaps
    is_planned: bool
    decision: str


def standstill(course: WatchedCourse) -> Standstill | None:
    """Return how long an active course that is not at its end has stood still, from its first limit on."""
    if not course.is_active or not course.delivered:
        return None
    last = course.delivered[-1]
    limits = limits_of(course, last)
    clock = gap_clock(limits, last_delivered=last.day, on=course.today)
    is_missed_long = _is_too_long_for_the_desk(course, clock.days)
    if (clock.gap is Gap.NONE and not is_missed_long) or not course.goes_on:
        return None
    was_due = any(_is_past(course, session) for session in course.sessions if _is_later(session, last))
    decision = clock.gap.value if clock.gap in _FOR_A_CLINICIAN else ""
    if not decision and is_missed_long and was_due and course.owed:
        decision = "missed"
    return Standstill(last, clock.days, limits, bool(course.coming) and not was_due, decision)


def _is_later(session: WatchedSession, last: WatchedSession) -> bool:
    return (session.day, session.minute) > (last.day, last.minute)


def _is_past(course: WatchedCourse, session: WatchedSession) -> bool:
    """Tell whether a visit was due and is over; one of the day itself may still be recorded."""
    return course.is_over(session) and (session.day < course.today or session.state not in OPEN)


def _is_too_long_for_the_desk(course: WatchedCourse, days: int) -> bool:
    definition = course.definition
    after = definition.clinician_after_days
    return definition.makeup == "clinician" and after is not None and days >= after


def gap_too_long(course: WatchedCourse) -> Iterator[Item]:
    """Yield a course that stands still longer than its protocol allows for.

    A gap that lies in the plan (a holiday, a taper) is no cause: something that was due has to be lost, or nothing is
    booked. Where a clinician decides about the gap, the desk is not asked as well.
    """
    still = standstill(course)
    if still is None or still.decision or still.is_planned:
        return
    soft, last = still.limits.soft_days, still.last
    if soft is None or still.days < soft:
        return
    later = [limit for limit in (still.limits.remap_days, still.limits.flag_days, still.limits.hard_days) if limit]
    ahead = [limit for limit in later if limit > still.days]
    yield Item(
        key=f"gap:{course.course_id}:{last.id}",
        kind=Kind.GAP_TOO_LONG,
        title=f"{still.days} days since the last visit",
        detail=f"From {soft} days on somebody looks. {_next_words(course)}",
        severity=Severity.MEDIUM,
        since=days_after(last.day, soft, course.zone),
        deadline=days_after(last.day, min(ahead), course.zone) if ahead else None,
        action=_sooner(course),
        **of_course(course, last),
    )


def _next_words(course: WatchedCourse) -> str:
    if not course.coming:
        return "No visit is booked."
    first = course.coming[0]
    return f"The next one is {day_text(first.day)}, {clock_text(first.minute)}."


def _sooner(course: WatchedCourse) -> Action:
    if course.owed or not course.coming:
        return repair(course)
    return on_session(course.coming[0].id, "move/preview", "Look for a sooner time")


def review_of_gap(course: WatchedCourse) -> Iterator[Item]:
    """Yield a course that stood still so long that a clinician decides how it goes on."""
    still = standstill(course)
    if still is None or not still.decision:
        return
    limits = {"flag": still.limits.flag_days, "hard": still.limits.hard_days, "close": still.limits.close_days}
    since = limits.get(still.decision) or course.definition.clinician_after_days or 0
    yield Item(
        key=f"review_gap:{course.course_id}:{still.last.id}:{still.decision}",
        kind=Kind.CLINICIAN_REVIEW,
        title=f"{still.days} days since the last visit",
        detail=f"From {since} days on a clinician decides how this course goes on. {_next_words(course)}",
        severity=Severity.HIGH,
        since=days_after(still.last.day, since, course.zone),
        deadline=course.starts_at(course.coming[0]) if course.coming else None,
        action=look(f"courses/{course.course_id}/history/", "Review with the facts"),
        **of_course(course, still.last),
    )


def next_visit_type(course: WatchedCourse) -> Iterator[Item]:
    """Yield a course whose next visit has to be of another type than is booked."""
    if not course.is_active or not course.coming:
        return
    coming = course.coming[0]
    wanted, why = _wanted(course, coming)
    if not wanted or coming.visit_type == wanted:
        return
    yield Item(
        key=f"visit_type:{course.course_id}:{coming.id}:{wanted}",
        kind=Kind.NEXT_VISIT_TYPE,
        title="The next visit has to be another one",
        detail=f"{day_text(coming.day)}, {clock_text(coming.minute)}: {why}",
        severity=Severity.HIGH,
        since=course.ends_at(course.delivered[-1]) if course.delivered else course.booked_at,
        deadline=course.starts_at(coming),
        action=on_session(coming.id, "move/preview", "Find room for it"),
        **of_course(course, coming),
    )


def _wanted(course: WatchedCourse, coming: WatchedSession) -> tuple[str, str]:
    """Return the visit type the protocol asks for at the next session, and why; empty: whatever is booked."""
    definition = course.definition
    phase = next((phase for phase in definition.phases if phase.name == coming.phase), None)
    if phase is None or phase.visit:
        return "", ""
    before = [session for session in course.sessions if session.is_counted and _is_later(coming, session)]
    if not before:
        return definition.first_visit, "nothing was given yet, so this is the first visit."
    if not definition.remap_visit or before[-1] not in course.delivered:
        return "", ""
    days = (coming.day - before[-1].day).days
    if not remap.is_due(definition, phase, days):
        return "", ""
    return definition.remap_visit, f"{days} days after the last one, it begins with a new measurement."
