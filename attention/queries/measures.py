"""Scores that are due: the protocol says after which visits."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from attention.domain.items import API, Action, Item, Kind, Severity
from attention.queries.at_risk import days_after
from attention.queries.subjects import of_course
from patients import watch as patients_watch
from scheduling.domain.local_time import day_text
from scheduling.domain.measures import BASELINE_DAYS
from scheduling.domain.states import CourseState
from scheduling.queries.watch import WatchedCourse

AHEAD_DAYS = 1  # the first score is asked for from the day before the first visit
NAMES = {
    "phq9": "PHQ-9",
    "qids": "QIDS",
    "gad7": "GAD-7",
    "madrs": "MADRS",
    "hamd17": "HAM-D17",
    "hamd24": "HAM-D24",
    "ybocs": "Y-BOCS",
    "moca": "MoCA",
}


def measures_due(courses: Sequence[WatchedCourse]) -> list[Item]:
    """Return the scores nobody recorded since the visit they belong to; a course just completed has its last one."""
    watched = [course for course in courses if course.state is not CourseState.ON_HOLD and course.definition.measures]
    latest = patients_watch.latest_measures({course.patient_id for course in watched})
    return [item for course in watched for item in _of_course(course, latest)]


def _of_course(course: WatchedCourse, latest: Mapping[tuple[int, str], dt.date]) -> Iterator[Item]:
    for instrument, places in (course.definition.measures or {}).items():
        reached = [place for place in places if place <= len(course.delivered)]
        if not reached:
            continue
        recorded = latest.get((course.patient_id, instrument), dt.date.min)
        place = max(reached)
        if place:
            yield from _after(course, instrument, place, recorded)
        else:
            yield from _before(course, instrument, recorded)


def _after(course: WatchedCourse, instrument: str, place: int, recorded: dt.date) -> Iterator[Item]:
    session = course.delivered[place - 1]
    if recorded < session.day:
        yield Item(
            key=f"measure:{course.course_id}:{instrument}:{place}",
            kind=Kind.MEASURE_DUE,
            title=f"{NAMES.get(instrument, instrument)} is due",
            detail=f"After visit {place}, on {day_text(session.day)}. None is recorded since.",
            severity=Severity.LOW,
            since=course.ends_at(session),
            deadline=course.starts_at(course.coming[0]) if course.coming else None,
            action=_record(course),
            **of_course(course, session),
        )


def _before(course: WatchedCourse, instrument: str, recorded: dt.date) -> Iterator[Item]:
    first = course.coming[0] if course.coming else None
    is_soon = first is not None and (first.day - course.today).days <= AHEAD_DAYS
    if first and is_soon and recorded < course.booked_at.date() - dt.timedelta(days=BASELINE_DAYS):
        yield Item(
            key=f"measure:{course.course_id}:{instrument}:0",
            kind=Kind.MEASURE_DUE,
            title=f"{NAMES.get(instrument, instrument)} is due",
            detail=f"Before the first visit, on {day_text(first.day)}.",
            severity=Severity.LOW,
            since=days_after(first.day, -AHEAD_DAYS, course.zone),
            deadline=course.starts_at(first),
            action=_record(course),
            **of_course(course, first),
        )


def _record(course: WatchedCourse) -> Action:
    return Action("record", "Record the score", "POST", f"{API}patients/{course.patient_id}/measures/")
