"""Patients, courses and histories, ready to print."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk import show, show_gates
from frontdesk.views.panel import dots
from notifications import queries as messages
from patients import phones
from patients import queries as patients
from patients.domain.contact import ContactKind
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.states import DELIVERED, OPEN, CourseState, EndReason, SessionState
from scheduling.queries import courses, history
from scheduling.queries.gates import gates_of_course


@dataclass(frozen=True, slots=True)
class PatientLine:
    """A patient in a list: two identifiers always, then where the course stands."""

    id: int
    name: str
    born: str
    phone_end: str
    record_number: str
    course: str
    next: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of "what happened"."""

    day: str
    time: str
    icon: str
    css: str
    text: str
    by: str


def patient_lines(rows: Sequence[Any], *, now: dt.datetime) -> list[PatientLine]:
    """Return patients as a list prints them, in two queries more."""
    lines = courses.course_lines([row.pk for row in rows], now=now)
    found = []
    for row in rows:
        course = next(iter(lines.get(row.pk, [])), None)
        phone = next((point.value for point in row.contact_points.all() if point.kind == ContactKind.PHONE), "")
        found.append(
            PatientLine(
                id=row.pk,
                name=f"{row.last_name}, {row.preferred_name or row.first_name}",
                born=f"{row.birth_date:%b} {row.birth_date.day}, {row.birth_date.year}",
                phone_end=f"…{phone[-4:]}" if phone else "no phone",
                record_number=row.record_number,
                course=f"{course.tag} {course.delivered}/{course.prescribed}" if course else "No course yet",
                next=_when(course.next_at, row.site.zone) if course and course.next_at else "",
            )
        )
    return found


def patient_page(patient: Any, *, now: dt.datetime) -> dict[str, Any]:
    """Return what a patient's page prints."""
    age = local_time.today(now, patient.site.zone)
    born = patient.birth_date
    return {
        "patient": patient,
        "site": patient.site,
        "born": f"{born:%b} {born.day}, {born.year}",
        "age": age.year - born.year - ((age.month, age.day) < (born.month, born.day)),
        "points": [
            (phones.readable(p.value) if p.kind == ContactKind.PHONE else p.value, p.kind)
            for p in patients.contact_points(patient)
        ],
        "consents": [
            (
                consent.channel,
                f"{consent.given_at:%b} {consent.given_at.day}, {consent.given_at.year}",
                consent.how,
            )
            for consent in patients.consents_in_force(patient)
        ],
        "courses": courses.courses_of(patient, now=now),
        "coming": [
            (day_text(s.day), clock_text(s.minute), s.number, s.course.protocol.tag, s.pk)
            for s in courses.coming_sessions(patient, now=now)
        ],
    }


def course_page(course: Any, *, now: dt.datetime, with_messages: bool) -> dict[str, Any]:
    """Return what a course's page prints."""
    sessions = courses.sessions_of(course)
    states = [SessionState(session.state) for session in sessions]
    coming = [s for s, state in zip(sessions, states, strict=True) if state in OPEN and s.ends_at >= now]
    delivered = sum(session.is_counted and session.state in DELIVERED for session in sessions)
    lost = sum(state in (SessionState.NO_SHOW, SessionState.NOT_TREATED, SessionState.CANCELLED) for state in states)
    born = course.patient.birth_date
    is_on = course.state in (CourseState.ACTIVE, CourseState.ON_HOLD)
    return {
        "course": course,
        "patient": course.patient,
        "site": course.site,
        "born": f"{born:%b} {born.day}, {born.year}",
        "held_until": _held(course),
        "documents": show_gates.gate_lines(coming[0], gates_of_course(course, now=now), now=now) if coming else [],
        "delivered": delivered,
        "lost": lost,
        "owed": max(0, course.prescribed - sum(session.is_counted for session in sessions)) if is_on else 0,
        "changes": _changes(course, now),
        "dots": dots(sessions),
        "finding": _finding(sessions, delivered, lost, coming),
        "coming": [_session_line(session) for session in coming[:4]],
        "sessions": [_session_line(session) for session in sessions],
        "events": [_event(row, course.site.zone) for row in history.history_of(course)],
        "outbox": messages.messages_of(site_ids=[course.site_id], course_id=course.pk) if with_messages else [],
    }


def _changes(course: Any, now: dt.datetime) -> dict[str, Any]:
    """Return what can be done about a course as a whole, as it stands."""
    today = local_time.today(now, course.site.zone)
    is_under_way = course.state in (CourseState.ACTIVE, CourseState.READY)
    return {
        "may_undo": course.version > 1 and not course.held_until,
        "may_hold": is_under_way,
        "may_resume": course.state == CourseState.ON_HOLD,
        "may_end": is_under_way or course.state == CourseState.ON_HOLD,
        "today": today.isoformat(),
        "resume_on": max(course.resume_on or today, today).isoformat(),
        "reasons": [(reason.value, reason.value.replace("_", " ").capitalize()) for reason in EndReason],
    }


def _held(course: Any) -> str:
    if course.held_until is None:
        return ""
    day, minute = local_time.wall(course.held_until, course.site.zone)
    return f"{day_text(day)}, {clock_text(minute)}"


def _finding(sessions: Sequence[Any], delivered: int, lost: int, coming: Sequence[Any]) -> str:
    if not coming:
        return "No visit ahead."
    end = f"Last visit {day_text(coming[-1].day)}."
    if not delivered and not lost:
        return f"Starts {day_text(sessions[0].day)}. {end}"
    return f"{lost} owed. {end}" if lost else f"On plan. {end}"


def _session_line(session: Any) -> dict[str, Any]:
    state = SessionState(session.state)
    return {
        "id": session.pk,
        "number": session.number,
        "day": day_text(session.day),
        "time": clock_text(session.minute),
        "minutes": int((session.ends_at - session.starts_at).total_seconds() // 60),
        "where": ", ".join(r.resource.name for r in session.reservations.all()),
        "look": show.look_of(state, is_confirmed=session.confirmed_at is not None),
        "why": session.why,
        "deviation": session.deviation,
        "reason": session.reason,
    }


def _event(row: Any, zone: str) -> EventLine:
    day, minute = local_time.wall(row.at, zone)
    who = row.by.name if row.by else "by the clock"
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


def _when(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"
