import datetime as dt

from scheduling.domain.alternatives import alternatives
from scheduling.domain.bitmap import span
from scheduling.domain.planner import plan_course
from tests.scheduling.domain.test_planner import OPEN, tms_lanes
from tests.scheduling.domain.test_wishes import asked, ground


def test_the_choices_come_in_the_order_of_the_desk_and_the_last_one_says_what_it_moves() -> None:
    wish, around = asked(), ground()
    plan = plan_course(wish, around)

    found = alternatives(wish, around, plan, 7)

    assert [(each.kind, each.text) for each in found] == [
        ("other_time", "8am that day"),
        ("other_time", "9am that day"),
        ("other_device", "8:30am on NeuroStar 2 that day"),
        ("later_day", "Fri Jan 8, 8:30am; the last day is Mon Jan 25"),
    ]


def test_every_choice_is_a_whole_plan_with_all_its_sessions() -> None:
    wish, around = asked(), ground()
    plan = plan_course(wish, around)

    for each in alternatives(wish, around, plan, 7):
        assert [session.number for session in each.plan.sessions] == list(range(1, 37))
        assert len({session.day for session in each.plan.sessions}) == 36


def test_a_day_put_off_is_added_at_the_end_of_its_phase() -> None:
    wish, around = asked(), ground()
    plan = plan_course(wish, around)

    later = alternatives(wish, around, plan, 7)[-1].plan

    was, now = ({session.day for session in each.sessions} for each in (plan, later))
    assert (was - now, now - was) == ({plan.sessions[6].day}, {dt.date(2027, 1, 8)})


def test_a_taken_time_is_never_a_choice() -> None:
    day = dt.date(2026, 12, 2)
    only_afternoon = {day: OPEN & span(150, 60)}
    wish, around = asked(), ground(tms_lanes(first=only_afternoon, second=only_afternoon))
    plan = plan_course(wish, around)
    [moved] = [session for session in plan.sessions if session.day == day]

    found = alternatives(wish, around, plan, moved.number)

    assert all(s.minute >= 12 * 60 + 30 for each in found for s in each.plan.sessions if s.day == day)
