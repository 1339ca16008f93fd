"""What a protocol asks for, read from the stored mapping: nothing here uses the product's own reading of it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Row = Mapping[str, Any]
WORKING_WEEK = [1, 2, 3, 4, 5]


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule broken between some sessions: excused where somebody recorded a reason for one of them.

    `phase`: once it has begun it stays where it is, and what the phase before it lacks comes in between.
    """

    text: str
    sessions: frozenset[int]
    phase: str = ""


def monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def phases_of(definition: Mapping[str, Any], series: str) -> list[Mapping[str, Any]]:
    return [phase for phase in definition["phases"] if phase.get("series", "") == series]


def series_of(definition: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(phase.get("series", "") for phase in definition["phases"]))


def cadence_faults(definition: Mapping[str, Any], per_week: int | None, rows: Sequence[Row]) -> Iterator[Fault]:
    """Return what the counted sessions of a course, in the order of their times, break of its protocol's rhythm."""
    for series in series_of(definition):
        phases = phases_of(definition, series)
        last: Row | None = None
        for place, phase in enumerate(phases):
            mine = [row for row in rows if row["phase"] == phase["name"]]
            yield from _within(phase, per_week, mine)
            if not mine:
                continue
            if last is not None:
                yield from _entry(phase, last, mine[0])
            earlier = {each["name"] for each in phases[:place]}
            for row in mine:
                yield from _order(phase, row, [other for other in rows if other["phase"] in earlier])
            last = mine[-1]


def _within(phase: Mapping[str, Any], per_week: int | None, rows: Sequence[Row]) -> Iterator[Fault]:
    for row in rows:
        if row["day"].isoweekday() not in phase.get("weekdays", WORKING_WEEK):
            yield _fault(f"{phase['name']}: on weekday {row['day'].isoweekday()}", row)
    for first, second in pairwise(rows):
        apart = (second["day"] - first["day"]).days
        if apart == 0 and phase.get("per_day", 1) == 1:
            yield _fault(f"{phase['name']}: two on one day", first, second)
        if 0 < apart < phase.get("min_gap_days", 1):
            yield _fault(f"{phase['name']}: only {apart} days apart", first, second)
        if phase.get("interval_weeks") and apart < _interval(phase)[0]:
            yield _fault(f"{phase['name']}: {apart} days is below its interval", first, second)
    yield from _weekly(phase, per_week, rows)


def _weekly(phase: Mapping[str, Any], per_week: int | None, rows: Sequence[Row]) -> Iterator[Fault]:
    if not rows:
        return
    first = monday(rows[0]["day"])
    weeks: dict[dt.date, list[Row]] = {}
    for row in rows:
        weeks.setdefault(monday(row["day"]), []).append(row)
    for week, of_week in weeks.items():
        most = _quota(phase, per_week, (week - first).days // 7)
        days = {row["day"] for row in of_week}
        if most is not None and len(days) > most:
            # The first visit of the phase says which week this is.
            yield _fault(f"{phase['name']}: {len(days)} in the week of {week}, {most} allowed", rows[0], *of_week)


def _quota(phase: Mapping[str, Any], per_week: int | None, week: int) -> int | None:
    if pattern := phase.get("weeks"):
        return int(pattern[min(week, len(pattern) - 1)])
    if week < phase.get("first_weeks", 0):
        return int(phase["first_weeks_per_week"])
    usual = phase.get("per_week")
    return min(usual, per_week) if usual and per_week else usual


def _entry(phase: Mapping[str, Any], last: Row, first: Row) -> Iterator[Fault]:
    apart = (first["day"] - last["day"]).days
    if 0 < apart < phase.get("min_gap_days", 1):
        yield _fault(f"{phase['name']}: begins {apart} days after the phase before", last, first)
    if apart > 0 and phase.get("starts") == "next_monday" and monday(first["day"]) == monday(last["day"]):
        text = f"{phase['name']}: begins in the week in which the phase before ends"
        yield Fault(text, frozenset({last["id"], first["id"]}), phase=phase["name"])


def _order(phase: Mapping[str, Any], row: Row, earlier: Sequence[Row]) -> Iterator[Fault]:
    for other in earlier:
        if other["day"] >= row["day"]:
            text = f"{phase['name']}: a visit before {other['phase']} is over"
            yield Fault(text, frozenset({row["id"], other["id"]}), phase=phase["name"])


def _interval(phase: Mapping[str, Any]) -> tuple[int, int]:
    if "range_weeks" in phase:
        low, high = phase["range_weeks"]
        return 7 * low, 7 * high
    slack = 3 if phase["interval_weeks"] < 4 else 7
    return 7 * phase["interval_weeks"] - slack, 7 * phase["interval_weeks"] + slack


def _fault(text: str, *rows: Row) -> Fault:
    return Fault(text, frozenset(row["id"] for row in rows))


def uses_of(definition: Mapping[str, Any], visit_type: str) -> list[tuple[str, int, int]]:
    """Return what a visit holds, sorted: kind, and minutes from its start, set-up and turnover included."""
    found = []
    for step in definition["visit_types"][visit_type]["steps"]:
        for need in step["needs"]:
            begins = step.get("at", 0) - need.get("setup", 0)
            ends = step.get("at", 0) + step["minutes"] + need.get("turnover", 0)
            found += [(need["kind"], begins, ends)] * need.get("count", 1)
    return sorted(found)


def code_of(billing: Mapping[str, Any], row: Row, *, is_first: bool, remap_visit: str | None, dose: int | None) -> str:
    """Return the code a session is billed under, or nothing; `dose`: the one given or expected, in milligrams."""
    if doses := billing.get("doses"):
        return str(next((each["code"] for each in doses if (dose or 0) <= each["up_to"]), doses[-1]["code"]))
    if row["visit_type"] in billing.get("visits", {}):
        return str(billing["visits"][row["visit_type"]])
    if is_first:
        return str(billing.get("first") or "")
    if row["visit_type"] == remap_visit:
        return str(billing.get("remap") or "")
    return str(billing.get("other") or "")
