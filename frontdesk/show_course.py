"""A course, ready to print: how far, how it keeps to its plan, what pays, what was scored, what happened."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk import show, show_dots, show_gates, show_history, show_scores
from frontdesk.show_charts import pace_chart
from frontdesk.show_visit import dots
from notifications import queries as messages
from patients import forms, life, phones
from patients import queries as patients
from patients.domain.contact import ContactKind
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.pace import Pace, pace
from scheduling.domain.states import DELIVERED, MOVABLE, OPEN, CourseState, EndReason, SessionState
from scheduling.queries import courses, history
from scheduling.queries.burn_down import Line, burn_down
from scheduling.queries.gates import gates_of_course
from scheduling.queries.living import definition_under

NEXT = 4
LANGUAGES = {"en": "English", "es": "Spanish"}
STATES = {
    CourseState.DRAFT: ("Held", "planned", "is-planned"),
    CourseState.READY: ("Booked", "booked", "is-booked"),
    CourseState.ACTIVE: ("Under way", "chair", "is-confirmed"),
    CourseState.ON_HOLD: ("On hold", "clock-pause", "is-late"),
    CourseState.COMPLETED: ("Done", "done", "is-done"),
    CourseState.DISCONTINUED: ("Ended", "cancelled", "is-cancelled"),
    CourseState.ENTERED_IN_ERROR: ("Error", "cancelled", "is-error"),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One authorisation as its card: the meter in its own units, and what it comes to."""

    payer: str
    units: str
    valid: str
    ends: str
    verdict: str
    word: str
    icon: str
    css: str
    approved: int
    used: int
    booked: int


def course_page(
    course: Any,
    *,
    now: dt.datetime,
    with_messages: bool,
    with_answers: bool = False,
    part: str = "",
    shown: int = show_history.A_PAGE,
) -> dict[str, Any]:
    """Return what a course's page prints; `part` and `shown`: which of its history, and how many lines.

    `with_answers`: what the patient answered in forms, beside the scores.
    """
    sessions = courses.sessions_of(course)
    today = local_time.today(now, course.site.zone)
    coming = [row for row in sessions if row.state in OPEN and row.ends_at >= now]
    happened = history.history_of(course)
    outbox = messages.messages_of(site_ids=[course.site_id], course_id=course.pk) if with_messages else []
    lines = show_history.lines(happened, outbox, zone=course.site.zone, part=part, now=now)
    grants = _grants(course, sessions, coming, today)
    return {
        "course": course,
        "patient": course.patient,
        "site": course.site,
        "held_until": _held(course),
        "documents": show_gates.gate_lines(coming[0], gates_of_course(course, now=now), now=now) if coming else [],
        "delivered": show_dots.delivered(sessions),
        "device": _device(coming or sessions),
        "state": show_dots.now(sessions) or show.Look(*STATES[CourseState(course.state)]),
        "changes": _changes(course, now),
        "dots": dots(show_dots.shown(sessions)),
        "legend": show_dots.legend(show_dots.shown(sessions)),
        "coming": [session_line(row) for row in coming[:NEXT]],
        "coming_count": len(coming),
        "next_id": next((row.pk for row in coming if row.state in MOVABLE and row.starts_at > now), 0),
        "ahead": [session_line(row) for row in coming],
        "sessions": [session_line(row) for row in sessions],
        "grants": grants,
        "scales": show_scores.scales(
            definition_under(course),
            life.results_of(course.patient_id),
            sessions,
            today=today,
            runs=forms.sent_forms(course.patient_id) if with_answers else (),
            zone=course.site.zone,
        ),
        "events": lines[:shown],
        "older": shown + show_history.A_PAGE if len(lines) > shown else 0,
        "parts": show_history.PARTS if with_messages else (),
        "part": part,
        "printed": _at(now, course.site.zone),
        "call": phones.readable(course.site.phone) if course.site.phone else "",
        **_person(course.patient, today),
        **_pace(course, sessions, coming, happened, grants, today),
    }


def _person(patient: Any, today: dt.date) -> dict[str, str]:
    born = patient.birth_date
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    points = patients.contact_points(patient)
    return {
        "born": f"{born:%b} {born.day}, {born.year} ({age})",
        "phone": next((phones.readable(p.value) for p in points if p.kind == ContactKind.PHONE and p.is_usable), ""),
        "speaks": LANGUAGES.get(patient.language, patient.language),
    }


