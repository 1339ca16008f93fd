"""When a list goes out: on the last working day before its own, at the protocol's time."""

import datetime as dt

import pytest

from scheduling.domain import lists

FRIDAY, SATURDAY, MONDAY, TUESDAY = (dt.date(2026, 11, day) for day in (20, 21, 23, 24))
HALF_PAST_FOUR = 16 * 60 + 30


@pytest.mark.parametrize(
    ("today", "minute", "is_open", "following", "gone"),
    [
        (MONDAY, HALF_PAST_FOUR - 1, True, TUESDAY, MONDAY),
        (MONDAY, HALF_PAST_FOUR, True, TUESDAY, TUESDAY),
        (FRIDAY, HALF_PAST_FOUR, True, MONDAY, MONDAY),
        (SATURDAY, 9 * 60, False, MONDAY, MONDAY),
    ],
)
def test_a_list_goes_out_in_the_afternoon_of_the_last_working_day_before(
    today: dt.date, minute: int, is_open: bool, following: dt.date, gone: dt.date
) -> None:
    assert (
        lists.frozen_through(
            today=today, minute=minute, is_open=is_open, next_open_day=following, frozen_at=HALF_PAST_FOUR
        )
        == gone
    )


def test_nobody_is_put_on_a_list_that_has_gone_out() -> None:
    [fault] = lists.broken(TUESDAY, TUESDAY, now_on=MONDAY, frozen_at=HALF_PAST_FOUR)

    assert (fault.code, fault.text) == (
        "list_frozen",
        "the list of Tue Nov 24 is frozen since 4:30pm the working day before",
    )


@pytest.mark.parametrize(
    ("frozen", "day", "now_on"),
    [(None, MONDAY, None), (MONDAY, TUESDAY, None), (TUESDAY, TUESDAY, TUESDAY)],
    ids=["no list is frozen", "a later list", "whoever is on it changes places"],
)
def test_else_a_list_is_open(frozen: dt.date | None, day: dt.date, now_on: dt.date | None) -> None:
    assert lists.broken(frozen, day, now_on=now_on, frozen_at=HALF_PAST_FOUR) == []
