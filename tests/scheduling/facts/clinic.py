"""Pure: a clinic that owns every kind of resource the catalogue needs and has nothing booked, and its courses."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from scheduling import catalogue
from scheduling.domain.bitmap import span
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import Lane
from scheduling.domain.planner import Ground, Plan, Wish, plan_course
from scheduling.domain.protocol import ProtocolDefinition

ZONE = "America/New_York"
START = dt.date(2026, 11, 30)  # a Monday
DAYS = 450
SLACK_DAYS = 45  # beyond the length of the course, as the desk plans
HOLIDAYS = {
    dt.date(2026, 11, 26): "Thanksgiving",
    dt.date(2026, 12, 25): "Christmas Day",
    dt.date(2027, 1, 1): "New Year's Day",
    dt.date(2027, 1, 18): "Martin Luther King Jr. Day",
}
WEEKDAYS = frozenset({1, 2, 3, 4, 5})
TUESDAYS, THURSDAYS = frozenset({2}), frozenset({4})

USUAL_TIME = 9 * 60
OWN_TIMES = {"saint_50": 7 * 60 + 30}  # ten starts, one an hour, fit between 7:30 and 18:00
ECT_TIME = 7 * 60  # the visit; treatment follows an hour of pre-op

Hours = tuple[int, int]
ALL_DAY: Hours = (7 * 60, 18 * 60)
ECT_LIST: Hours = (7 * 60, 12 * 60)
MBCT_MEETING: Hours = (9 * 60, 11 * 60)
DBT_MEETING: Hours = (13 * 60, 15 * 60 + 30)
GROUP_PLACES = 8

Row = tuple[str, str, int, Sequence[str], Hours, Collection[int]]  # kind, name, how many, having, hours, weekdays
_ROWS: Sequence[Row] = [
    ("tms_device", "TMS", 1, ["neuronavigation"], ALL_DAY, WEEKDAYS),
    ("tms_device", "TMS without navigation", 2, [], ALL_DAY, WEEKDAYS),
    ("deep_tms_device", "Deep TMS", 2, [], ALL_DAY, WEEKDAYS),
    ("h1_helmet", "H1 helmet", 2, [], ALL_DAY, WEEKDAYS),
    ("h7_helmet", "H7 helmet", 2, [], ALL_DAY, WEEKDAYS),
    ("operator", "Operator", 3, [], ALL_DAY, WEEKDAYS),
    ("psychiatrist", "Psychiatrist", 2, [], ALL_DAY, WEEKDAYS),
    ("coordinator", "Coordinator", 2, [], ALL_DAY, WEEKDAYS),
    ("exam_room", "Exam room", 2, [], ALL_DAY, WEEKDAYS),
    ("ect_room", "ECT room", 1, [], ECT_LIST, WEEKDAYS),
    ("anesthesia", "Anesthesia", 1, [], ECT_LIST, WEEKDAYS),
    ("preop_bay", "Pre-op bay", 3, [], ALL_DAY, WEEKDAYS),
    ("recovery_bay", "Recovery bay", 3, [], ALL_DAY, WEEKDAYS),
    ("infusion_chair", "Infusion chair", 2, [], ALL_DAY, WEEKDAYS),
    ("iv_nurse", "Nurse", 1, [], ALL_DAY, WEEKDAYS),
    ("iv_watch", "Nurse's watch", 2, [], ALL_DAY, WEEKDAYS),
    ("observation_chair", "Observation chair", 3, [], ALL_DAY, WEEKDAYS),
    ("observer", "Observer", 1, [], ALL_DAY, WEEKDAYS),
    ("observation_place", "Observer's watch", 3, [], ALL_DAY, WEEKDAYS),
    ("vns_programmer", "VNS programmer", 1, [], ALL_DAY, WEEKDAYS),
    ("therapist", "Therapist", 2, ["dbt"], ALL_DAY, WEEKDAYS),
    ("group_place", "MBCT place", GROUP_PLACES, ["mbct"], MBCT_MEETING, TUESDAYS),
    ("group_place", "DBT place", GROUP_PLACES, ["dbt"], DBT_MEETING, THURSDAYS),
]


@cache
def shipped() -> dict[str, ProtocolDefinition]:
    """Return the catalogue by code."""
    return {file.definition.code: file.definition for file in catalogue.read_folder(catalogue.SHIPPED)}


def wished_minute(protocol: ProtocolDefinition) -> int:
    """Return the time of day asked for: an early one for lists and long days."""
    return ECT_TIME if protocol.modality == "ect" else OWN_TIMES.get(protocol.code, USUAL_TIME)


@cache
def planned(code: str) -> Plan:
    """Return the course of a shipped protocol, planned once."""
    return plan_of(shipped()[code])


def plan_of(protocol: ProtocolDefinition, *, closed: Collection[dt.date] = HOLIDAYS) -> Plan:
    """Return a protocol's course in the empty clinic, closed on the days given."""
    wish = Wish(
        protocol=protocol,
        start_on=START,
        preferred_minute=wished_minute(protocol),
        window=None,
        pins={},
        not_before=(START, 0),
        horizon_days=protocol.longest_days() + SLACK_DAYS,
    )
    names = {day: name for day, name in HOLIDAYS.items() if day in closed}
    return plan_course(wish, Ground(lanes=lanes(closed=closed), zone=ZONE, closures=names))


def lanes(*, closed: Collection[dt.date] = HOLIDAYS) -> list[Lane]:
    """Return every resource of the clinic."""
    return list(_lanes(closed))


def _lanes(closed: Collection[dt.date]) -> Iterator[Lane]:
    number = 0
    for kind, name, count, having, (first, end), weekdays in _ROWS:
        mask = span(first // QUANTUM, (end - first) // QUANTUM)
        days = {day.toordinal(): mask for day in open_days(closed) if day.isoweekday() in weekdays}
        for index in range(1, count + 1):
            number += 1
            yield Lane(number, kind, f"{name} {index}", frozenset(having), days, days)


def open_days(closed: Collection[dt.date] = HOLIDAYS) -> list[dt.date]:
    """Return the clinic's days: Monday to Friday without the holidays."""
    days = [START + dt.timedelta(days=offset) for offset in range(DAYS)]
    return [day for day in days if day.isoweekday() in WEEKDAYS and day not in closed]
