"""One chair ready to print: who sits there now, what to mind, what can be done, who comes after."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk import show, show_visits
from frontdesk.show import Look
from frontdesk.show_names import short_name
from frontdesk.show_visit import NAMES
from patients.domain.clinical import Instrument
from scheduling.domain import local_time
from scheduling.domain.gates import Gate, sentence
from scheduling.domain.local_time import clock_text
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState

_S = SessionState
_UNDER_WAY = (_S.IN_TREATMENT, _S.MONITORING)
PRESSURE_AT = dt.timedelta(minutes=40)  # after the dose [58]
UNLIMITED = 24 * 60
PRESSURE_SHOWN = dt.timedelta(minutes=60)
MAGNETS = ("tms", "dtms")
PRESSED = "esketamine"


@dataclass(frozen=True, slots=True)
class Mind:
    """One thing to mind; `is_grave`: nothing begins before it."""

    icon: str
    text: str
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a stage lasts: counted on by the page as on the board; `after` follows the time."""

    at: str
    count: str
    limit: int
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Now:
    """Who is in hand, and what can be done."""

    id: int
    version: int
    note_version: int
    course_id: int
    name: str
    born: str
    count: str
    time: str
    look: Look
    clock: Clock | None
    minds: tuple[Mind, ...]
    note: str
    verb: str
    word: str
    icon: str
    is_stopped: bool  # something must be there first
    watch: str  # how long the patient should be watched, while that time is not over
    asks_dose: bool
    usual_dose: int | str
    may_stop: bool
    instrument: str
    instrument_name: str
    is_help_asked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Another visit of the chair's day."""

    id: int
    patient_id: int
    name: str
    count: str
    time: str
    look: Look


@dataclass(frozen=True, slots=True)
class Known:
    """What was read about the visit in hand."""

    gates: Sequence[Gate]
    alike: Collection[int]
    is_measure_due: bool
    is_help_asked: bool
    is_private: bool


def now_of(visit: Any, definition: ProtocolDefinition, known: Known, *, now: dt.datetime) -> Now:
    """Return who is in hand as the page prints it."""
    state = _S(visit.state)
    patient = visit.patient
    first = patient.preferred_name or patient.first_name
    is_stopped = state is _S.ARRIVED and bool(known.gates)
    step = show.next_step(state, is_observed=bool(definition.observe_minutes))
    verb, word = ("", "") if is_stopped or step is None else step
    instrument = next((each.value for each in Instrument if each in (definition.measures or {})), "")
    return Now(
        id=visit.pk,
        version=visit.version,
        note_version=visit.note_version,
        course_id=visit.course_id,
        name=_name(patient.last_name, first, is_private=known.is_private),
        born="" if known.is_private else show_visits.birth_text(patient.birth_date),
        count=_count(visit),
        time=f"{clock_text(visit.minute)} to {clock_text(_end(visit))}",
        look=_look(visit, now),
        clock=_clock(visit, now, is_observed=bool(definition.observe_minutes)),
        minds=tuple(_minds(visit, definition, known, now)),
        note=visit.note,
        verb=verb,
        word=word,
        icon=show.look_of(show_visits.NEXT_LOOKS[verb]).icon if verb else "",
        is_stopped=is_stopped,
        watch=_length(definition.observe_minutes or 0) if _is_watched(visit, now) else "",
        asks_dose=state is _S.ARRIVED and bool(definition.billing.doses),
        usual_dose=definition.billing.usual_dose or "",
        may_stop=state in _UNDER_WAY,
        instrument=instrument,
        instrument_name=NAMES.get(instrument, instrument),
        is_help_asked=known.is_help_asked,
    )


def line_of(visit: Any, *, now: dt.datetime, is_private: bool) -> Line:
    """Return another visit of the day as a line."""
    patient = visit.patient
    first = patient.preferred_name or patient.first_name
    name = short_name(patient.last_name, first, is_private=is_private)
    return Line(visit.pk, visit.patient_id, name, _count(visit), clock_text(visit.minute), _look(visit, now))


def _name(last: str, first: str, *, is_private: bool) -> str:
    return short_name(last, first, is_private=True) if is_private else f"{first} {last}"


