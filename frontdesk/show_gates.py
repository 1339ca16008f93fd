"""Gates ready to print: what lacks and how it is solved in one click, beside a visit and on the list of a day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.show_names import short_name
from patients import phones
from patients.domain.contact import ContactKind
from scheduling.domain import local_time
from scheduling.domain.gate_kinds import NAMED
from scheduling.domain.gates import Gate, GateState, Lack
from scheduling.domain.local_time import MINUTES_A_DAY, clock_text, day_text
from scheduling.domain.operations import GateKind
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState
from scheduling.queries.gate_list import DayVisit
from scheduling.queries.gates import Standing

_LOOKS = {
    GateState.GREEN: ("done", "is-done"),
    GateState.OVERRIDDEN: ("shield-check", "is-watch"),
    GateState.OPEN: ("hourglass", "is-booked"),
    GateState.RED: ("late", "is-late"),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """Somebody who comes along with the patient."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate of a visit; `ask` is how it is solved: `there`, `person`, `yes`, `fasting`, or nothing to be done here.

    `row_id`: what was shown for it and is in force, 0: nothing was.
    """

    kind: str
    name: str
    words: str
    icon: str
    css: str
    due: str
    shown: str
    ask: str
    row_id: int
    person_id: int
    is_met: bool


@dataclass(frozen=True, slots=True)
class DayLine:
    """One visit of tomorrow's list."""

    id: int
    timing: int
    time: str
    name: str
    phone: str
    count: str
    tag: str
    place: str
    prepare: tuple[str, ...]
    lacking: tuple[GateLine, ...]
    there: tuple[GateLine, ...]
    people: tuple[Beside, ...]
    css: str


def gate_lines(session: Any, standing: Standing, *, now: dt.datetime) -> list[GateLine]:
    """Return the gates of a visit: what lacks first, and of that what is due."""
    order = [GateState.RED, GateState.OPEN, GateState.OVERRIDDEN, GateState.GREEN]
    found = sorted(standing.gates, key=lambda gate: order.index(gate.state))
    return [_line(gate, standing.row(gate), session, now) for gate in found]


def _line(gate: Gate, row: Any, session: Any, now: dt.datetime) -> GateLine:
    icon, css = _LOOKS[gate.state]
    return GateLine(
        kind=gate.kind.value,
        name=gate.info.name,
        words=gate.words,
        icon=icon,
        css=css,
        due="" if gate.is_met else f"Due {_due(gate.due_at, session.zone)}",
        shown=_shown(row, session.zone) if row else "",
        ask=_ask(gate, session, now),
        row_id=row.pk if row else 0,
        person_id=row.person_id or 0 if row else 0,
        is_met=gate.is_met,
    )


def _ask(gate: Gate, session: Any, now: dt.datetime) -> str:
    if gate.state is GateState.GREEN:
        return ""
    if gate.kind is GateKind.FASTING:
        return "fasting" if local_time.today(now, session.zone) == session.day else ""
    if gate.kind in NAMED:
        return "yes" if gate.lack is Lack.NOT_CONFIRMED else "person"
    is_paid_elsewhere = gate.kind is GateKind.AUTHORIZATION and (session.authorization_id or session.uncovered)
    return "" if is_paid_elsewhere else "there"


def _shown(row: Any, zone: str) -> str:
    """Return who or what was shown, and who wrote it down when."""
    person = _person(row.person).text if row.person else ""
    fasted = f"ate {_when(row.ate_at, zone)}, drank {_when(row.drank_at, zone)}" if row.ate_at and row.drank_at else ""
    what = row.reason if row.is_override else row.evidence
    by = f"{row.by.name if row.by else 'Themselves' if row.person else 'Before'}, {_when(row.at, zone)}"
    return " - ".join(part for part in (what, person, fasted, by) if part)


def _person(row: Any) -> Beside:
    return Beside(row.pk, f"{row.name}, {phones.readable(row.phone)}" if row.phone else row.name)


def people_lines(people: Sequence[Any]) -> tuple[Beside, ...]:
    """Return who comes along, each with a phone."""
    return tuple(_person(row) for row in people)


def day_line(visit: DayVisit, people: Sequence[Any], *, now: dt.datetime, is_private: bool) -> DayLine:
    """Return a visit as the list of a day prints it."""
    session, definition = visit.session, visit.definition
    lines = gate_lines(session, visit.standing, now=now)
    # Asked at the door: nothing anybody can do about it the day before.
    lines = [line for line in lines if line.kind != GateKind.FASTING or session.state == SessionState.ARRIVED]
    lacking = tuple(line for line in lines if not line.is_met)
    points = session.patient.contact_points.all()
    last, first = session.patient.last_name, session.patient.preferred_name or session.patient.first_name
    return DayLine(
        id=session.pk,
        timing=session.timing_version,
        time=clock_text(session.minute),
        name=short_name(last, first, is_private=True) if is_private else f"{last}, {first}",
        phone=next((phones.readable(point.value) for point in points if point.kind == ContactKind.PHONE), ""),
        count=f"{session.number}/{session.course.prescribed}",
        tag=session.course.protocol.tag,
        place=visit.place,
        prepare=tuple(_prepare(session, definition)),
        lacking=lacking,
        there=tuple(line for line in lines if line.is_met),
        people=people_lines(people),
        css=lacking[0].css if lacking else "is-done",
    )


def _prepare(session: Any, definition: ProtocolDefinition) -> list[str]:
    visit = definition.visit_types.get(session.visit_type)
    found = [f"{visit.name}, {visit.minutes} min"] if visit else []
    if definition.fasting:
        found.append(_fasting(session.minute, definition.fasting))
    if definition.observe_minutes:
        found.append(f"Watched for {definition.observe_minutes} min")
    return found


def _fasting(minute: int, rule: Any) -> str:
    if isinstance(rule, str):
        return "Nothing to eat or drink after midnight"
    food, fluid = (_before(minute, rule[key]) for key in ("food_hours", "fluid_hours"))
    if food == fluid:
        return f"Nothing to eat or drink from {food} on"
    return f"Nothing to eat from {food} on, nothing to drink from {fluid} on"


def _before(minute: int, hours: float) -> str:
    begins = minute - int(hours * 60)
    return clock_text(begins) if begins >= 0 else f"{clock_text(begins + MINUTES_A_DAY)} the evening before"


def _due(at: dt.datetime, zone: str) -> str:
    """Return when something is due; what is due by a midnight is due on the day before."""
    day, minute = local_time.wall(at, zone)
    return _when(at, zone) if minute else day_text(day - dt.timedelta(days=1))


def _when(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"
