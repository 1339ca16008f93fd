"""What happened to a course, ready to print: visits and messages in one line of time, or either alone."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk import show
from frontdesk.show_messages import KINDS, LOOKS
from notifications.domain.states import Kind, MessageState
from scheduling.domain import local_time
from scheduling.domain.history import ACTORS, CLOCK
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import DELIVERED, SessionState

PARTS = (("", "Everything"), ("visits", "Visits"), ("messages", "Messages"))
A_PAGE = 20
_STEPS = (SessionState.ARRIVED, SessionState.IN_TREATMENT, SessionState.MONITORING)
HOLD = dt.timedelta(minutes=3)  # a text about to leave belongs to what just happened


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of "what happened"."""

    day: str
    time: str
    icon: str
    css: str
    text: str
    by: str


def lines(happened: Sequence[Any], outbox: Sequence[Any], *, zone: str, part: str, now: dt.datetime) -> list[EventLine]:
    """Return what happened, newest first: `part` is visits, messages (those that wait too), or empty for both."""
    found: list[tuple[dt.datetime, EventLine]] = []
    if part != "messages":
        meant = happened if part else _without_steps(happened)
        found += [(row.at, _event(row, zone)) for row in meant]
    if part != "visits":
        said = [(row.settled_at or row.due_at, row) for row in outbox]
        found += [(at, _message(row, at, zone)) for at, row in said if part or at <= now + HOLD]
    return [line for _at, line in sorted(found, key=lambda each: each[0], reverse=True)]


def _without_steps(happened: Sequence[Any]) -> list[Any]:
    """Return what happened, newest first, without the steps of visits that are done: that they are says it."""
    done: set[int | None] = set()
    found = []
    for row in happened:
        is_step = row.number is not None and row.kind == "moved" and row.to_state in _STEPS
        if not (is_step and row.session_id in done):
            found.append(row)
        if row.number is not None and row.to_state in DELIVERED:
            done.add(row.session_id)
    return found


def _message(row: Any, at: dt.datetime, zone: str) -> EventLine:
    day, minute = local_time.wall(at, zone)
    word, _image, css = LOOKS[MessageState(row.state)]
    kind = KINDS[Kind(row.kind)]
    icon = "message" if row.channel == "sms" else "mail"
    said = row.text or row.reason or ""
    return EventLine(day_text(day), clock_text(minute), icon, css, f"{kind}: {said}" if said else kind, word)


def _event(row: Any, zone: str) -> EventLine:
    day, minute = local_time.wall(row.at, zone)
    who = row.by.name if row.by else f"by {ACTORS.get(row.data.get('actor', ''), CLOCK).lower()}"
    visit = f"Visit {row.number}" if row.number else ""
    look = show.look_of(SessionState(row.to_state)) if row.number else None
    visit_text = f"{visit}: {row.text[0].lower()}{row.text[1:]}{': ' + row.reason if row.reason else ''}"
    if row.kind == "undone":
        text, icon, css = visit_text if visit else row.text, "arrow-back-up", ""
    elif row.kind == "flagged":
        text, icon, css = f"{visit}: nobody recorded an arrival", "came", "is-came"
    elif look is not None:
        text, icon, css = visit_text, look.icon, look.css
    else:
        text, icon, css = _course_event(row)
    return EventLine(day=day_text(day), time=clock_text(minute), icon=icon, css=css, text=text, by=who)


_COURSE_ICONS = {
    "held": ("hourglass", ""),
    "released": ("x", ""),
    "extended": ("book", ""),
    "booked": ("book", ""),
    "made_up": ("book", ""),
    "resumed": ("book", ""),
    "week_decided": ("clipboard-text", ""),
    "moved_version": ("refresh", ""),
    "completed": ("flag", "is-done"),
    "gate_met": ("shield-check", ""),
    "gate_passed": ("late", "is-late"),
    "gate_withdrawn": ("arrow-back-up", ""),
}


def _course_event(row: Any) -> tuple[str, str, str]:
    icon, css = _COURSE_ICONS.get(row.kind, ("note", ""))
    return f"{row.text}{': ' + row.reason if row.reason else ''}", icon, css
