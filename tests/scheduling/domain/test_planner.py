import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from scheduling import catalogue
from scheduling.domain.bitmap import span
from scheduling.domain.local_time import clock_text, to_utc
from scheduling.domain.options import Lane
from scheduling.domain.planner import Ground, Infeasible, Life, Plan, Wish, best_times, plan_course
from scheduling.domain.protocol import ProtocolDefinition

NEW_YORK = "America/New_York"
HOLIDAYS = {
    dt.date(2026, 11, 26): "Thanksgiving",
    dt.date(2026, 12, 25): "Christmas Day",
    dt.date(2027, 1, 1): "New Year's Day",
    dt.date(2027, 1, 18): "Martin Luther King Jr. Day",
}
TUESDAY = dt.date(2026, 11, 24)
OPEN = span(90, 120)  # 7:30am to 5:30pm


@cache
def shipped() -> dict[str, ProtocolDefinition]:
    return {file.definition.code: file.definition for file in catalogue.read_folder(catalogue.SHIPPED)}


def protocol(code: str) -> ProtocolDefinition:
    return shipped()[code]


def lane(
    number: int, kind: str, name: str, *, start: dt.date = TUESDAY, free: Mapping[dt.date, int] | None = None
) -> Lane:
    days = [start + dt.timedelta(days=offset) for offset in range(140)]
    masks = {day.toordinal(): OPEN for day in days if day.isoweekday() < 6 and day not in HOLIDAYS}
    masks |= {day.toordinal(): mask for day, mask in (free or {}).items()}
    hours = {day.toordinal(): OPEN for day in days if day.isoweekday() < 6 and day not in HOLIDAYS}
    return Lane(number, kind, name, frozenset(), masks, hours)


def tms_lanes(**free: Mapping[dt.date, int]) -> list[Lane]:
    return [
        lane(1, "tms_device", "NeuroStar 1", free=free.get("first")),
        lane(2, "tms_device", "NeuroStar 2", free=free.get("second")),
        lane(3, "operator", "TMS operator 1"),
        lane(4, "operator", "TMS operator 2"),
        lane(5, "psychiatrist", "Dr. Weiss", free=free.get("psychiatrist")),
    ]


def planned(lanes: list[Lane], code: str = "tms_mdd_36", **wish: Any) -> Plan:
    asked: dict[str, Any] = {
        "protocol": protocol(code),
        "start_on": TUESDAY,
        "preferred_minute": 510,
        "window": None,
        "pins": {},
        "not_before": (dt.date(2026, 11, 16), 600),
        "horizon_days": 130,
    } | wish
    life = asked.pop("life", Life(visits=asked.pop("busy", {})))
    return plan_course(Wish(**asked), Ground(lanes=lanes, zone=NEW_YORK, life=life, closures=HOLIDAYS))


def test_a_36_session_course_skips_the_holidays_and_tapers_3_2_1_from_the_monday_after_the_last_acute_session() -> None:
    plan = planned(tms_lanes())

    days = [session.day for session in plan.sessions]
    assert days[:4] == [
        dt.date(2026, 11, 24),
        dt.date(2026, 11, 25),
        dt.date(2026, 11, 27),
        dt.date(2026, 11, 30),
    ]
    assert days[29] == dt.date(2027, 1, 7)
    assert days[30:] == [dt.date(2027, 1, day) for day in (11, 13, 15, 19, 21, 25)]
    assert {session.minute for session in plan.sessions} == {510}
    assert [session.phase for session in plan.sessions] == ["acute"] * 30 + ["taper"] * 6
    assert [name for _day, name in plan.skipped] == list(HOLIDAYS.values())


def test_the_first_visit_is_longer_and_with_a_psychiatrist_and_the_others_are_not() -> None:
    plan = planned(tms_lanes())

    first, second = plan.sessions[:2]
    assert (first.visit_type, first.minutes, [use.kind for use in first.uses]) == (
        "mapping",
        90,
        ["tms_device", "operator", "psychiatrist"],
    )
    assert (second.visit_type, second.minutes, [use.kind for use in second.uses]) == (
        "treatment",
        30,
        ["tms_device", "operator"],
    )


def test_every_session_says_why_it_is_there() -> None:
    plan = planned(tms_lanes())

    assert plan.sessions[0].why == "First visit, 90 minutes. Acute 1 of 30: 5 a week, Monday to Friday."
    assert plan.sessions[35].why == "Taper 6 of 6: 3, 2, 1 a week, from the Monday after the phase before."


def test_the_summary_reads_as_the_desk_would_say_it() -> None:
    plan = planned(tms_lanes())

    assert plan.summary == (
        "36 sessions, Tue Nov 24 to Mon Jan 25. All at 8:30am, all on NeuroStar 1. "
        "Thanksgiving, Christmas Day, New Year's Day and Martin Luther King Jr. Day are skipped."
    )


