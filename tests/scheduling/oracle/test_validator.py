"""The judge of plans, judged: a good plan of every protocol passes, and each rule that is broken is named."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from scheduling.domain.ground import Ground
from scheduling.domain.options import Lane
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.domain.planner import plan_course
from scheduling.domain.wish import Wish
from tests.scheduling.oracle.cases import FOLDER, HOLIDAYS, ZONE, protocol
from tests.scheduling.oracle.validator import faults

pytestmark = pytest.mark.once

MONDAY = dt.date(2026, 11, 23)  # the week of Thanksgiving, which is closed from Thursday on
OPEN = ((1 << 144) - 1) << 84  # 7:00 to 19:00
# A programme that only a scale drives plans nothing ahead.
CODES = [path.stem for path in sorted(FOLDER.glob("*.yaml")) if sum(p.planned for p in protocol(path.stem).phases)]
Edit = Callable[[list[PlannedSession]], None]


def ground_for(code: str) -> Ground:
    days = [MONDAY + dt.timedelta(days=offset) for offset in range(500)]
    hours = {day.toordinal(): OPEN for day in days if day.isoweekday() < 6 and day not in HOLIDAYS}
    able = frozenset({"dbt", "mbct", "neuronavigation", "es"})
    kinds = [kind for kind in sorted(protocol(code).kinds() | {"interpreter"}) for _each in range(2)]
    return Ground(
        [Lane(number, kind, f"{kind} {number}", able, hours, hours) for number, kind in enumerate(kinds, start=1)],
        ZONE,
        closures=HOLIDAYS,
    )


@cache
def good(code: str, interpreter: str = "") -> tuple[Plan, Wish, Ground]:
    ground = ground_for(code)
    wish = Wish(
        protocol=protocol(code),
        start_on=MONDAY,
        preferred_minute=480,
        window=None,
        pins={},
        not_before=(MONDAY, 0),
        horizon_days=450,
        interpreter=interpreter,
    )
    return plan_course(wish, ground), wish, ground


def move(number: int, *, days: int = 0, minutes: int = 0) -> Edit:
    """Move a session with all it holds."""

    def edit(sessions: list[PlannedSession]) -> None:
        session = sessions[number - 1]
        uses = [
            replace(use, from_minute=use.from_minute + minutes, to_minute=use.to_minute + minutes)
            for use in session.uses
        ]
        day = session.day + dt.timedelta(days=days)
        sessions[number - 1] = replace(session, day=day, minute=session.minute + minutes, uses=tuple(uses))

    return edit


def move_all(first: int, *, days: int) -> Edit:
    """Move a session and every later one."""

    def edit(sessions: list[PlannedSession]) -> None:
        for number in range(first, len(sessions) + 1):
            move(number, days=days)(sessions)

    return edit


def drop(number: int) -> Edit:
    def edit(sessions: list[PlannedSession]) -> None:
        del sessions[number - 1]

    return edit


def change(number: int, **fields: Any) -> Edit:
    def edit(sessions: list[PlannedSession]) -> None:
        sessions[number - 1] = replace(sessions[number - 1], **fields)

    return edit


def hold(number: int, use: int, **fields: Any) -> Edit:
    """Change what a session holds."""

    def edit(sessions: list[PlannedSession]) -> None:
        uses = list(sessions[number - 1].uses)
        uses[use] = replace(uses[use], **fields)
        sessions[number - 1] = replace(sessions[number - 1], uses=tuple(uses))

    return edit


def release(number: int) -> Edit:
    """Let go of the last thing a session holds."""

    def edit(sessions: list[PlannedSession]) -> None:
        sessions[number - 1] = replace(sessions[number - 1], uses=sessions[number - 1].uses[:-1])

    return edit


def edited(plan: Plan, edits: list[Edit]) -> Plan:
    sessions = list(plan.sessions)
    for edit in edits:
        edit(sessions)
    sessions.sort(key=lambda session: (session.day, session.minute))
    return replace(plan, sessions=tuple(replace(session, number=n) for n, session in enumerate(sessions, start=1)))


@pytest.mark.parametrize("code", CODES)
def test_a_good_plan_of_every_protocol_passes(code: str) -> None:
    plan, wish, ground = good(code)

    assert faults(plan, wish, ground) == []


@pytest.mark.parametrize(
    ("code", "edits", "fault"),
    [
        ("tms_mdd_36", [drop(10)], "acute: 29 sessions instead of 30"),
        ("tms_mdd_36", [move(4, days=-4)], "4: the house is closed for Thanksgiving"),
        ("tms_mdd_36", [move(4, days=-1)], "acute: a weekday that is not allowed"),
        ("tms_mdd_36", [move(5, days=-1)], "acute: 2 on 2026-11-30 instead of 1"),
        ("tms_mdd_36", [move(5, days=-1)], "5: patient is held twice at minute 480"),
        ("tms_mdd_36", [move_all(9, days=14)], "acute: a gap of 17 days"),
        ("tms_mdd_36", [move(31, days=-3)], "taper: begins too soon"),
        ("tms_mdd_36", [move(36, days=-3)], "taper: 3 in the week of 2027-01-18 instead of 2"),
        ("tms_mdd_36", [move_all(1, days=-7)], "1: is outside the horizon"),
        ("tms_mdd_36", [move(3, minutes=2)], "3: is off the grid of its day"),
        ("tms_mdd_36", [move(3, minutes=-120)], "3: tms_device 7 is not free"),
        ("tms_mdd_36", [change(1, visit_type="treatment")], "1: is a visit of type treatment instead of mapping"),
        ("tms_mdd_36", [change(2, visit_type="walk")], "2: walk is no visit of the protocol"),
        ("tms_mdd_36", [change(2, phase="encore")], "encore is no phase of the protocol"),
        ("tms_mdd_36", [change(1, minutes=30)], "1: lasts 30 minutes"),
        ("tms_mdd_36", [release(2)], "2: holds 1 resources instead of 2"),
        ("tms_mdd_36", [hold(2, 0, resource_id=77)], "2: holds nobody knows what"),
        ("tms_mdd_36", [hold(2, 0, resource_id=3)], "2: operator 3 is no tms_device"),
        ("tms_mdd_36", [hold(2, 0, from_minute=485)], "2: holds tms_device 7 from 485 to 510 instead of"),
        ("ket_iv_6", [hold(1, 0, to_minute=615)], "1: holds infusion_chair 1 from 495 to 615 instead of (495, 640)"),
        ("ket_iv_6", [move(3, days=-4)], "induction: 1 days apart"),
        ("ket_iv_6", [move(7, days=-21)], "maintenance: only 7 days after the one before"),
        ("ket_iv_6", [move_all(7, days=84)], "maintenance: a gap of 112 days"),
        ("esk_trd", [move(4, days=-1), move(5, days=-3)], "induction: 3 in the week of 2026-11-30 instead of 2"),
        ("ect_index", [move(2, minutes=5)], "2: ect_room 3 is between two places of its list"),
        ("ect_cont_stable", [move(2, days=7)], "fixed: outside its window of days 7 to 12"),
        ("saint_50", [move(number, days=7) for number in range(41, 51)], "acute: not on consecutive days"),
        ("saint_50", [move(2, minutes=5)], "acute: not 60 minutes apart"),
        ("saint_50", [hold(2, 0, resource_id=8)], "acute: several devices on"),
        ("rtms_bid_30", [move(4, minutes=-5)], "acute: less than 60 minutes of rest"),
        ("rtms_bid_30", [drop(4)], "acute: 1 on 2026-11-24 instead of 2"),
        ("cbt_16", [move(10, days=-4)], "weekly: 2 in the week of 2026-12-21 instead of 1"),
        ("ipt_16", [hold(3, 0, resource_id=4)], "more than one person"),
        ("vns_titration", [move(1, days=-7)], "activation: begins too soon"),
    ],
)
def test_a_broken_rule_is_named(code: str, edits: list[Edit], fault: str) -> None:
    plan, wish, ground = good(code)

    found = faults(edited(plan, edits), wish, ground)

    assert any(text.startswith(fault) for text in found), found


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"not_before": (MONDAY, 500)}, "1: begins before now"),
        ({"horizon_days": 30}, "36: is outside the horizon"),
        ({"weekdays": frozenset({1, 2, 3, 5})}, "7: the patient can't come on that weekday"),
        ({"pins": {"tms_device": 8}}, "1: tms_device 7 is not what the step needs"),
        ({"requires": {"operator": frozenset({"b_coil"})}}, "1: operator 3 is not what the step needs"),
        ({"max_travel_days": 4}, "5 travel days in the week of 2026-11-30"),
        ({"interpreter": "es"}, "1: holds 3 resources instead of 4"),
    ],
)
def test_a_wish_that_is_not_kept_is_named(asked: Mapping[str, Any], fault: str) -> None:
    plan, wish, ground = good("tms_mdd_36")

    assert fault in faults(plan, replace(wish, **asked), ground)


def test_an_interpreter_of_another_language_is_named() -> None:
    plan, wish, ground = good("tms_mdd_36", "es")

    assert faults(plan, wish, ground) == []
    assert "1: interpreter 1 is not what the step needs" in faults(plan, replace(wish, interpreter="fr"), ground)


def test_a_lane_that_two_visits_of_a_day_hold_at_once_is_named() -> None:
    plan, wish, ground = good("rtms_bid_30")

    found = faults(edited(plan, [move(2, minutes=-150)]), wish, ground)

    assert "2: 7 is held twice at minute 480" in found


def test_a_lane_somebody_else_took_is_named() -> None:
    plan, wish, ground = good("tms_mdd_36")
    lanes = [replace(lane, free={**lane.free, plan.sessions[4].day.toordinal(): 0}) for lane in ground.lanes]

    assert "5: tms_device 7 is not free" in faults(plan, wish, replace(ground, lanes=lanes))


@pytest.mark.parametrize(("day", "minute"), [(dt.date(2027, 3, 14), 150), (dt.date(2026, 11, 1), 60)])
def test_a_time_that_does_not_exist_or_comes_twice_is_named(day: dt.date, minute: int) -> None:
    plan, wish, ground = good("consult")
    [session] = plan.sessions
    there = move(1, days=(day - session.day).days, minutes=minute - session.minute)

    assert "1: stands in a clock change" in faults(edited(plan, [there]), wish, ground)
