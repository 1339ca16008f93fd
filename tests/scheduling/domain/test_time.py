"""Courses across clock changes, year ends and odd zones: the wall clock is kept (reliability.md 3.6)."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest

from scheduling.domain import local_time
from scheduling.domain.bitmap import span
from scheduling.domain.planner import Ground, Lane, Plan, Wish, plan_course
from scheduling.domain.protocol import ProtocolDefinition
from tests.scheduling.domain.test_planner import protocol

DAYTIME = span(84, 144)  # 7am to 7pm
ALL_DAY = span(0, 288)
KINDS = ("tms_device", "operator", "psychiatrist")


def course(
    start: dt.date,
    zone: str,
    *,
    minute: int = 540,
    code: str = "tms_mdd_36",
    mask: int = DAYTIME,
    weekend: bool = False,
    closed: tuple[dt.date, ...] = (),
    **wish: Any,
) -> Plan:
    definition: ProtocolDefinition = protocol(code)
    days = [start + dt.timedelta(days=offset) for offset in range(150)]
    free = {d.toordinal(): mask for d in days if (weekend or d.isoweekday() < 6) and d not in closed}
    lanes = [Lane(number, kind, kind, frozenset(), free, free) for number, kind in enumerate(KINDS)]
    asked = Wish(
        protocol=definition,
        start_on=start,
        preferred_minute=minute,
        window=None,
        pins={},
        not_before=(start, 0),
        horizon_days=140,
        **wish,
    )
    return plan_course(asked, Ground(lanes=lanes, zone=zone, closures=dict.fromkeys(closed, "Holiday")))


def instants(plan: Plan, zone: str) -> list[dt.datetime]:
    return [local_time.to_utc(session.day, session.minute, zone) for session in plan.sessions]


@pytest.mark.parametrize(
    ("zone", "start", "changes_on", "shift"),
    [
        ("America/New_York", dt.date(2026, 3, 2), dt.date(2026, 3, 8), dt.timedelta(hours=1)),
        ("America/New_York", dt.date(2026, 10, 19), dt.date(2026, 11, 1), dt.timedelta(hours=-1)),
        ("Australia/Lord_Howe", dt.date(2026, 9, 21), dt.date(2026, 10, 4), dt.timedelta(minutes=30)),
        ("Australia/Lord_Howe", dt.date(2026, 3, 16), dt.date(2026, 4, 5), dt.timedelta(minutes=-30)),
        ("America/Phoenix", dt.date(2026, 3, 2), dt.date(2026, 3, 8), dt.timedelta()),
    ],
)
def test_d3_a_course_keeps_its_wall_clock_across_a_clock_change(
    zone: str, start: dt.date, changes_on: dt.date, shift: dt.timedelta
) -> None:
    plan = course(start, zone)

    before = [at for s, at in zip(plan.sessions, instants(plan, zone), strict=True) if s.day < changes_on]
    after = [at for s, at in zip(plan.sessions, instants(plan, zone), strict=True) if s.day >= changes_on]
    midnights = {at - dt.timedelta(days=(at.date() - start).days) for at in before}
    assert {session.minute for session in plan.sessions} == {540}
    assert len(plan.sessions) == 36
    assert len(midnights) == 1
    assert (before[0].time(), after[0].time()) == (
        before[0].time(),
        (dt.datetime.combine(start, before[0].time()) - shift).time(),
    )


def test_d1_no_visit_stands_in_the_hour_that_does_not_exist() -> None:
    plan = course(dt.date(2026, 3, 6), "America/New_York", minute=150, mask=ALL_DAY, weekend=True, code="tms_itbs_36")

    assert all(instants(plan, "America/New_York"))
    assert {session.minute for session in plan.sessions} == {150}  # Monday to Friday: March 8 is no treatment day


@pytest.mark.parametrize(
    ("zone", "day", "minute"),
    [
        ("America/New_York", dt.date(2026, 3, 8), 150),  # D1: skipped
        ("America/New_York", dt.date(2026, 11, 1), 90),  # D2: twice
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), 135),  # D5: half an hour skipped
        ("Australia/Lord_Howe", dt.date(2026, 4, 5), 105),  # D5: half an hour twice
        ("America/Denver", dt.date(2026, 3, 8), 150),  # D6
    ],
)
def test_a_time_that_names_no_single_instant_is_never_planned(zone: str, day: dt.date, minute: int) -> None:
    assert local_time.unusable_mask(day, zone) >> (minute // 5) & 1 == 1
    with pytest.raises(local_time.LocalTimeError):
        local_time.to_utc(day, minute, zone)


def test_d6_the_same_hour_is_there_in_phoenix() -> None:
    assert local_time.to_utc(dt.date(2026, 3, 8), 150, "America/Phoenix") == dt.datetime(
        2026, 3, 8, 9, 30, tzinfo=dt.UTC
    )
    assert local_time.unusable_mask(dt.date(2026, 3, 8), "America/Phoenix") == 0


def test_d10_the_leap_day_is_a_treatment_day() -> None:
    plan = course(dt.date(2028, 2, 28), "America/New_York")

    assert [session.day for session in plan.sessions[:3]] == [
        dt.date(2028, 2, 28),
        dt.date(2028, 2, 29),
        dt.date(2028, 3, 1),
    ]


def test_d11_weekly_quotas_hold_in_week_53() -> None:
    plan = course(dt.date(2026, 12, 14), "America/New_York", closed=(dt.date(2027, 1, 1),))

    weeks = [session.day.isocalendar()[:2] for session in plan.sessions if session.phase == "acute"]
    assert (weeks.count((2026, 53)), weeks.count((2027, 1))) == (4, 5)


def test_d12_observed_holidays_are_skipped_and_the_course_ends_later() -> None:
    observed = (dt.date(2026, 7, 3), dt.date(2027, 7, 5), dt.date(2027, 12, 31), dt.date(2027, 12, 24))

    plan = course(dt.date(2027, 12, 20), "America/New_York", closed=observed)

    assert {day for day, _name in plan.skipped} == {dt.date(2027, 12, 24), dt.date(2027, 12, 31)}
    assert len(plan.sessions) == 36


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("America/Santiago", dt.date(2026, 8, 31)),
        ("Asia/Beirut", dt.date(2026, 3, 23)),
        ("Africa/Cairo", dt.date(2026, 4, 20)),
        ("Asia/Kathmandu", dt.date(2026, 3, 2)),
        ("Pacific/Honolulu", dt.date(2026, 3, 2)),
        ("Africa/Casablanca", dt.date(2026, 9, 14)),
        ("Pacific/Apia", dt.date(2026, 9, 21)),
    ],
)
def test_d7_d14_d15_odd_zones_are_planned_without_a_crash_and_in_order(zone: str, start: dt.date) -> None:
    plan = course(start, zone, mask=ALL_DAY)

    at = instants(plan, zone)
    assert len(at) == 36
    assert all(first < second for first, second in pairwise(at))