def test_the_device_that_is_free_most_often_becomes_the_courses_own() -> None:
    taken = {dt.date(2026, 12, 2): OPEN & ~span(102, 6)}

    plan = planned(tms_lanes(first=taken))

    assert ({session.uses[0].name for session in plan.sessions}, plan.deviations) == ({"NeuroStar 2"}, ())


def test_a_pinned_device_is_kept_and_its_deviation_is_listed() -> None:
    taken = {dt.date(2026, 12, 2): OPEN & ~span(102, 6)}

    plan = planned(tms_lanes(first=taken), pins={"tms_device": 1})

    assert [(d.number, d.code, d.text) for d in plan.deviations] == [
        (6, "other_time", "NeuroStar 1 is taken at 8:30am until 9am; free instead: 8am.")
    ]


def test_another_device_is_taken_before_a_far_time() -> None:
    taken = {dt.date(2026, 12, 2): span(168, 42)}  # free only from 2pm on
    others = {dt.date(2027, 1, day): 0 for day in (4, 5, 6, 7, 11, 13)}  # so that the first stays the course's own

    plan = planned(tms_lanes(first=taken, second=others))

    odd = [(s.day, s.minute, s.uses[0].name) for s in plan.sessions if s.deviation]
    assert odd == [(dt.date(2026, 12, 2), 510, "NeuroStar 2")]


def test_the_device_stays_and_the_time_gives_way_where_the_same_time_every_day_is_not_asked_for() -> None:
    # One day is free from 2pm on, the next one until noon.
    taken = {dt.date(2026, 12, 2): span(168, 42), dt.date(2026, 12, 3): span(90, 54)}
    others = {dt.date(2027, 1, day): 0 for day in (4, 5, 6, 7, 11, 13)}  # so that the first stays the course's own
    lanes = tms_lanes(first=taken, second=others)
    asked: dict[str, Any] = {"preferred_minute": None, "window": (450, 1050)}

    steady, loose = planned(lanes, **asked), planned(lanes, is_any_time=True, **asked)

    assert [len({s.uses[0].name for s in plan.sessions}) for plan in (steady, loose)] == [2, 1]
    assert [len({s.minute for s in plan.sessions}) for plan in (steady, loose)] == [1, 2]
    assert (len(steady.deviations), loose.deviations, loose.label) == (1, (), "Any time, one device")
    assert f"Times differ from day to day: 35 at {clock_text(loose.standing_minute)}, 1 at " in loose.summary


def test_outside_the_wished_hours_a_time_still_needs_a_reason_when_it_may_differ() -> None:
    taken = {dt.date(2026, 12, 2): span(168, 42)}

    lanes = tms_lanes(first=taken, second={dt.date(2026, 12, 2): 0})
    plan = planned(lanes, is_any_time=True, preferred_minute=None, window=(450, 600), pins={"tms_device": 1})

    assert [(d.number, d.code) for d in plan.deviations] == [(6, "other_time")]


def test_a_day_is_not_passed_over_even_where_the_end_would_not_move() -> None:
    late = {dt.date(2026, 12, 2): span(168, 42)}  # the acute phase has a day to spare before the Monday of the taper

    plan = planned(tms_lanes(first=late, second={dt.date(2026, 12, 2): 0}))

    assert [(s.day, s.minute) for s in plan.sessions if s.deviation] == [(dt.date(2026, 12, 2), 840)]


def test_a_far_time_is_taken_before_a_day_is_lost() -> None:
    late = {dt.date(2026, 12, 2): span(168, 42)}

    plan = planned(tms_lanes(first=late, second={dt.date(2026, 12, 2): 0}))

    assert [(s.day, s.minute) for s in plan.sessions if s.deviation] == [(dt.date(2026, 12, 2), 840)]
    assert plan.sessions[-1].day == dt.date(2027, 1, 25)


def test_without_a_wish_the_half_hour_that_fits_most_days_becomes_the_standing_time() -> None:
    mornings_taken = {
        TUESDAY + dt.timedelta(days=n): span(156, 54)
        for n in range(120)
        if (TUESDAY + dt.timedelta(days=n)).isoweekday() < 6
    }
    closed = dict.fromkeys(HOLIDAYS, 0)

    plan = planned(tms_lanes(first=mornings_taken | closed, second=mornings_taken | closed), preferred_minute=None)

    assert plan.standing_minute == 13 * 60


def test_a_window_is_kept_where_it_can_be() -> None:
    plan = planned(tms_lanes(), preferred_minute=None, window=(900, 1020))

    assert {session.minute for session in plan.sessions} == {900}


def test_the_patients_other_visits_are_never_met() -> None:
    plan = planned(tms_lanes(), busy={dt.date(2026, 12, 1).toordinal(): span(102, 12)})

    session = next(s for s in plan.sessions if s.day == dt.date(2026, 12, 1))
    assert (session.minute, session.deviation) == (480, "The patient has another visit at 8:30am; free instead: 8am.")


