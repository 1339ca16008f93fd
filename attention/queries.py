"""What needs a person: derived from the tables below, gone when its cause is gone."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from notifications import queries as messages
from notifications.domain.states import MessageState
from scheduling.domain import local_time
from scheduling.queries import courses

MESSAGES_SHOWN = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `key` is stable for its cause; title and detail carry no treatment."""

    key: str
    kind: str
    site_id: int
    patient_id: int
    last_name: str
    first_name: str
    course_id: int
    title: str
    detail: str
    session_id: int | None = None
    session_version: int = 0


def items(*, site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the open items of some sites: missed sessions to settle, holds about to end, patients nobody reached."""
    return _missed(site_ids) + _holds_ending(site_ids, now) + _unreached(site_ids, now)


def _missed(site_ids: Sequence[int]) -> list[Item]:
    return [
        Item(
            key=f"missed:{session.pk}:{session.timing_version}",
            kind="missed_to_settle",
            site_id=session.site_id,
            patient_id=session.patient_id,
            last_name=session.patient.last_name,
            first_name=session.patient.preferred_name or session.patient.first_name,
            course_id=session.course_id,
            title=f"{local_time.clock_text(session.minute)} on {local_time.day_text(session.day)}",
            detail="Nobody has said what happened.",
            session_id=session.pk,
            session_version=session.version,
        )
        for session in courses.missed_to_settle(site_ids=site_ids)
    ]


def _holds_ending(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    return [
        Item(
            key=f"hold:{course.pk}",
            kind="hold_ending",
            site_id=course.site_id,
            patient_id=course.patient_id,
            last_name=course.patient.last_name,
            first_name=course.patient.preferred_name or course.patient.first_name,
            course_id=course.pk,
            title=f"{course.prescribed} times are held until {_until(course.held_until, course.site.zone)}",
            detail="Book them or give them back.",
        )
        for course in courses.holds_ending(site_ids=site_ids, now=now)
    ]


def _until(at: dt.datetime | None, zone: str) -> str:
    assert at is not None
    day, minute = local_time.wall(at, zone)
    return f"{local_time.day_text(day)}, {local_time.clock_text(minute)}"


def _unreached(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    words = {
        MessageState.UNKNOWN: "A message may not have arrived",
        MessageState.DEAD: "A message could not be sent",
        MessageState.UNREACHABLE: "Could not be reached",
    }
    return [
        Item(
            key=f"message:{line.message_id}",
            kind="not_reached",
            site_id=line.site_id,
            patient_id=line.patient_id,
            last_name=line.last_name,
            first_name=line.first_name,
            course_id=line.course_id,
            title=words[line.state],
            detail=line.reason,
        )
        for line in messages.undelivered(site_ids=site_ids, since=now - MESSAGES_SHOWN)
    ]
