"""Changing a course under way: the search again, from where the course stands."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from scheduling.domain import changes
from scheduling.domain.bitmap import span
from scheduling.domain.changes import Gap, NeedsClinician, gap_clock
from scheduling.domain.living import Change, Sitting, Under
from scheduling.domain.plan import Plan
from scheduling.domain.planner import Ground, plan_course
from scheduling.domain.prescription import NotPermitted
from tests.scheduling.domain.test_planner import OPEN, TUESDAY, protocol, tms_lanes
from tests.scheduling.domain.test_wishes import asked, ground

NOON = 12 * 60


def course_of(
    plan: Plan, *, delivered: int, lost: tuple[int, ...] = (), today: dt.date | None = None, **wish: Any
) -> Under:
    """A course of which the first sessions were delivered, some were lost, and the rest is booked."""
    today = today or plan.sessions[delivered + len(lost)].day
    sittings = tuple(
        Sitting(
            number=s.number,
            phase=s.phase,
            day=s.day,
            minute=s.minute,
            main=s.uses[0].resource_id,
            is_open=s.number > delivered + len(lost),
            visit_type=s.visit_type,
        )
        for s in plan.sessions
        if s.number not in lost
    )
    again = asked(start_on=today, not_before=(today, 0), **wish)
    return Under(again, sittings, plan.sessions[0].day, plan.standing_minute)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_course(asked(), ground())


def days(change: Change) -> list[dt.date]:
    return [move.to.day for move in change.moves]


def test_a_lost_session_is_appended_to_its_phase_and_the_taper_shifts(plan: Plan) -> None:
    change = changes.make_up(course_of(plan, delivered=9, lost=(10,)), ground())

    [added] = change.added
    assert (added.phase, added.day) == ("acute", dt.date(2027, 1, 8))  # the day after the last acute session
    assert change.moves == ()  # the taper begins on Monday anyway
    assert change.words == "1 session is added. The last day stays Mon Jan 25."


def test_two_lost_sessions_push_the_taper_by_a_week(plan: Plan) -> None:
    change = changes.make_up(course_of(plan, delivered=8, lost=(9, 10)), ground())

    assert [session.day for session in change.added] == [dt.date(2027, 1, 8), dt.date(2027, 1, 11)]
    assert (len(change.moves), change.ends_on) == (6, dt.date(2027, 2, 1))
    assert {move.was.phase for move in change.moves} == {"taper"}


def test_one_session_gets_five_other_places_and_no_other_moves(plan: Plan) -> None:
    found = changes.move_one(course_of(plan, delivered=30), ground(), 31)

    assert all([move.number for move in change.moves] == [31] for change in found)
    assert [(m.to.day, m.to.minute) for c in found for m in c.moves] == [
        (dt.date(2027, 1, 11), 480),
        (dt.date(2027, 1, 12), 510),
    ]


def test_a_session_between_its_neighbours_can_only_move_within_its_day(plan: Plan) -> None:
    [change] = changes.move_one(course_of(plan, delivered=9), ground(), 12)

    assert [(move.to.day, move.to.minute) for move in change.moves] == [(plan.sessions[11].day, 480)]


def test_this_and_all_after_begin_a_day_later_and_keep_the_pattern(plan: Plan) -> None:
    from_day = plan.sessions[10].day + dt.timedelta(days=1)

    change = changes.move_rest(course_of(plan, delivered=10), ground(), 11, from_day=from_day)

    assert days(change)[0] == from_day
    assert (len(change.moves), change.added, change.dropped) == (20, (), ())  # the taper has its Monday anyway
    assert {move.to.minute for move in change.moves} == {510}


def test_the_rest_goes_to_another_time_of_day(plan: Plan) -> None:
    under = course_of(plan, delivered=10)

    change = changes.move_rest(under, ground(), 13, from_day=plan.sessions[12].day, minute=NOON)

    assert {move.number for move in change.moves} == set(range(13, 37))
    assert {move.to.minute for move in change.moves} == {NOON}
    assert change.ends_on == change.ended_on


def test_all_mondays_go_elsewhere_and_the_other_days_stay_where_they_can(plan: Plan) -> None:
    change = changes.move_weekday(course_of(plan, delivered=30), ground(), 1)

    assert {move.to.day.isoweekday() for move in change.moves} & {1} == set()
    mondays = [s.number for s in plan.sessions[30:] if s.day.isoweekday() == 1]
    assert set(mondays) <= {move.number for move in change.moves}


def test_a_course_is_extended_by_ten_within_its_phase(plan: Plan) -> None:
    change = changes.resize(course_of(plan, delivered=20), ground(), {"acute": 40})

    assert (len(change.added), {session.phase for session in change.added}) == (10, {"acute"})
    assert change.ends_on > change.ended_on


def test_a_course_is_shortened_and_the_taper_comes_sooner(plan: Plan) -> None:
    change = changes.resize(course_of(plan, delivered=15), ground(), {"acute": 20})

    assert (len(change.dropped), change.added) == (10, ())
    assert change.ends_on < change.ended_on


def test_a_count_the_protocol_does_not_know_is_refused(plan: Plan) -> None:
    with pytest.raises(NotPermitted, match="has no phase booster"):
        changes.resize(course_of(plan, delivered=15), ground(), {"booster": 3})


def test_five_a_week_are_stretched_to_three_and_not_to_two(plan: Plan) -> None:
    under = course_of(plan, delivered=10)

    change = changes.stretch(under, ground(), 3)

    weeks = [session.to.day.isocalendar()[:2] for session in change.moves if session.to.phase == "acute"]
    assert max(weeks.count(week) for week in weeks) == 3
    with pytest.raises(NotPermitted, match="Acute is 3 to 5 a week"):
        changes.stretch(under, ground(), 2)


def test_the_rest_goes_to_another_device_at_the_same_times(plan: Plan) -> None:
    was = plan.sessions[0].uses[0].resource_id
    other = 1 if was == 2 else 2

    change = changes.change_device(course_of(plan, delivered=10), ground(), kind="tms_device", resource_id=other)

    assert {move.to.uses[0].resource_id for move in change.moves} == {other}
    assert [(m.to.day, m.to.minute) for m in change.moves] == [(m.was.day, m.was.minute) for m in change.moves]


@pytest.mark.parametrize(
    ("days_since", "gap", "is_remap_due"),
    [(3, Gap.NONE, False), (4, Gap.SOFT, False), (7, Gap.REMAP, True), (13, Gap.REMAP, True), (14, Gap.HARD, True)],
)
def test_the_gap_clock_of_tms(days_since: int, gap: Gap, is_remap_due: bool) -> None:
    last = dt.date(2026, 12, 1)

    clock = gap_clock(protocol("tms_mdd_36").gaps, last_delivered=last, on=last + dt.timedelta(days=days_since))

    assert (clock.days, clock.gap, clock.is_remap_due) == (days_since, gap, is_remap_due)


def test_a_changed_medication_asks_for_a_re_mapping_without_a_gap() -> None:
    last = dt.date(2026, 12, 1)

    clock = gap_clock(protocol("tms_mdd_36").gaps, last_delivered=last, on=last, is_medication_changed=True)

    assert (clock.gap, clock.is_remap_due) == (Gap.NONE, True)


@pytest.mark.parametrize(("days_since", "gap"), [(9, Gap.NONE), (10, Gap.SOFT), (21, Gap.FLAG), (60, Gap.CLOSE)])
def test_the_gap_clock_of_esketamine(days_since: int, gap: Gap) -> None:
    last = dt.date(2026, 12, 1)

    assert gap_clock(protocol("esk_trd").gaps, last_delivered=last, on=last + dt.timedelta(days=days_since)).gap is gap


@pytest.mark.parametrize(("days_since", "gap"), [(28, Gap.NONE), (84, Gap.NONE), (85, Gap.SOFT)])
def test_a_booster_at_its_own_distance_is_no_gap(days_since: int, gap: Gap) -> None:
    limits = changes.limits_in(protocol("ket_iv_6"), "maintenance")
    last = dt.date(2026, 12, 1)

    assert gap_clock(limits, last_delivered=last, on=last + dt.timedelta(days=days_since)).gap is gap


def test_a_paused_course_resumes_with_a_re_mapping_after_a_week(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    last = plan.sessions[9].day
    on = dt.date(2026, 12, 21)

    change, clock = changes.resume(
        replace(under, wish=replace(under.wish, start_on=on)), ground(), on=on, last_delivered=last
    )

    assert (clock.gap, clock.is_remap_due) == (Gap.REMAP, True)
    first, second, *_rest = sorted([*change.added, *(move.to for move in change.moves)], key=lambda each: each.day)
    assert (first.visit_type, first.day, first.minutes, second.visit_type) == ("remap", on, 60, "treatment")
    assert len(change.added) + len(under.sittings) - sum(s.number > 10 and s.day < on for s in under.sittings) == 36


def test_a_course_beyond_the_hard_gap_waits_for_a_clinician(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    last, on = plan.sessions[9].day, dt.date(2027, 1, 11)

    with pytest.raises(NeedsClinician, match="resume, re-map or restart"):
        changes.resume(under, ground(), on=on, last_delivered=last)
    change, clock = changes.resume(under, ground(), on=on, last_delivered=last, is_decided=True)

    assert (clock.gap, min(each.day for each in [*change.added, *(move.to for move in change.moves)])) == (Gap.HARD, on)


def test_a_change_never_uses_a_time_somebody_else_holds(plan: Plan) -> None:
    friday = dt.date(2027, 1, 8)
    taken: Ground = ground(tms_lanes(first={friday: OPEN & ~span(102, 6)}, second={friday: OPEN & ~span(102, 6)}))

    change = changes.make_up(course_of(plan, delivered=9, lost=(10,)), taken)

    assert [(s.day, s.minute) for s in change.added] == [(friday, 480)]
    assert TUESDAY not in {s.day for s in change.added}
