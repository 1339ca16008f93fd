"""What the patient's life asks of a plan, and what gives where it asks too much."""

import datetime as dt
from typing import Any

import pytest

from scheduling.domain.bitmap import FULL_DAY, span
from scheduling.domain.options import Lane
from scheduling.domain.planner import Ground, Infeasible, Life, Plan, Wish, plan_course, plans_to_choose
from scheduling.domain.relax import explained
from tests.scheduling.domain.test_planner import HOLIDAYS, NEW_YORK, OPEN, TUESDAY, lane, protocol, tms_lanes


def asked(code: str = "tms_mdd_36", **more: Any) -> Wish:
    wish: dict[str, Any] = {
        "protocol": protocol(code),
        "start_on": TUESDAY,
        "preferred_minute": 510,
        "window": None,
        "pins": {},
        "not_before": (dt.date(2026, 11, 16), 600),
        "horizon_days": 130,
    }
    return Wish(**(wish | more))


def ground(lanes: list[Lane] | None = None, **life: Any) -> Ground:
    return Ground(lanes=lanes or tms_lanes(), zone=NEW_YORK, life=Life(**life), closures=HOLIDAYS)


def days_of(plan: Plan) -> set[int]:
    return {session.day.isoweekday() for session in plan.sessions}


def all_days(mask: int, *, weekday: int | None = None) -> dict[int, int]:
    days = [TUESDAY + dt.timedelta(days=offset) for offset in range(140)]
    return {day.toordinal(): mask for day in days if weekday in (None, day.isoweekday())}


def refusal_of(wish: Wish, around: Ground) -> Infeasible:
    with pytest.raises(Infeasible) as caught:
        plan_course(wish, around)
    return explained(caught.value, wish, around)


def test_only_the_weekdays_the_patient_can_are_used() -> None:
    plan = plan_course(asked(weekdays=frozenset({1, 2, 4})), ground())

    assert days_of(plan) == {1, 2, 4}


def test_no_week_has_more_travel_days_than_wished() -> None:
    plan = plan_course(asked(max_travel_days=3), ground())

    weeks = [session.day.isocalendar()[:2] for session in plan.sessions]
    assert max(weeks.count(week) for week in weeks) == 3


def test_a_day_on_which_the_patient_comes_anyway_is_no_travel_day_more() -> None:
    every_monday = all_days(span(180, 12), weekday=1)

    plan = plan_course(asked(max_travel_days=3), ground(visits=every_monday))

    second = [s.day.isoweekday() for s in plan.sessions if dt.date(2026, 11, 30) <= s.day <= dt.date(2026, 12, 4)]
    assert (len(second), 1 in second) == (3, True)


def test_a_vacation_is_left_out_and_the_end_moves() -> None:
    week = {dt.date(2026, 12, day).toordinal(): FULL_DAY for day in range(7, 12)}

    plan = plan_course(asked(), ground(away=week))

    assert not any(dt.date(2026, 12, 7) <= session.day <= dt.date(2026, 12, 11) for session in plan.sessions)
    assert len(plan.sessions) == 36


def test_the_escort_is_there_when_the_visit_ends() -> None:
    lanes = [
        lane(1, "infusion_chair", "Chair 1"),
        lane(2, "iv_nurse", "Nurse 1"),
        lane(3, "iv_watch", "Watch 1"),
    ]
    works_until_four = all_days(span(0, 16 * 12))

    plan = plan_course(asked("ket_iv_6"), ground(lanes, escort=works_until_four))

    assert all(session.minute + session.minutes >= 16 * 60 for session in plan.sessions)


def test_an_interpreter_of_the_language_is_reserved_throughout() -> None:
    interpreters = [
        Lane(8, "interpreter", "Interpreter A", frozenset({"fr"}), *masks()),
        Lane(9, "interpreter", "Interpreter B", frozenset({"es"}), *masks()),
    ]

    plan = plan_course(asked(interpreter="es"), ground([*tms_lanes(), *interpreters]))

    held = {
        (use.name, use.to_minute - use.from_minute)
        for s in plan.sessions
        for use in s.uses
        if use.kind == "interpreter"
    }
    assert held == {("Interpreter B", 90), ("Interpreter B", 30)}


def masks() -> tuple[dict[int, int], dict[int, int]]:
    free = dict.fromkeys(all_days(OPEN), OPEN)
    return free, free


def test_therapy_follows_the_other_visit_of_the_day_on_one_trip() -> None:
    treatments = all_days(span(102, 6), weekday=3)  # 8:30 to 9 on Wednesdays

    plan = plan_course(
        asked("ipt_16", is_same_trip=True, preferred_minute=None, start_on=dt.date(2026, 11, 25)),
        ground([lane(1, "therapist", "Therapist Ito")], visits=treatments),
    )

    assert {(s.day.isoweekday(), s.minute) for s in plan.sessions} == {(3, 540)}