def test_nothing_begins_before_now() -> None:
    plan = planned(tms_lanes(), not_before=(TUESDAY, 545))

    assert (plan.sessions[0].day, plan.sessions[0].minute) == (TUESDAY, 545)


def test_a_course_across_the_spring_change_keeps_its_wall_clock() -> None:
    start = dt.date(2026, 3, 2)
    lanes = [
        lane(1, "tms_device", "NeuroStar 1", start=start),
        lane(2, "operator", "TMS operator 1", start=start),
        lane(3, "psychiatrist", "Dr. Weiss", start=start),
    ]

    plan = planned(lanes, start_on=start, preferred_minute=540, not_before=(dt.date(2026, 2, 1), 0))

    hours = {session.day: to_utc(session.day, session.minute, NEW_YORK).hour for session in plan.sessions}
    assert {session.minute for session in plan.sessions} == {540}
    assert (hours[dt.date(2026, 3, 6)], hours[dt.date(2026, 3, 9)]) == (14, 13)


@pytest.mark.parametrize("minute", [450, 1020], ids=["first", "last"])
def test_oemr_8_the_first_and_the_last_slot_of_a_day_can_be_booked(minute: int) -> None:
    plan = planned([lane(1, "psychiatrist", "Dr. Weiss")], "consult", preferred_minute=minute if minute == 450 else 990)

    assert plan.sessions[0].minute == (450 if minute == 450 else 990)


def test_dj_4_turnover_is_kept_on_both_sides() -> None:
    taken = {TUESDAY: OPEN & ~span(122, 4)}  # 10:10 to 10:30 is taken on the chair
    chairs = [
        lane(1, "infusion_chair", "Chair 1", free=taken),
        lane(2, "iv_nurse", "Nurse 1"),
        lane(3, "iv_watch", "Nurse 1, watch 1"),
    ]

    plan = planned(chairs, "ket_iv_6", preferred_minute=10 * 60 + 30)

    first = plan.sessions[0]
    assert (first.day, first.minute, first.uses[0].to_minute - first.minute) == (TUESDAY, 630, 160)
    late = planned(chairs, "ket_iv_6", preferred_minute=450)
    assert (late.sessions[0].day, late.sessions[0].minute) == (
        TUESDAY,
        450,
    )  # 7:30 + 145 + 15 ends just at 10:10


def test_ect_staggers_bay_room_and_recovery() -> None:
    lanes = [
        lane(number, kind, kind)
        for number, kind in enumerate(("ect_room", "psychiatrist", "anesthesia", "preop_bay", "recovery_bay"), start=1)
    ]

    plan = planned(lanes, "ect_index", preferred_minute=450)

    held = {use.kind: (use.from_minute, use.to_minute) for use in plan.sessions[0].uses}
    assert held == {
        "ect_room": (510, 550),
        "psychiatrist": (510, 550),
        "anesthesia": (510, 550),
        "preop_bay": (450, 510),
        "recovery_bay": (550, 650),
    }
    assert [s.day.isoweekday() for s in plan.sessions[1:4]] == [5, 1, 3]


def test_dj_3_a_monday_to_friday_protocol_never_yields_a_weekend() -> None:
    always = {TUESDAY + dt.timedelta(days=n): OPEN for n in range(130)}
    lanes = [
        lane(n, kind, kind, free=always) for n, kind in enumerate(("tms_device", "operator", "psychiatrist"), start=1)
    ]

    plan = planned(lanes)

    assert {session.day.isoweekday() for session in plan.sessions} == {1, 2, 3, 4, 5}


def test_a_missing_kind_of_resource_is_named() -> None:
    with pytest.raises(Infeasible) as refusal:
        planned([lane(1, "operator", "TMS operator 1"), lane(2, "psychiatrist", "Dr. Weiss")])

    assert (refusal.value.code, str(refusal.value)) == (
        "no_resource",
        "There is no TMS device at this site for this protocol. Add one, or pick another protocol.",
    )


def test_a_first_visit_without_a_free_psychiatrist_says_so() -> None:
    away = {TUESDAY + dt.timedelta(days=n): 0 for n in range(140)}

    with pytest.raises(Infeasible) as refusal:
        planned(tms_lanes(psychiatrist=away))

    assert (refusal.value.code, refusal.value.at_session) == ("no_plan", 1)
    assert str(refusal.value).startswith(
        "Visit 1 does not fit: no psychiatrist has 90 minutes free between Tue Nov 24 and"
    )


def test_best_times_counts_the_days_each_half_hour_fits() -> None:
    wish = Wish(protocol("consult"), TUESDAY, None, None, {}, (dt.date(2026, 11, 16), 0), 30)

    ground = Ground(lanes=[lane(1, "psychiatrist", "Dr. Weiss", free={TUESDAY: span(90, 18)})], zone=NEW_YORK)
    fits = best_times(wish, ground, plan_course(wish, ground))

    assert [(fit.minute, fit.sessions) for fit in fits] == [(450, 1), (480, 1)]
