"""What happened to a course and its sessions, as lines people read; from the event rows alone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.models import StaffUser
from scheduling.domain.gate_kinds import GATES
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.operations import GateKind
from scheduling.domain.states import WORDS, SessionState
from scheduling.models import Course, CourseEvent, Session, SessionEvent

_OF_COURSE = {
    "booked": "{sessions} visits booked",
    "held": "{sessions} times held",
    "released": "Held times given back",
    "week_decided": "Week of {week}: {treatments} by the score",
    "moved_version": "Protocol version {from} to {to}",
    "completed": "Course completed",
    "moved": "{moved} visits were moved",
    "levelled": "{moved} visits were moved before anybody was told, to make room",
    "pulled_forward": "A visit came forward into a freed time",
    "made_up": "A make-up was booked",
    "makeup_waived": "It was decided not to make a visit up",
    "came_late": "The patient came after all; the make-up was taken back",
    "cancelled": "Several visits were cancelled",
    "reseated": "{moved} visits were moved because their place was blocked",
    "moved_back": "{moved} visits were moved back after a block",
    "booking_taken_back": "The booking was taken back",
    "extension_asked": "An extension of the authorisation was asked for",
    "put_on_hold": "The course was put on hold",
    "resumed": "The course went on: {added} visits were booked",
    "ended": "The course was ended",
    "resized": "The course has {prescribed} sessions now",
    "extended": "{sessions} more visits booked",
    "renumbered": "The visits were numbered anew",
    "gate_met": "{gate} is there{visit}",
    "gate_passed": "{gate} was passed by hand{visit}",
    "gate_withdrawn": "{gate} was withdrawn{visit}",
    "gate_named": "{gate}: the patient named somebody{visit}",
    "driving_read": "The patient read when they may drive again{visit}",
    "gate_refused": "{gate}: who drives can't come{visit}",
    "gate_let_go": "{gate}: who drives was told that they are not needed{visit}",
}


# What patients say themselves.
_SAID = {"confirmed": "The patient will come{how}", "unconfirmed": "The patient took the yes back{how}"}
_HOW = {"text": ", by text", "link": ", on their page"}
_BESIDE = {
    "noted": "A note was written",
    "help_asked": "Help was asked for at the chair",
    "help_given": "Somebody came to help",
}
_RIDE = {"yes": ", and says they have a ride"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a history, newest first; `number` is the session's at that time, or None for the whole course."""

    at: dt.datetime
    kind: str
    number: int | None
    from_state: str
    to_state: str
    by: StaffUser | None
    reason: str
    data: dict[str, Any]
    change_id: int | None = None
    session_id: int | None = None

    @property
    def text(self) -> str:
        """What happened, in a sentence."""
        return _text_of_course(self) if self.number is None else _text_of_session(self)


def history_of(course: Course) -> list[Happening]:
    """Return what happened to a course and its sessions, newest first; each session's own booking is left out."""
    whole = CourseEvent.objects.filter(course=course).select_related("by")
    single = SessionEvent.objects.filter(session__course=course).exclude(kind__in=["booked", "held"])
    rows = [_of_course(event) for event in whole]
    rows += [_of_session(event) for event in single.select_related("by", "session")]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def session_history_of(session: Session) -> list[Happening]:
    """Return what happened to one session, newest first."""
    events = SessionEvent.objects.filter(session=session).select_related("by", "session").order_by("-pk")
    return [_of_session(event) for event in events]


def _of_course(event: CourseEvent) -> Happening:
    return Happening(event.at, event.kind, None, event.from_state, event.to_state, event.by, event.reason, event.data)


def _of_session(event: SessionEvent) -> Happening:
    return Happening(
        at=event.at,
        kind=event.kind,
        number=event.data.get("number", event.session.number),
        from_state=event.from_state,
        to_state=event.to_state,
        by=event.by,
        reason=event.reason,
        data=event.data,
        change_id=event.change_id,
        session_id=event.session_id,
    )


def first_days(sessions: Sequence[Session], happened: Sequence[Happening]) -> dict[int, dt.date]:
    """Return by id the day each session was first booked on, whatever became of it: from its history, newest first."""
    found = {session.pk: session.day for session in sessions}
    for row in happened:
        if row.session_id in found and "day" in row.data.get("before", {}):
            found[row.session_id] = dt.date.fromisoformat(row.data["before"]["day"])
    return found


def _text_of_course(row: Happening) -> str:
    if row.kind == "undone":
        return "A change was taken back" if "undoes" in row.data else "The course goes on"
    words = _OF_COURSE.get(row.kind, row.kind.replace("_", " ").capitalize())
    return words.format_map(_Blank(row.data | _gate_words(row.data)))


def _gate_words(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of a gate, and the visit it was for where it is asked anew at each."""
    if "gate" not in data:
        return {}
    visit = f", for {day_text(dt.date.fromisoformat(data['day']))}" if "day" in data else ""
    return {"gate": GATES[GateKind(data["gate"])].name, "visit": visit}


def _text_of_session(row: Happening) -> str:
    before, after = row.data.get("before", {}), row.data.get("after", {})
    if "day" in after or "minute" in after:
        verb = "Put back" if row.kind == "undone" else "Moved"
        return f"{verb} from {_place(before)} to {_place(after)}"
    if row.kind in ("counted", "not_counted"):
        return "Counts toward the course" if row.kind == "counted" else "Does not count toward the course"
    if row.kind in _SAID:
        return _SAID[row.kind].format(how=_HOW.get(row.data.get("via", ""), "")) + _RIDE.get(
            row.data.get("ride", ""), ""
        )
    if row.kind in _BESIDE:
        return _BESIDE[row.kind]
    words = WORDS[SessionState(row.to_state)]
    return f"Put back: {words}" if row.kind == "undone" else words[0].upper() + words[1:]


def _place(facts: Mapping[str, Any]) -> str:
    """Return what changed of a place: its day, its time, or both."""
    parts = []
    if "day" in facts:
        parts.append(day_text(dt.date.fromisoformat(facts["day"])))
    if "minute" in facts:
        parts.append(clock_text(facts["minute"]))
    return ", ".join(parts)


class _Blank(dict[str, Any]):
    """Leaves a word out where an event does not have it."""

    def __missing__(self, key: str) -> str:
        return "Some" if key in ("sessions", "moved", "added") else ""
