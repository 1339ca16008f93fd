"""Checks a planned course, as `manage.py plan --json` prints it, against what domain.md says of it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from scheduling.domain.protocol import ProtocolDefinition

FACTS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "facts.yaml").read_text())
START = dt.date(2026, 11, 30)


def broken(code: str, sessions: list[dict[str, Any]], definition: ProtocolDefinition) -> list[str]:
    """Return every fact of a protocol that its planned course breaks."""
    facts = FACTS[code]
    found = [*_counts(facts, sessions), *_days(facts, sessions), *_visits(facts, sessions), *_said(facts, definition)]
    return [f"{code}: {fault} (domain.md {facts['from']})" for fault in found]


def _day(session: dict[str, Any]) -> dt.date:
    return dt.date.fromisoformat(session["day"])


def _by_phase(sessions: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    phases: dict[str, list[dict[str, Any]]] = {}
    for session in sessions:
        phases.setdefault(session["phase"], []).append(session)
    return phases


def _counts(facts: dict[str, Any], sessions: list[dict[str, Any]]) -> Iterator[str]:
    counts = dict(Counter(session["phase"] for session in sessions))
    if counts != facts["counts"]:
        yield f"{counts} sessions instead of {facts['counts']}"
    if [session["number"] for session in sessions] != list(range(1, len(sessions) + 1)):
        yield "not numbered 1 to N"
    for phase, rows in _by_phase(sessions).items():
        weeks = Counter(_day(session).isocalendar()[:2] for session in rows)
        most = facts["per_week"].get(phase)
        if most is not None and max(weeks.values()) > most:
            yield f"{max(weeks.values())} a week in {phase} instead of {most}"
    if "per_day" in facts and set(Counter(session["day"] for session in sessions).values()) != {facts["per_day"]}:
        yield f"not {facts['per_day']} a day"
    if "first_weeks" in facts:
        weeks_long, count = facts["first_weeks"]
        until = START + dt.timedelta(weeks=weeks_long)
        if sum(_day(session) < until for session in sessions) != count:
            yield f"not {count} in the first {weeks_long} weeks"


def _days(facts: dict[str, Any], sessions: list[dict[str, Any]]) -> Iterator[str]:
    if not {_day(session).isoweekday() for session in sessions} <= set(facts["weekdays"]):
        yield "a weekday that is not allowed"
    for phase, rows in _by_phase(sessions).items():
        if phase in facts["gap"] and len(rows) > 1:
            gaps = [(_day(b) - _day(a)).days for a, b in pairwise(rows)]
            low, high = facts["gap"][phase]
            if min(gaps) < low or max(gaps) > high:
                yield f"gaps of {min(gaps)} to {max(gaps)} days in {phase} instead of {low} to {high}"
    yield from _days_from_start(facts, sessions)


def _days_from_start(facts: dict[str, Any], sessions: list[dict[str, Any]]) -> Iterator[str]:
    windows = [facts["first_after_days"]] if "first_after_days" in facts else facts.get("windows", [])
    for session, (low, high) in zip(sessions, windows, strict=False):
        if not low <= (_day(session) - START).days <= high:
            yield f"session {session['number']} is outside days {low} to {high}"
    if "apart_minutes" in facts:
        later = [(a, b) for a, b in pairwise(sessions) if a["day"] == b["day"] and a["number"] > 2]
        if {b["minute"] - a["minute"] for a, b in later} != {facts["apart_minutes"]}:
            yield f"the visits of a day are not {facts['apart_minutes']} minutes apart"


def _visits(facts: dict[str, Any], sessions: list[dict[str, Any]]) -> Iterator[str]:
    first, others = sessions[0], sessions[1:]
    if first["minutes"] != facts["minutes"][0]:
        yield f"a first visit of {first['minutes']} minutes"
    lengths = facts.get("phase_minutes", {})
    for session in others:
        if session["minutes"] != lengths.get(session["phase"], facts["minutes"][1]):
            yield f"visit {session['number']} of {session['minutes']} minutes"
    for session, kinds in [(first, facts["kinds"][0]), *((other, facts["kinds"][1]) for other in others)]:
        held = sorted({use["kind"] for use in session["uses"]})
        if kinds and held != kinds:
            yield f"visit {session['number']} holds {held}"
    yield from _steps(facts, others)
    if "one_person" in facts:
        people = {use["name"] for session in sessions for use in session["uses"] if use["kind"] == facts["one_person"]}
        if len(people) != 1:
            yield f"{len(people)} instead of one {facts['one_person']}"


def _steps(facts: dict[str, Any], others: list[dict[str, Any]]) -> Iterator[str]:
    for kind, begin, end in facts.get("steps", ()):
        spans = {
            (use["from"] - other["minute"], use["to"] - other["minute"])
            for other in others
            for use in other["uses"]
            if use["kind"] == kind
        }
        if (begin, end) not in spans:
            yield f"no {kind} from minute {begin} to {end}, but {spans}"


def _said(facts: dict[str, Any], definition: ProtocolDefinition) -> Iterator[str]:
    billing = definition.billing
    if "billing" in facts and [billing.first, billing.other, billing.remap, billing.unit] != facts["billing"]:
        yield f"billed as {billing}"
    for key, expected in facts.get("said", {}).items():
        given = _what(key, definition)
        if key == "gates_hold":
            if not set(expected) <= set(definition.gates):
                yield f"gates {definition.gates} lack {expected}"
        elif key == "gaps":
            limits = {name: getattr(definition.gaps, name) for name in expected}
            if limits != expected:
                yield f"gap limits {limits}"
        elif given != expected:
            yield f"{key} is {given} instead of {expected}"


def _what(key: str, definition: ProtocolDefinition) -> Any:
    last = definition.phases[-1]
    if key in {"rule", "checkpoint_after"}:
        return next((value for phase in definition.phases if (value := getattr(phase, key)) is not None), None)
    if key == "rule_weeks":
        return list(last.rule_weeks or ())
    if key == "open_ended":
        return last.name if last.open_ended else None
    value = getattr(definition, key, None)
    return list(value) if isinstance(value, tuple) else value
