"""Several patients on the same people and places: staggered, watched together, interleaved."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from typing import Any

from scheduling.domain.bitmap import span
from scheduling.domain.ground import with_sessions
from scheduling.domain.planner import Ground, Plan, plan_course
from tests.scheduling.domain.test_planner import TUESDAY, lane
from tests.scheduling.domain.test_wishes import asked, ground

LIST = span(84, 60)  # 7am to noon
MONDAY = dt.date(2026, 11, 30)


def next_plan(around: Ground, code: str, **wish: Any) -> tuple[Plan, Ground]:
    """Plan for one patient and return the ground the next patient finds: the lanes taken, the life their own."""
    plan = plan_course(asked(code, **wish), around)
    after = with_sessions(around, plan.sessions)
    return plan, Ground(lanes=after.lanes, zone=after.zone, closures=after.closures)


def infusion_room(*, nurses: int = 1, watched: int = 2, chairs: int = 3) -> Ground:
    numbers = iter(range(1, 99))
    lanes = [lane(next(numbers), "infusion_chair", f"Chair {n}") for n in range(chairs)]
    lanes += [lane(next(numbers), "iv_nurse", f"Nurse {n}") for n in range(nurses)]
    lanes += [lane(next(numbers), "iv_watch", f"Watch {n}") for n in range(watched)]
    return ground(lanes)


def test_a_nurse_starts_one_infusion_at_a_time_and_watches_two() -> None:
    around = infusion_room()
    firsts = []
    for _patient in range(3):
        plan, around = next_plan(around, "ket_iv_6", preferred_minute=600)
        firsts.append(plan.sessions[0])

    starts = sorted(use.from_minute for first in firsts for use in first.uses if use.kind == "iv_nurse")
    assert len({first.day for first in firsts}) == 1
    assert all(later - earlier >= 15 for earlier, later in pairwise(starts))
    watching = [(u.from_minute, u.to_minute) for first in firsts for u in first.uses if u.kind == "iv_watch"]
    assert max(sum(a <= minute < b for a, b in watching) for a, _b in watching for minute in (a,)) == 2


def test_two_ect_patients_follow_each_other_on_the_list() -> None:
    days = {TUESDAY + dt.timedelta(days=n): LIST for n in range(130)}
    lanes = [
        lane(1, "ect_room", "ECT suite", free=days),
        lane(2, "anesthesia", "Anesthesia", free=days),
        lane(3, "psychiatrist", "Dr. Weiss"),
        *(lane(number, "preop_bay", f"Bay {number}") for number in (4, 5)),
        *(lane(number, "recovery_bay", f"Recovery {number}") for number in (6, 7, 8)),
    ]
    lanes = [each if each.kind not in {"ect_room", "anesthesia"} else _with_hours(each) for each in lanes]
    first, around = next_plan(ground(lanes), "ect_index", preferred_minute=450, start_on=MONDAY)
    second, _around = next_plan(around, "ect_index", preferred_minute=450, start_on=MONDAY)

    in_room = [
        sorted(
            (use.from_minute, use.to_minute)
            for plan in (first, second)
            for session in plan.sessions
            if session.day == day
            for use in session.uses
            if use.kind == "ect_room"
        )
        for day in {session.day for session in first.sessions[1:]}
    ]
    assert all(spans[0][1] == spans[1][0] for spans in in_room if len(spans) == 2)
    assert sum(len(spans) == 2 for spans in in_room) > 8


def _with_hours(each: Any) -> Any:
    return replace(each, hours=dict(each.free))


def test_other_patients_are_treated_between_the_starts_of_an_accelerated_course() -> None:
    device = lane(1, "tms_device", "Navigated 1")
    navigated = type(device)(1, "tms_device", "Navigated 1", frozenset({"neuronavigation"}), device.free, device.hours)
    lanes = [
        navigated,
        lane(2, "operator", "Operator 1"),
        lane(3, "operator", "Operator 2"),
        lane(4, "psychiatrist", "Dr. Weiss"),
        lane(5, "psychiatrist", "Dr. Amara"),
    ]
    saint, around = next_plan(ground(lanes), "saint_50", preferred_minute=450, start_on=MONDAY)
    other, _around = next_plan(around, "tms_itbs_36", preferred_minute=660, start_on=dt.date(2026, 11, 24))

    week = {session.day for session in saint.sessions}
    between = [session for session in other.sessions if session.day in week]
    assert len(week) == len(between) == 5
    assert {session.uses[0].name for session in (*saint.sessions, *between)} == {"Navigated 1"}
    assert [session.minute for session in saint.sessions[10:20]] == list(range(450, 1050, 60))


def test_an_observer_gives_one_dose_at_a_time_and_watches_three() -> None:
    lanes = [
        *(lane(number, "observation_chair", f"Chair {number}") for number in (1, 2, 3)),
        lane(4, "observer", "Observer 1"),
        *(lane(number, "observation_place", f"Place {number}") for number in (5, 6, 7)),
    ]
    around = ground(lanes)
    firsts = []
    for _patient in range(3):
        plan, around = next_plan(around, "esk_trd", preferred_minute=600)
        firsts.append(plan.sessions[0])

    doses = sorted(use.from_minute for first in firsts for use in first.uses if use.kind == "observer")
    assert len({first.day for first in firsts}) == 1
    assert all(later - earlier >= 15 for earlier, later in pairwise(doses))