def test_a_pool_is_narrowed_to_what_the_device_must_have() -> None:
    lanes = tms_lanes()
    with_coil = Lane(2, "tms_device", "NeuroStar 2", frozenset({"neurostar", "coil_b"}), lanes[1].free, lanes[1].hours)

    plan = plan_course(asked(requires={"tms_device": frozenset({"coil_b"})}), ground([lanes[0], with_coil, *lanes[2:]]))

    assert {session.uses[0].name for session in plan.sessions} == {"NeuroStar 2"}


def test_a_patient_who_is_away_for_a_year_is_told_apart_from_a_full_clinic() -> None:
    refusal = refusal_of(asked(), ground(away=all_days(FULL_DAY)))

    assert refusal.relax == ("away",)
    assert str(refusal).endswith("It fits if the patient can come in the times marked absent.")


def test_the_smallest_set_of_wishes_that_has_to_give_is_named() -> None:
    lanes = [*tms_lanes(), Lane(9, "interpreter", "Interpreter A", frozenset({"fr"}), *masks())]
    mondays = all_days(FULL_DAY, weekday=1)

    refusal = refusal_of(asked(weekdays=frozenset({1}), interpreter="es"), ground(lanes, away=mondays))

    assert set(refusal.relax) == {"interpreter", "weekdays"}


def test_where_no_wish_helps_hours_or_a_later_start_are_named() -> None:
    nobody = dict.fromkeys((TUESDAY + dt.timedelta(days=offset) for offset in range(131)), 0)

    refusal = refusal_of(asked(), ground(tms_lanes(psychiatrist=nobody)))

    assert str(refusal) == (
        "Visit 1 does not fit: no psychiatrist has 90 minutes free between Tue Nov 24 and Sat Apr 3, 2027. "
        "Add hours or a resource, or start later."
    )


def test_a_psychiatrist_who_is_away_for_a_month_delays_the_start_and_is_named() -> None:
    month = dict.fromkeys((TUESDAY + dt.timedelta(days=offset) for offset in range(30)), 0)

    plan = plan_course(asked(), ground(tms_lanes(psychiatrist=month)))

    late = plan.deviations[0]
    assert (plan.sessions[0].day, late.code) == (dt.date(2026, 12, 24), "late_start")
    assert late.text == "Begins 30 days later: no psychiatrist has 90 minutes free before Thu Dec 24."


def test_all_devices_down_is_said_so() -> None:
    down = dict.fromkeys((TUESDAY + dt.timedelta(days=offset) for offset in range(131)), 0)

    refusal = refusal_of(asked(), ground(tms_lanes(first=down, second=down)))

    assert "no TMS device has 90 minutes free" in str(refusal)


def test_three_tastes_are_three_plans_where_they_differ() -> None:
    mornings = {TUESDAY + dt.timedelta(days=n): OPEN & ~span(96, 24) for n in range(0, 130, 2)}
    lanes = tms_lanes(first=mornings, second=mornings)

    choices = plans_to_choose(asked(), ground(lanes))

    by_taste = {taste: choice.plan for choice in choices for taste in choice.tastes}
    assert set(by_taste) == {"as_asked", "earliest", "steadiest"}
    assert by_taste["earliest"].sessions[-1].day <= by_taste["as_asked"].sessions[-1].day
    assert len(by_taste["steadiest"].deviations) < len(by_taste["as_asked"].deviations)


def test_plans_that_are_the_same_are_offered_once() -> None:
    [only] = plans_to_choose(asked(), ground())

    assert only.tastes == ("as_asked", "earliest", "steadiest")


def test_visits_no_authorisation_pays_for_are_avoided_where_the_times_allow() -> None:
    until = dt.date(2027, 1, 20).toordinal()
    busy = {dt.date(2026, 11, 25): OPEN & ~span(102, 6)}

    plan = plan_course(asked(covered=((0, until),)), ground(tms_lanes(first=busy, second=busy)))

    assert plan.sessions[1].day == dt.date(2026, 11, 25)  # another time, not another day


def test_a_reason_names_what_is_in_the_way() -> None:
    day = dt.date(2026, 12, 2)
    operators_away = {day: OPEN & ~span(100, 12)}
    lanes = [*tms_lanes()[:2], lane(3, "operator", "TMS operator 1", free=operators_away), tms_lanes()[4]]

    plan = plan_course(asked(), ground(lanes))

    [text] = [deviation.text for deviation in plan.deviations]
    assert text.startswith("TMS operator 1 is taken at 8:30am until 9:20am; free instead: ")
