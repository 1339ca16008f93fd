"""What the panel of one visit shows."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from clinic.domain.permissions import Permission
from frontdesk import show, show_gates
from notifications import queries as messages
from patients import life as patient_life
from patients import phones
from patients import queries as patients
from patients.domain.contact import ContactKind
from scheduling import access
from scheduling.domain import local_time
from scheduling.domain.gates import sentence, unmet
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import DELIVERED, MOVABLE, RELEASED, CourseState, SessionState
from scheduling.queries import courses
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import gates_of_session


@dataclass(frozen=True, slots=True)
class Dot:
    """One session as a dot, with the words a screen reader says."""

    css: str
    text: str


def dots(sessions: list[Any]) -> list[Dot]:
    """Return a course as dots."""
    found = []
    for session in sessions:
        look = show.look_of(SessionState(session.state), is_confirmed=session.confirmed_at is not None)
        found.append(Dot(look.css, f"Visit {session.number}, {day_text(session.day)}, {look.word.lower()}"))
    return found


def panel_context(session: Any, *, now: dt.datetime, user: Any) -> dict[str, Any]:
    """Return a visit's panel: who, when, with what, what lacks, how far the course is, what was said."""
    state = SessionState(session.state)
    sessions = courses.sessions_of(session.course)
    points = patients.contact_points(session.patient)
    late = state is SessionState.BOOKED and now >= session.starts_at + dt.timedelta(minutes=10)
    end = session.minute + int((session.ends_at - session.starts_at).total_seconds() // 60)
    age = local_time.today(now, session.zone)
    born = session.patient.birth_date
    standing = gates_of_session(session, now=now)
    lacking = unmet(standing.gates) if state is SessionState.ARRIVED else []
    lines = show_gates.gate_lines(session, standing, now=now)
    may_read = access.holds(user, session.site_id, Permission.VIEW_MESSAGES)
    step = show.next_step(state, is_observed=bool(definition_of(session.course.protocol).observe_minutes))
    return {
        "session": session,
        "session_id": session.pk,
        "timing": session.timing_version,
        "target": "#day",
        "lacking": [line for line in lines if not line.is_met],
        "there": [line for line in lines if line.is_met],
        "gates_heading": _heading(state, lines),
        "people": show_gates.people_lines(patient_life.related_people_of(session.patient_id)),
        "may_pass": access.holds(user, session.site_id, Permission.OVERRIDE_RULE),
        "stopped_by": "; ".join(sentence(gate) for gate in lacking),
        "patient": session.patient,
        "age": age.year - born.year - ((age.month, age.day) < (born.month, born.day)),
        "born": f"{born:%b} {born.day}, {born.year}",
        "phone": next((phones.readable(p.value) for p in points if p.kind == ContactKind.PHONE), ""),
        "language": session.patient.get_language_display(),
        "look": show.look_of(state, is_confirmed=session.confirmed_at is not None, is_late=late),
        "when": f"{day_text(session.day)}, {clock_text(session.minute)} to {clock_text(end)}",
        "places": [reservation.resource.name for reservation in courses.reservations_of(session)],
        "step": None if lacking else step,
        "watch_until": _watch_until(session, now),
        "is_missed": state is SessionState.MISSED,
        "is_no_show": state is SessionState.NO_SHOW,
        "may_cancel": state in (SessionState.BOOKED, SessionState.HELD),
        "may_move": state in MOVABLE and now < session.starts_at,
        "may_make_up": state in RELEASED and state is not SessionState.ENTERED_IN_ERROR and _is_owed(session, sessions),
        "may_turn_away": state in (SessionState.BOOKED, SessionState.ARRIVED),
        "has_begun": now >= session.starts_at,
        "is_booked": state is SessionState.BOOKED,
        "may_undo": session.version > 1,
        "dots": dots(sessions),
        "delivered": sum(row.is_counted and row.state in DELIVERED for row in sessions),
        "may_read_messages": may_read,
        "outbox": messages.messages_of(site_ids=[session.site_id], session_id=session.pk) if may_read else [],
    }


def _heading(state: SessionState, lines: list[show_gates.GateLine]) -> str:
    if state in DELIVERED:
        return "After this visit"
    return "Ready for this visit" if all(line.is_met for line in lines) else "Not ready yet"


def _watch_until(session: Any, now: dt.datetime) -> str:
    """Return until when a patient is watched; empty when nobody has to wait any more."""
    if session.state != SessionState.MONITORING or not session.observation_until or now >= session.observation_until:
        return ""
    return clock_text(local_time.wall(session.observation_until, session.zone)[1])


def _is_owed(session: Any, sessions: list[Any]) -> bool:
    is_made_up = any(row.makeup_of_id == session.pk and row.is_counted for row in sessions)
    counted = sum(row.is_counted for row in sessions)
    return not is_made_up and session.course.state == CourseState.ACTIVE and counted < session.course.prescribed
