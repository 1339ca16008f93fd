"""What the panel of one visit shows."""

import datetime as dt
from typing import Any

from clinic.domain.permissions import Permission
from frontdesk import show, show_gates, show_prep, show_visit, ways
from frontdesk.show_held import counting
from frontdesk.show_messages import KINDS
from frontdesk.show_messages import LOOKS as MESSAGE_LOOKS
from frontdesk.steps import STOPPED_EARLY, TURNED_AWAY
from notifications import queries as messages
from notifications.domain.states import Kind
from patients import life as patient_life
from patients import phones, reach
from patients import queries as patients
from patients import watch as patients_watch
from patients.domain.contact import Channel, ContactKind, Language
from scheduling import access
from scheduling.domain import local_time
from scheduling.domain.gates import sentence, unmet
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import (
    DELIVERED,
    RELEASED,
    CourseState,
    Scope,
    SessionState,
    StoppedEarly,
    TurnedAway,
)
from scheduling.queries import burn_down, courses
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import gates_of_session

SHOWN_MESSAGES = 3
LANGUAGES = {Language.ENGLISH: "English", Language.SPANISH: "Spanish"}
_S = SessionState


def head_context(session: Any, *, now: dt.datetime) -> dict[str, Any]:
    """Return the head of whatever stands beside the board about one visit: who, when, how it stands. No statement."""
    state = SessionState(session.state)
    late = state is _S.BOOKED and now >= session.starts_at + dt.timedelta(minutes=10)
    today = local_time.today(now, session.zone)
    born = session.patient.birth_date
    end = session.minute + int((session.ends_at - session.starts_at).total_seconds() // 60)
    return {
        "session": session,
        "session_id": session.pk,
        "patient": session.patient,
        "age": today.year - born.year - ((today.month, today.day) < (born.month, born.day)),
        "born": f"{born:%b} {born.day}, {born.year}",
        "language": LANGUAGES[Language(session.patient.language)],
        "look": show.look_of(state, is_confirmed=session.confirmed_at is not None, is_late=late),
        "when": f"{_day(session.day, today)}, {clock_text(session.minute)} to {clock_text(end)}",
        "count": f"{session.course.protocol.tag} {session.number}/{session.course.prescribed}",
        "has_begun": now >= session.starts_at,
    }


def _day(day: dt.date, today: dt.date) -> str:
    return {0: "Today", 1: "Tomorrow", -1: "Yesterday"}.get((day - today).days, day_text(day))


def panel_context(session: Any, *, now: dt.datetime, user: Any) -> dict[str, Any]:
    """Return a visit's panel: who, when, with what, what lacks, how far the course is, what pays, what was said."""
    state = SessionState(session.state)
    definition = definition_of(session.course.protocol)
    sessions = courses.course_strip(session.course_id)
    held = access.permissions(user, session.site_id)
    may_record = Permission.RECORD_ATTENDANCE in held
    standing = gates_of_session(session, now=now)
    lacking = unmet(standing.gates) if state is _S.ARRIVED else []
    stopped_by = "; ".join(sentence(gate) for gate in lacking)
    is_observed = bool(definition.observe_minutes)
    context = head_context(session, now=now) | _gates(session, state, standing, now=now)
    context |= ways.ways(session, now=now) | _asked(definition, state) | _said(session, held, now)
    context |= {
        "target": "#panel",
        "may_record_here": may_record,
        "may_make_up": state in RELEASED and state is not _S.ENTERED_IN_ERROR and _is_owed(session, sessions),
        "may_pass": Permission.OVERRIDE_RULE in held,
        "may_decide": Permission.DECIDE_COURSE in held,
        "may_book_here": Permission.BOOK_COURSE in held,
        "stopped_by": stopped_by,
        "people": show_gates.people_lines(patient_life.related_people_of(session.patient_id)),
        "phone": phone_of(session.patient),
        "places": [reservation.resource.name for reservation in courses.reservations_of(session)],
        "steps": show_visit.steps(
            session, is_observed=is_observed, now=now, stopped_by=stopped_by, may_record=may_record
        ),
        "timer": show_visit.timer(session, now=now),
        "watch_until": _watch_until(session, now),
        "dots": show_visit.dots(sessions, session.pk),
        "delivered": sum(row.is_counted and row.state in DELIVERED for row in sessions),
        "course_words": show_visit.course_words(session, sessions),
        "due": _due(session, definition, sessions),
        "paid": _paid(session, sessions, now),
        "ready": show_prep.panel_line(session),
    }
    return context


def _gates(session: Any, state: SessionState, standing: Any, *, now: dt.datetime) -> dict[str, Any]:
    lines = show_gates.gate_lines(session, standing, now=now)
    return {
        "timing": session.timing_version,
        "lacking": [line for line in lines if not line.is_met],
        "there": [line for line in lines if line.is_met],
        "gates_heading": _heading(state, lines),
    }


def _heading(state: SessionState, lines: list[show_gates.GateLine]) -> str:
    if state in DELIVERED:
        return "After this visit"
    return "Ready for this visit" if all(line.is_met for line in lines) else "Not ready yet"


def _asked(definition: ProtocolDefinition, state: SessionState) -> dict[str, Any]:
    """Return what a step of this treatment asks for besides the click."""
    return {
        "asks_dose": state is _S.ARRIVED and bool(definition.billing.doses),
        "usual_dose": definition.billing.usual_dose or "",
        "turned_away": [(code.value, TURNED_AWAY[code]) for code in TurnedAway],
        "stopped_early": [(code.value, STOPPED_EARLY[code]) for code in StoppedEarly],
        "scopes": [(Scope.ONE.value, "Just this one"), (Scope.REST.value, "This and all after")],
    }


def _said(session: Any, held: frozenset[Permission], now: dt.datetime) -> dict[str, Any]:
    """Return what the patient was told about this visit, the latest first, and whether texts may go out."""
    if Permission.VIEW_MESSAGES not in held:
        return {"may_read_messages": False, "outbox": [], "older": [], "texts": "", "undelivered": None, "held": None}
    found = messages.messages_of(site_ids=[session.site_id], session_id=session.pk)
    ways = reach.reach_of([session.patient_id])
    lines = [(line, KINDS[Kind(line.kind)], *MESSAGE_LOOKS[line.state]) for line in found]
    return {
        "may_read_messages": True,
        "held": counting(course_id=session.course_id, may_decide=Permission.BOOK_COURSE in held, now=now),
        "outbox": lines[:SHOWN_MESSAGES],
        "older": lines[SHOWN_MESSAGES:],
        "texts": _reach_words(session.patient_id, ways),
        "undelivered": next((line for line, *_look, css in lines[:1] if css == "is-noshow"), None),
    }


def _reach_words(patient_id: int, ways: dict[tuple[int, Channel], Any]) -> str:
    if (patient_id, Channel.SMS) in ways:
        return "OK to text"
    return "By email" if (patient_id, Channel.EMAIL) in ways else ""


def phone_of(patient: Any) -> str:
    """Return a patient's phone number as it is read out; empty where there is none. One statement."""
    points = patients.contact_points(patient)
    return next((phones.readable(point.value) for point in points if point.kind == ContactKind.PHONE), "")


def _due(session: Any, definition: ProtocolDefinition, sessions: list[Any]) -> list[show_visit.Due]:
    scores = patients_watch.latest_scores(session.patient_id) if definition.measures else {}
    return show_visit.due(definition, sessions, scores)


def _paid(session: Any, sessions: list[Any], now: dt.datetime) -> show_visit.Paid | None:
    lines = burn_down.burn_down(session.patient_id, today=local_time.today(now, session.zone))
    return show_visit.paid(lines, session, sessions)


def _watch_until(session: Any, now: dt.datetime) -> str:
    """Return until when a patient is watched; empty when nobody has to wait any more."""
    if session.state != _S.MONITORING or not session.observation_until or now >= session.observation_until:
        return ""
    return clock_text(local_time.wall(session.observation_until, session.zone)[1])


def _is_owed(session: Any, sessions: list[Any]) -> bool:
    is_made_up = any(row.makeup_of_id == session.pk and row.is_counted for row in sessions)
    counted = sum(row.is_counted for row in sessions)
    return not is_made_up and session.course.state == CourseState.ACTIVE and counted < session.course.prescribed
