"""Courses at risk: nothing is booked, a pause is over, held times are about to go back."""

import datetime as dt
from collections.abc import Iterator, Sequence

from attention.domain.items import Action, Item, Kind, Severity, look, on_course, on_session
from attention.queries.subjects import of_course
from scheduling.domain import local_time
from scheduling.domain.changes import limits_in
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.protocol import Gaps
from scheduling.domain.states import MISSES, CourseState, SessionState
from scheduling.queries import courses as stored
from scheduling.queries.watch import WatchedCourse, WatchedSession

_MADE_UP = MISSES | {SessionState.CANCELLED}


def limits_of(course: WatchedCourse, session: WatchedSession) -> Gaps:
    """Return the gap limits that hold after a session; a phase the protocol no longer has keeps to the general ones."""
    if any(phase.name == session.phase for phase in course.definition.phases):
        return limits_in(course.definition, session.phase)
    return course.definition.gaps


def days_after(day: dt.date, days: int, zone: str) -> dt.datetime:
    """Return the instant a local day begins, so many days after another one."""
    return local_time.day_bounds(day + dt.timedelta(days=days), zone)[0]


def repair(course: WatchedCourse, lost: WatchedSession | None = None) -> Action:
    """Return making up for a lost visit, as long as one is owed, else looking at the course."""
    made_up = {session.makeup_of_id for session in course.sessions if session.is_counted}
    owed = [session for session in course.sessions if session.state in _MADE_UP and session.id not in made_up]
    meant = lost if lost in owed else owed[-1] if owed else None
    if meant and course.owed:
        return on_session(meant.id, "make-up/preview", "Plan the make-up")
    return look(f"courses/{course.course_id}/", "Open the course")


def no_next_session(course: WatchedCourse) -> Iterator[Item]:
    """Yield an active course that owes visits and has none booked."""
    if not course.is_active or course.coming or not course.goes_on:
        return
    latest = course.sessions[-1] if course.sessions else None
    last = course.delivered[-1] if course.delivered else None
    limits = limits_of(course, last) if last else Gaps()
    owed = f"{course.owed} of {course.prescribed} are still owed." if course.owed else "The course goes on."
    yield Item(
        key=f"no_next:{course.course_id}:{f'{latest.id}.{latest.version}' if latest else 0}",
        kind=Kind.NO_NEXT_SESSION,
        title="No visit is booked",
        detail=owed,
        severity=Severity.HIGH,
        since=course.ends_at(last) if last else course.booked_at,
        deadline=days_after(last.day, limits.soft_days, course.zone) if last and limits.soft_days else None,
        action=repair(course),
        **of_course(course),
    )


def hold_over(course: WatchedCourse) -> Iterator[Item]:
    """Yield a course on hold whose day to go on has come."""
    if course.state is not CourseState.ON_HOLD or course.resume_on is None or course.today < course.resume_on:
        return
    yield Item(
        key=f"hold_over:{course.course_id}:{course.resume_on}",
        kind=Kind.HOLD_OVER,
        title=f"The pause was to end on {day_text(course.resume_on)}",
        detail="Ask whether the patient goes on, and lay out the rest.",
        severity=Severity.MEDIUM,
        since=days_after(course.resume_on, 0, course.zone),
        action=on_course(course.course_id, "resume/preview", "Plan the rest"),
        **of_course(course),
    )


def holds_ending(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the courses whose held times go back within a working day."""
    return [
        Item(
            key=f"hold:{course.pk}",
            kind=Kind.HOLD_ENDING,
            site_id=course.site_id,
            zone=course.site.zone,
            patient_id=course.patient_id,
            last_name=course.patient.last_name,
            first_name=course.patient.preferred_name or course.patient.first_name,
            course_id=course.pk,
            course_version=course.version,
            about=(course.patient_id,),
            title=f"{course.prescribed} times are held until {_until(course.held_until, course.site.zone)}",
            detail="Book them or give them back.",
            severity=Severity.MEDIUM,
            since=course.booked_at,
            deadline=course.held_until,
            action=on_course(course.pk, "confirm", "Book them"),
        )
        for course in stored.holds_ending(site_ids=site_ids, now=now)
    ]


def _until(at: dt.datetime | None, zone: str) -> str:
    assert at is not None
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"
