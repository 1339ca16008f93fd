"""How a course keeps to its first plan."""

import datetime as dt

from scheduling.domain.pace import Pace, pace

MONDAY = dt.date(2026, 11, 23)
PLAN = [MONDAY + dt.timedelta(days=n) for n in (0, 1, 2, 3, 4)]
LATER = MONDAY + dt.timedelta(days=7)


def of(delivered: int, coming: list[dt.date], *, today: dt.date) -> Pace:
    return pace(first_plan=PLAN, delivered=PLAN[:delivered], coming=coming, today=today)


def test_a_course_that_kept_every_day_is_on_plan_before_and_after_todays_visit() -> None:
    assert of(2, PLAN[2:], today=PLAN[2]).words == "On plan. Last visit Fri Nov 27."
    assert of(3, PLAN[3:], today=PLAN[2]).words == "On plan. Last visit Fri Nov 27."


def test_a_lost_session_puts_it_behind_and_names_the_new_end() -> None:
    found = of(2, [*PLAN[3:], LATER], today=PLAN[3])

    assert (found.behind, found.words) == (1, "One session behind plan. New end: Mon Nov 30.")


def test_what_is_behind_and_still_fits_keeps_its_end() -> None:
    assert of(1, PLAN[3:], today=PLAN[3]).words == "2 sessions behind plan. The end stays: Fri Nov 27."


def test_a_course_that_has_not_begun_says_when_it_does() -> None:
    assert of(0, PLAN, today=MONDAY).words == "Starts Mon Nov 23. Last visit Fri Nov 27."


def test_nothing_ahead_has_no_forecast() -> None:
    found = of(5, [], today=LATER)

    assert (found.ends_on, found.forecast, found.words) == (None, (), "No visit ahead.")


def test_the_lines_meet_today_and_two_of_a_day_are_one_point() -> None:
    found = pace(first_plan=[MONDAY, MONDAY], delivered=[MONDAY, MONDAY], coming=[LATER], today=LATER)

    assert (found.planned, found.done, found.forecast) == (
        ((MONDAY, 2),),
        ((MONDAY, 2),),
        ((LATER, 3),),
    )