def _count(visit: Any) -> str:
    return f"{visit.course.protocol.tag} {visit.number}/{visit.course.prescribed}"


def _end(visit: Any) -> int:
    return int(visit.minute + (visit.ends_at - visit.starts_at).total_seconds() // 60)


def _look(visit: Any, now: dt.datetime) -> Look:
    state = _S(visit.state)
    is_late = state is _S.BOOKED and now >= visit.starts_at + dt.timedelta(minutes=10)
    return show.look_of(state, is_confirmed=visit.confirmed_at is not None, is_late=is_late)


def _is_watched(visit: Any, now: dt.datetime) -> bool:
    return visit.state == _S.MONITORING and bool(visit.observation_until) and now < visit.observation_until


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest or not hours:
        return f"{minutes} minutes"
    return "1 hour" if hours == 1 else f"{hours} hours"


def _clock(visit: Any, now: dt.datetime, *, is_observed: bool) -> Clock | None:
    state = _S(visit.state)
    if state is _S.ARRIVED and visit.arrived_at:
        return _clock_of(visit.arrived_at, now, count="up", limit=show_visits.WAITING_LIMIT, before="Waits")
    if state is _S.IN_TREATMENT and visit.started_at:
        if is_observed:  # its time includes the watching: how long the treatment lasts is not said anywhere
            return _clock_of(visit.started_at, now, count="up", limit=UNLIMITED, before="In the chair:")
        until = visit.started_at + (visit.ends_at - visit.starts_at)
        return _clock_of(until, now, count="down", limit=0, before="In the chair:")
    if state is _S.MONITORING and visit.observation_until:
        minute = local_time.wall(visit.observation_until, visit.zone)[1]
        after = f"Can leave at {clock_text(minute)} if well." if now < visit.observation_until else "Can leave if well."
        return _clock_of(visit.observation_until, now, count="down", limit=0, before="Watch:", after=after)
    return None


def _clock_of(at: dt.datetime, now: dt.datetime, *, count: str, limit: int, before: str, after: str = "") -> Clock:
    gone = int((now - at).total_seconds() // 60)
    text = f"{gone} min" if count == "up" else show_visits.left_text(-gone)
    return Clock(at.isoformat(timespec="seconds"), count, limit, before, text, after)


def _minds(visit: Any, definition: ProtocolDefinition, known: Known, now: dt.datetime) -> list[Mind]:
    """Return what to mind before and while this patient sits there, the gravest first."""
    state = _S(visit.state)
    found = []
    if visit.patient_id in known.alike:
        found.append(Mind("users", "2 people look alike today. Check date of birth."))
    if state in (_S.BOOKED, _S.ARRIVED):
        found += _before(visit, definition, known)
    if definition.modality == PRESSED:
        found += _pressure(visit, state, now)
    if known.is_measure_due:
        found.append(Mind("clipboard-text", "A score is due today."))
    if visit.patient.interpreter:
        found.append(Mind("language", f"Interpreter: {visit.patient.interpreter}"))
    return found


def _before(visit: Any, definition: ProtocolDefinition, known: Known) -> list[Mind]:
    found = [Mind("late", sentence(gate), is_grave=visit.state == _S.ARRIVED) for gate in known.gates]
    if visit.visit_type == "remap":
        found.append(Mind("target", "Re-mapping is due at this visit."))
    if visit.number == 1:
        found.append(Mind("star", "First visit."))
    if definition.modality in MAGNETS:
        found.append(Mind("shield-check", "Metal check: nothing metal on head or neck."))
    return found


def _pressure(visit: Any, state: SessionState, now: dt.datetime) -> list[Mind]:
    """Return when blood pressure is taken: before the drug, and 40 minutes after it."""
    if state in (_S.BOOKED, _S.ARRIVED):
        return [Mind("clock", "Blood pressure before it begins.")]
    if state not in _UNDER_WAY or visit.started_at is None or now > visit.started_at + PRESSURE_SHOWN:
        return []
    minute = local_time.wall(visit.started_at + PRESSURE_AT, visit.zone)[1]
    is_due = now >= visit.started_at + PRESSURE_AT
    text = "Blood pressure now (40 min)." if is_due else f"Blood pressure at {clock_text(minute)} (40 min)."
    return [Mind("clock", text, is_grave=is_due)]
