"""Visits patients missed: twice in ten days is the desk's to ask about, the protocol's rule the clinician's."""

import datetime as dt
from collections.abc import Iterator, Sequence

from attention.domain.items import Item, Kind, Severity, look
from attention.queries.at_risk import repair
from attention.queries.subjects import of_course
from scheduling.domain import misses
from scheduling.domain.local_time import day_text
from scheduling.domain.protocol import MissReview
from scheduling.domain.states import DELIVERED, TurnedAway
from scheduling.queries.watch import WatchedCourse, WatchedSession

MISSED_DAYS = 10
MISSED_OFTEN = 2


def is_miss(session: WatchedSession) -> bool:
    """Tell whether a patient missed a visit: did not come, could not be treated, or said so too late."""
    return misses.is_miss(session.state, is_late_cancel=session.is_late_cancel, cancelled_by=session.cancelled_by)


def missed_twice(course: WatchedCourse) -> Iterator[Item]:
    """Yield a course whose patient missed two visits in ten days; what the clinic could not give is not meant."""
    since = course.today - dt.timedelta(days=MISSED_DAYS)
    missed = [
        session
        for session in course.sessions
        if is_miss(session) and session.day >= since and session.reason_code != TurnedAway.DEVICE_DOWN
    ]
    if not course.is_active or len(missed) < MISSED_OFTEN:
        return
    latest = missed[-1]
    yield Item(
        key=f"missed_twice:{course.course_id}:{latest.id}",
        kind=Kind.MISSED_TWICE,
        title=f"{len(missed)} visits missed in {MISSED_DAYS} days",
        detail=f"The last one on {day_text(latest.day)}. Call, ask why, and agree on a plan.",
        severity=Severity.MEDIUM,
        since=course.starts_at(latest),
        action=repair(course, latest),
        **of_course(course, latest),
    )


def review_of_misses(course: WatchedCourse) -> Iterator[Item]:
    """Yield a course of which so many visits were missed, in a row or of the last ones, that a clinician looks."""
    rule = course.definition.miss_review
    if rule is None or not course.is_active or not course.goes_on:
        return
    for ended in _by_series(course):
        words = _words(ended, rule)
        if not words:
            continue
        latest = [session for session in ended if is_miss(session)][-1]
        yield Item(
            key=f"review_misses:{course.course_id}:{latest.id}",
            kind=Kind.CLINICIAN_REVIEW,
            title=words,
            detail=f"The last one on {day_text(latest.day)}. The protocol asks a clinician after that.",
            severity=Severity.HIGH,
            since=course.starts_at(latest),
            deadline=course.starts_at(course.coming[0]) if course.coming else None,
            action=look(f"courses/{course.course_id}/history/", "Review with the facts"),
            **of_course(course, latest),
        )
        return


def _by_series(course: WatchedCourse) -> list[list[WatchedSession]]:
    """Return the sessions that were given or missed, in time order, for each series that runs by itself."""
    series = {phase.name: phase.series for phase in course.definition.phases}
    found: dict[str, list[WatchedSession]] = {}
    for session in course.sessions:
        if session.state in DELIVERED or is_miss(session):
            found.setdefault(series.get(session.phase, ""), []).append(session)
    return list(found.values())


def _words(ended: Sequence[WatchedSession], rule: MissReview) -> str:
    """Return what was missed, if that is as much as a rule names, else nothing."""
    row = next((place for place, session in enumerate(reversed(ended)) if not is_miss(session)), len(ended))
    if rule.consecutive and row >= rule.consecutive:
        return "1 visit missed" if row == 1 else f"{row} visits missed in a row"
    if rule.count and rule.of_last:
        missed = sum(is_miss(session) for session in ended[-rule.of_last :])
        if missed >= rule.count:
            return f"{missed} of the last {rule.of_last} visits missed"
    return ""