def _pace(
    course: Any,
    sessions: Sequence[Any],
    coming: Sequence[Any],
    happened: Sequence[Any],
    grants: Sequence[Grant],
    today: dt.date,
) -> dict[str, Any]:
    """Return how the course keeps to the plan it was booked with: the finding, the chart, and the numbers."""
    owed = _owed(course, sessions)
    booked = sorted((row for row in sessions if not row.makeup_of_id), key=lambda row: row.pk)[: course.prescribed]
    if not booked:
        return {"finding": "No visit ahead.", "pace": None, "numbers": ()}
    first = history.first_days(sessions, happened)
    planned = [first[row.pk] for row in booked]
    done = [row.day for row in sessions if row.is_counted and row.state in DELIVERED]
    found = pace(first_plan=planned, delivered=done, coming=[row.day for row in coming], today=today)
    return {
        "finding": _finding(course, found, grants, owed),
        "pace": pace_chart(found, prescribed=course.prescribed, today=today),
        "numbers": (
            ("Planned before today", sum(day < today for day in planned)),
            ("Done", len(done)),
            ("Ahead", len(coming)),
            ("Not booked yet", owed),
        ),
    }


def _finding(course: Any, found: Pace, grants: Sequence[Grant], owed: int) -> str:
    """Return where a course stands, in a sentence or two: `3 sessions behind plan. New end: Fri Jan 29.`"""
    if course.state == CourseState.COMPLETED:
        return "Course done."
    words = found.words
    if found.behind > 0 and found.ends_on and len(grants) == 1:
        words = f"{words.removesuffix('.')} (authorisation ends {grants[0].ends}: {grants[0].word})."
    return f"{words} {owed} not booked yet." if owed else words


def _owed(course: Any, sessions: Sequence[Any]) -> int:
    """Return how many prescribed sessions are neither done nor booked, while the course is under way."""
    is_on = course.state in (CourseState.ACTIVE, CourseState.ON_HOLD)
    return max(0, course.prescribed - sum(row.is_counted for row in sessions)) if is_on else 0


def _grants(course: Any, sessions: Sequence[Any], coming: Sequence[Any], today: dt.date) -> list[Grant]:
    """Return the authorisations a course's sessions use, or those there are while none is used."""
    used_by = {row.authorization_id for row in sessions if row.authorization_id}
    lines = burn_down(course.patient_id, today=today)
    meant = [line for line in lines if line.authorization_id in used_by] or lines
    ends = max((row.day for row in coming), default=None)
    return [_grant(line, ends) for line in meant]


def _grant(line: Line, ends: dt.date | None) -> Grant:
    spare = line.free
    units = f"{line.used} used, {line.booked} booked, "
    short = len(line.uncovered)
    units += f"{short} not paid for" if short else f"{spare} to spare"
    valid = day_text(line.ends_on)
    away = (line.ends_on - ends).days if ends else 0
    if away:
        valid += f", {abs(away)} {'day' if abs(away) == 1 else 'days'} {'after' if away > 0 else 'before'} the end"
    verdict, icon, css, word = ("Fits", "done", "is-done", "fine")
    if short:
        verdict, icon, css, word = "Short", "late", "is-late", f"{short} not paid for"
    elif away < 0:
        verdict, icon, css, word = "Ends early", "late", "is-late", "too early"
    return Grant(
        payer=f"{line.payer}, {line.approved} {line.unit}s",
        units=units,
        valid=valid,
        ends=f"{line.ends_on:%b} {line.ends_on.day}",
        verdict=verdict,
        word=word,
        icon=icon,
        css=css,
        approved=max(1, line.approved),
        used=line.used,
        booked=line.booked,
    )


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
    return _at(course.held_until, course.site.zone) if course.held_until else ""


def _at(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"


def _device(sessions: Sequence[Any]) -> str:
    """Return on what the next session takes place: the first thing it holds."""
    held = [r.resource.name for row in sessions[:1] for r in row.reservations.all()]
    return held[0] if held else ""


def session_line(session: Any) -> dict[str, Any]:
    """Return a session as a row of its course."""
    return {
        "id": session.pk,
        "number": session.number,
        "day": day_text(session.day),
        "time": clock_text(session.minute),
        "minutes": int((session.ends_at - session.starts_at).total_seconds() // 60),
        "where": ", ".join(r.resource.name for r in session.reservations.all()),
        "look": show.look_of(SessionState(session.state), is_confirmed=session.confirmed_at is not None),
        "why": session.why,
        "deviation": session.deviation,
        "reason": session.reason,
    }


def resized(choice: Any, add: int) -> str:
    """Return what making a course longer or shorter comes to: `6 sessions more. New end: Fri Feb 5.`"""
    count = abs(add)
    words = f"{count} {'session' if count == 1 else 'sessions'} {'more' if add > 0 else 'fewer'}."
    change = choice.change
    end = "New end" if change.ends_on != change.ended_on else "The end stays"
    moved = f" {len(change.moves)} of the others move." if change.moves else ""
    paid = choice.words.removeprefix(change.words)
    return f"{words} {end}: {day_text(change.ends_on)}.{moved}{paid}"
