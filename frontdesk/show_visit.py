"""One visit ready to print: its steps as a row with times, its course as dots, what pays for it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk import show, show_visits
from scheduling.domain import local_time, measures
from scheduling.domain.local_time import day_text
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import DELIVERED, SessionState
from scheduling.queries.burn_down import Line

_S = SessionState
KEYS = {"arrive": "A", "start": "S", "monitor": "C", "complete": "C"}
NAMES = {
    "phq9": "PHQ-9",
    "qids": "QIDS",
    "gad7": "GAD-7",
    "madrs": "MADRS",
    "hamd17": "HAM-D17",
    "hamd24": "HAM-D24",
    "ybocs": "Y-BOCS",
    "moca": "MoCA",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the row: `place` is past, now, next or later; `small` its time, its key, or why not yet."""

    word: str
    icon: str
    css: str
    small: str
    place: str
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """One session as a dot, with the words a screen reader says."""

    css: str
    text: str


@dataclass(frozen=True, slots=True)
class Due:
    """A score that is due, and the last one there is."""

    instrument: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What pays for a course: how much is needed and left, as widths of a meter in percent of what was approved."""

    head: str
    words: str
    used: int
    booked: int
    is_short: bool


def steps(session: Any, *, is_observed: bool, now: dt.datetime, stopped_by: str, may_record: bool) -> list[Step]:
    """Return the way of a visit through the clinic: what is past with its time, the next step, what comes later."""
    state = SessionState(session.state)
    way = [_S.BOOKED, _S.ARRIVED, _S.IN_TREATMENT, *([_S.MONITORING] if is_observed else []), _S.COMPLETED]
    if state not in way:
        return _off_the_way(session, state)
    here = way.index(state)
    found = [_passed(session, each, "now" if n == here else "past") for n, each in enumerate(way[: here + 1])]
    asked = show.next_step(state, is_observed=is_observed)
    for n, each in enumerate(way[here + 1 :]):
        is_next = n == 0 and asked is not None and may_record
        found.append(_coming(session, each, asked[0] if asked and is_next else "", now, stopped_by))
    return found


def _off_the_way(session: Any, state: SessionState) -> list[Step]:
    """Return the steps of a visit that ended otherwise: those that took place, and how it ended."""
    found = [_passed(session, _S.BOOKED, "past")]
    if session.arrived_at:
        found.append(_passed(session, _S.ARRIVED, "past"))
    if session.started_at:
        found.append(_passed(session, _S.IN_TREATMENT, "past"))
    look = show.look_of(state)
    return [*found, Step(look.word, look.icon, look.css, _time(session.ended_at, session), "now")]


def _passed(session: Any, state: SessionState, place: str) -> Step:
    look = show.look_of(state, is_confirmed=session.confirmed_at is not None)
    watched = session.observation_until if state is _S.MONITORING else None
    at = {
        _S.BOOKED: session.confirmed_at,
        _S.ARRIVED: session.arrived_at,
        _S.IN_TREATMENT: session.started_at,
        _S.COMPLETED: session.ended_at,
    }.get(state)
    small = f"until {_time(watched, session)}" if watched else _time(at, session)
    return Step(look.word, look.icon, look.css, small, place)


def _coming(session: Any, state: SessionState, verb: str, now: dt.datetime, stopped_by: str) -> Step:
    look = show.look_of(state)
    word = {"arrive": "Arrive", "start": "Start", "monitor": "Watch", "complete": "Complete"}.get(verb, look.word)
    if verb and stopped_by:
        return Step(word, look.icon, look.css, "not ready", "later")
    if verb == "arrive" and local_time.today(now, session.zone) < session.day:
        return Step(word, look.icon, look.css, f"{session.day:%b} {session.day.day}", "later")
    return Step(word, look.icon, look.css, f"press {KEYS[verb]}" if verb else "", "next" if verb else "later", verb)


def _time(at: dt.datetime | None, session: Any) -> str:
    """Return a time of a visit's own day, or the day and time of another."""
    if at is None:
        return ""
    day, minute = local_time.wall(at, session.zone)
    text = f"{minute // 60 % 12 or 12}:{minute % 60:02}"
    return text if day == session.day else f"{day:%a} {text}"


