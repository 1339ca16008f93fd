"""A course on paper: its sessions by day and letter, without a database."""

import datetime as dt
from typing import Any

from scheduling.catalogue import SHIPPED, read_folder
from scheduling.domain.local_time import to_utc
from scheduling.domain.states import CourseState
from scheduling.queries.watch import WatchedCourse, WatchedSession

DEFINITIONS = {file.definition.code: file.definition for file in read_folder(SHIPPED)}
ZONE = "America/New_York"
NOON = 12 * 60
# What each letter says about a session.
LETTERS: dict[str, dict[str, Any]] = {
    "C": {"state": "completed"},
    "P": {"state": "partial", "is_counted": False},
    "N": {"state": "no_show", "is_counted": False},
    "T": {"state": "not_treated", "is_counted": False, "reason_code": "ate"},
    "D": {"state": "not_treated", "is_counted": False, "reason_code": "device_down"},
    "L": {"state": "cancelled", "is_counted": False, "cancelled_by": "patient", "is_late_cancel": True},
    "E": {"state": "cancelled", "is_counted": False, "cancelled_by": "patient"},
    "K": {"state": "cancelled", "is_counted": False, "cancelled_by": "clinic"},
    "M": {"state": "missed"},
    "B": {"state": "booked"},
}


def at(day: dt.date, minute: int = NOON) -> dt.datetime:
    """Return an instant of a day at the site, noon if nothing else is said."""
    return to_utc(day, minute, ZONE)


def session(number: int, day: dt.date, letter: str, phase: str, **more: Any) -> WatchedSession:
    facts: dict[str, Any] = {
        "id": 100 + number,
        "course_id": 1,
        "version": 1,
        "phase": phase,
        "visit_type": "treatment",
        "day": day,
        "minute": 9 * 60,
        "is_counted": True,
        "cancelled_by": "",
        "is_late_cancel": False,
        "reason_code": "",
        "makeup_of_id": None,
        "uncovered": "",
        "authorization_id": None,
    }
    return WatchedSession(**facts | LETTERS[letter] | more)


def course(
    code: str,
    days: dict[dt.date, str] | list[tuple[dt.date, str, str]],
    *,
    today: dt.date,
    owed: int = 0,
    phase: str = "",
    **more: Any,
) -> WatchedCourse:
    """Return a course of a shipped protocol as it stands at noon: a letter for each day, or (day, letter, phase)."""
    definition = DEFINITIONS[code]
    first_phase = phase or definition.phases[0].name
    rows = days if isinstance(days, list) else [(day, letter, first_phase) for day, letter in days.items()]
    sessions = tuple(session(number, *row) for number, row in enumerate(rows, start=1))
    counted = sum(each.is_counted for each in sessions)
    facts: dict[str, Any] = {
        "course_id": 1,
        "version": 1,
        "site_id": 1,
        "zone": ZONE,
        "today": today,
        "minute": NOON,
        "patient_id": 1,
        "last_name": "Sato",
        "first_name": "Ana",
        "state": CourseState.ACTIVE,
        "prescribed": counted + owed,
        "booked_at": at(rows[0][0]) - dt.timedelta(days=7),
        "resume_on": None,
        "protocol_id": 1,
        "definition": definition,
        "sessions": sessions,
        "delivered": tuple(s for s in sessions if s.state in ("completed", "partial") and s.is_counted),
        "coming": tuple(s for s in sessions if s.state == "booked" and s.day > today),
    }
    return WatchedCourse(**facts | more)
