"""Messages that did not get through, and patients nobody asked about texts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from attention.domain.items import Item, Kind, Severity, look
from attention.queries.subjects import of_course
from notifications import queries as messages
from notifications.domain.states import MessageState
from notifications.untold import visits_untold
from patients import watch as patients_watch
from patients.domain.contact import ContactKind, Problem
from patients.watch import WrongAddress
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries.watch import WatchedCourse

People = Mapping[int, Mapping[str, Any]]  # the fields that name them, by patient
MESSAGES_SHOWN = dt.timedelta(days=3)
_WORDS = {
    MessageState.UNKNOWN: "A message may not have arrived",
    MessageState.ABANDONED: "A message may not have arrived",
    MessageState.DEAD: "A message could not be sent",
    MessageState.UNDELIVERED: "A message did not arrive",
    MessageState.FAILED: "A message did not arrive",
    MessageState.UNREACHABLE: "Could not be reached",
}
_PROBLEMS = {
    Problem.INVALID: "It is not a phone number. Ask for the right one.",
    Problem.LANDLINE: "It is a landline: it gets no texts. Ask for a mobile number.",
    Problem.OUT_OF_SERVICE: "It is not in service. Ask for the right one.",
    Problem.WRONG_PERSON: "It belongs to somebody else. Ask for the right one.",
    Problem.BOUNCED: "Mail to it comes back. Ask for the right one.",
    Problem.UNCONFIRMED: "Nothing got through for weeks. Ask whether it is still right.",
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


def untold(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the visits ahead that nobody was told of in time, and cancelled ones somebody may still come to."""
    return [
        Item(
            key=f"untold:{found.session_id}:{found.timing_version}",
            kind=Kind.NOT_REACHED,
            site_id=found.site_id,
            zone=found.zone,
            patient_id=found.patient_id,
            last_name=found.last_name,
            first_name=found.first_name,
            course_id=found.course_id,
            session_id=found.session_id,
            session_version=found.session_version,
            about=(found.patient_id,),
            title="Not told that a visit is cancelled" if found.is_cancelled else "Not reminded of a visit",
            detail=f"{day_text(found.day)}, {clock_text(found.minute)}. {found.reason}"[:160],
            severity=Severity.HIGH if found.is_cancelled else Severity.MEDIUM,
            since=found.since,
            deadline=found.starts_at,
            action=look(f"messages/?patient={found.patient_id}", "See the message"),
        )
        for found in visits_untold(site_ids=site_ids, now=now)
    ]


def wrong_addresses(people: People) -> list[Item]:
    """Return the numbers and addresses of patients that turned out to be wrong, until somebody asked."""
    return [_wrong(found, people[found.patient_id]) for found in patients_watch.wrong_addresses(people)]


def _wrong(found: WrongAddress, person: Mapping[str, Any]) -> Item:
    what = "phone number" if found.kind == ContactKind.PHONE else "e-mail address"
    return Item(
        key=f"contact:{found.contact_point_id}:{found.since:%Y%m%d%H%M%S}",
        kind=Kind.NOT_REACHED,
        title=f"The {what} is not right",
        detail=_PROBLEMS[Problem(found.problem)],
        severity=Severity.MEDIUM,
        since=found.since,
        action=look(f"patients/{found.patient_id}/contacts/", "Open the record"),
        **person,
    )


def links_closed(people: People) -> list[Item]:
    """Return the patients on whose page somebody gave five wrong birth dates, until the desk lets them try again."""
    closed = patients_watch.links_closed(people)
    return [_closed(patient_id, people[patient_id], since) for patient_id, since in closed.items()]


def _closed(patient_id: int, person: Mapping[str, Any], since: dt.datetime) -> Item:
    return Item(
        key=f"link:{patient_id}:{since:%Y%m%d%H%M%S}",
        kind=Kind.NOT_REACHED,
        title="Their link was closed: five wrong birth dates",
        detail="Call, and ask whether it was them. Then let them try again, or put the number right.",
        severity=Severity.MEDIUM,
        since=since,
        action=look(f"patients/{patient_id}/contacts/", "Open the record"),
        **person,
    )


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
