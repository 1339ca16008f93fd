"""Messages that did not get through, and patients nobody asked about texts."""

import datetime as dt
from collections.abc import Sequence

from attention.domain.items import Item, Kind, Severity, look
from attention.queries.subjects import of_course
from notifications import queries as messages
from notifications.domain.states import MessageState
from patients import watch as patients_watch
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries.watch import WatchedCourse

MESSAGES_SHOWN = dt.timedelta(days=3)
_WORDS = {
    MessageState.UNKNOWN: "A message may not have arrived",
    MessageState.ABANDONED: "A message may not have arrived",
    MessageState.DEAD: "A message could not be sent",
    MessageState.UNDELIVERED: "A message did not arrive",
    MessageState.FAILED: "A message did not arrive",
    MessageState.UNREACHABLE: "Could not be reached",
}


def not_reached(courses: Sequence[WatchedCourse], site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the messages about courses under way that did not get through and that nobody but a person can help."""
    under_way = {course.course_id for course in courses}
    return [
        Item(
            key=f"message:{line.message_id}",
            kind=Kind.NOT_REACHED,
            site_id=line.site_id,
            zone=line.zone,
            patient_id=line.patient_id,
            last_name=line.last_name,
            first_name=line.first_name,
            course_id=line.course_id,
            session_id=line.session_id,
            about=(line.patient_id,) if line.patient_id else (),
            title=_WORDS[line.state],
            detail=line.reason,
            severity=Severity.MEDIUM,
            since=line.settled_at or line.due_at,
            action=look(f"messages/?patient={line.patient_id}", "See the message"),
        )
        for line in messages.undelivered(site_ids=site_ids, since=now - MESSAGES_SHOWN)
        if line.course_id in under_way
    ]


def no_text_consent(courses: Sequence[WatchedCourse]) -> list[Item]:
    """Return the patients with a visit to come who have a phone and never said yes or stop to texts."""
    first_course: dict[int, WatchedCourse] = {}
    for course in courses:
        if course.is_active and course.coming:
            first_course.setdefault(course.patient_id, course)
    never_asked = patients_watch.never_asked_to_text(first_course.keys())
    return [_ask(course) for patient_id, course in first_course.items() if patient_id in never_asked]


def _ask(course: WatchedCourse) -> Item:
    visit = course.coming[0]
    return Item(
        key=f"consent:{course.patient_id}:{course.course_id}",
        kind=Kind.NO_TEXT_CONSENT,
        title="Texts: nobody asked",
        detail=f"Ask at the visit on {day_text(visit.day)}, {clock_text(visit.minute)}.",
        severity=Severity.LOW,
        since=course.booked_at,
        deadline=course.starts_at(visit),
        action=look(f"patients/{course.patient_id}/life/", "Open the record"),
        **of_course(course, visit),
    )