def timer(session: Any, *, now: dt.datetime) -> str:
    """Return how long somebody has waited or still sits there: `3 min left`; empty for whoever is not here."""
    state = SessionState(session.state)
    if state is _S.ARRIVED and session.arrived_at:
        return f"here for {_minutes(now - session.arrived_at)} min"
    if state is _S.IN_TREATMENT and session.started_at:
        left = _minutes(session.started_at + (session.ends_at - session.starts_at) - now)
        return f"{left} min left" if left > 0 else f"{-left} min over"
    if state is _S.MONITORING and session.observation_until:
        return show_visits.left_text(_minutes(session.observation_until - now))
    return ""


def _minutes(length: dt.timedelta) -> int:
    return int(length.total_seconds() // 60)


def dots(sessions: Sequence[Any], this_id: int = 0) -> list[Dot]:
    """Return a course as dots: what was made up says where, what makes up has a ring of its own."""
    made = {row.makeup_of_id: row for row in sessions if row.makeup_of_id and row.is_counted}
    found = []
    for row in sessions:
        look = show.look_of(SessionState(row.state), is_confirmed=row.confirmed_at is not None)
        words = f"Visit {row.number}, {day_text(row.day)}, {look.word.lower()}"
        if row.pk in made:
            words += f", made up {day_text(made[row.pk].day)}"
        if row.makeup_of_id:
            words += ", makes a lost one up"
        css = look.css + (" made" if row.makeup_of_id and row.is_counted else "")
        found.append(Dot(css + (" this" if row.pk == this_id else ""), words + (", this one" * (row.pk == this_id))))
    return found


def course_words(session: Any, sessions: Sequence[Any]) -> str:
    """Return how far a course is, in a sentence: `12 of 36, ends Wed Jan 13. One missed, made up.`"""
    counted = [row for row in sessions if row.is_counted]
    done = sum(row.state in DELIVERED for row in counted)
    ends = f", ends {day_text(max(row.day for row in counted))}" if counted else ""
    missed = [row for row in sessions if row.state == _S.NO_SHOW]
    words = f"{done} of {session.course.prescribed}{ends}."
    if not missed:
        return words
    made = {row.makeup_of_id for row in sessions if row.is_counted}
    owed = sum(row.pk not in made for row in missed)
    return f"{words} {len(missed)} missed, {'made up' if not owed else f'{owed} not made up yet'}."


def due(
    definition: ProtocolDefinition, sessions: Sequence[Any], scores: Mapping[str, tuple[dt.date, int]]
) -> list[Due]:
    """Return the scores a course asks for now."""
    delivered = sorted(row.day for row in sessions if row.is_counted and row.state in DELIVERED)
    found = []
    for instrument, places in (definition.measures or {}).items():
        last = scores.get(instrument)
        if not measures.due_after(places, delivered, last[0] if last else dt.date.min):
            continue
        words = f"Last total {last[1]}, {last[0]:%b} {last[0].day}" if last else "None is recorded yet."
        found.append(Due(instrument, NAMES.get(instrument, instrument), words))
    return found


def paid(lines: Sequence[Line], session: Any, sessions: Sequence[Any]) -> Paid | None:
    """Return what pays for a course by the authorisation its visits use, or None."""
    used_by = {row.authorization_id for row in sessions if row.authorization_id}
    line = next((each for each in lines if each.authorization_id == session.authorization_id), None)
    line = line or next((each for each in lines if each.authorization_id in used_by), None)
    if line is None:
        return None
    spare = line.left - line.booked
    fits = f"Fits, with {spare} to spare." if spare > 0 else "Fits, with none to spare."
    words = f"{line.payer}, {line.approved} {line.unit}s until {day_text(line.ends_on)}. "
    words += f"{len(line.uncovered)} not paid for." if line.uncovered else fits
    needed = line.booked + len(line.uncovered)
    whole = max(1, line.approved)
    return Paid(
        head=f"{needed} needed, {line.left} left",
        words=words,
        used=min(100, 100 * line.used // whole),
        booked=min(100, 100 * (line.used + line.booked) // whole),
        is_short=bool(line.uncovered),
    )
