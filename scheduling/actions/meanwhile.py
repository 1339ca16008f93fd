"""What somebody else did meanwhile, in words: who, when, and what it is now."""

import datetime as dt

from clinic.errors import Meanwhile
from scheduling.domain import local_time
from scheduling.domain.history import ACTORS, BESIDE, CLOCK
from scheduling.domain.states import WORDS, SessionState
from scheduling.errors import Stale
from scheduling.models import Course, CourseEvent, Session, SessionEvent


def stale_session(row: Session) -> Stale:
    """Return the refusal of who read an older version of a session."""
    latest = _latest(row)
    return Stale(who_changed(row), details=_of_session(row, latest) if latest else None)


def stale_course(row: Course) -> Stale:
    """Return the refusal of who read an older version of a course."""
    found = _latest_of_course(row)
    if found is None:
        return Stale(who_changed_course(row))
    who, at = found
    words = f"{who} changed this course {{ago}}."
    return Stale(who_changed_course(row), details=Meanwhile(who, at, _at(at, row.site.zone), row.version, words))


def who_changed(row: Session) -> str:
    """Return who changed a session last, when, and what it is now."""
    latest = _latest(row)
    who = who_did(latest) if latest else CLOCK
    at = _at(latest.at, row.zone) if latest else ""
    where = f" for {local_time.day_text(row.day)}, {local_time.clock_text(row.minute)}" if _is_ahead(row) else ""
    state = WORDS[SessionState(row.state)]
    return f"{who} changed this visit at {at}: it is {state}{where} now. Look at it and try again."


def who_did(event: SessionEvent | CourseEvent) -> str:
    """Return who changed a session or a course, for people to read: one of the staff, the patient, or the clock."""
    if event.by:
        return event.by.name
    return ACTORS.get(event.data.get("actor", ""), CLOCK)


def who_changed_course(row: Course) -> str:
    """Return who changed a course or one of its sessions last, and when."""
    found = _latest_of_course(row)
    if found is None:
        return "Somebody changed this course meanwhile. Look at it and try again."
    who, at = found
    return f"{who} changed this course at {_at(at, row.site.zone)}. Look at it and try again."


def _latest(row: Session) -> SessionEvent | None:
    steps = SessionEvent.objects.filter(session=row).exclude(kind__in=BESIDE)
    return steps.select_related("by").order_by("pk").last()


def _latest_of_course(row: Course) -> tuple[str, dt.datetime] | None:
    whole = CourseEvent.objects.filter(course=row).exclude(kind="renumbered")
    latest = whole.select_related("by").order_by("pk").last()
    newest = SessionEvent.objects.filter(session__course=row).select_related("by").order_by("pk").last()
    if newest and (latest is None or newest.at > latest.at):
        return who_did(newest), newest.at
    if latest:
        return who_did(latest), latest.at
    return None


def _of_session(row: Session, event: SessionEvent) -> Meanwhile:
    who, after = who_did(event), event.data.get("after", {})
    if "day" in after or "minute" in after:
        verb = "put this visit back" if event.kind == "undone" else "moved this visit"
        did = f"{verb} {{ago}} to {_place(row, after)}"
    else:
        did = f"changed this visit {{ago}}: it is {WORDS[SessionState(row.state)]} now"
    return Meanwhile(who, event.at, _at(event.at, row.zone), row.version, f"{who} {did}.")


def _place(row: Session, after: dict[str, object]) -> str:
    time = local_time.clock_text(row.minute)
    return f"{local_time.day_text(row.day)}, {time}" if "day" in after else time


def _is_ahead(row: Session) -> bool:
    return row.state in (SessionState.BOOKED, SessionState.HELD)


def _at(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{local_time.clock_text(minute)} on {local_time.day_text(day)}"
