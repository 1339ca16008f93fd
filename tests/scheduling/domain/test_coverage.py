import datetime as dt

from scheduling.domain.coverage import Grant, Visit, cover, cover_after, words

JAN = dt.date(2027, 1, 1)
TMS = frozenset({"90867", "90868"})


def days(count: int, *, code: str | None = "90868", start: dt.date = JAN) -> list[Visit]:
    return [Visit(start + dt.timedelta(days=offset), code) for offset in range(count)]


def grant(
    units: int = 36,
    *,
    number: int = 1,
    ends: dt.date = dt.date(2027, 12, 31),
    starts: dt.date = JAN,
    unit: str = "session",
) -> Grant:
    return Grant(number, starts, ends, ((TMS, units),), unit)


def test_everything_is_covered_by_enough_units_within_the_dates() -> None:
    coverage = cover(days(36), [grant()])

    assert (coverage.covered, words(coverage)) == (36, "All 36 are authorised.")


def test_the_last_two_fall_after_the_last_day() -> None:
    coverage = cover(days(36), [grant(ends=JAN + dt.timedelta(days=33))])

    assert words(coverage) == "34 of 36 are authorised; the last 2 fall after Wed Feb 3."


def test_what_is_beyond_the_units_is_named() -> None:
    assert words(cover(days(36), [grant(30)])) == "30 of 36 are authorised; the last 6 have no authorised unit left."


def test_another_code_is_not_covered() -> None:
    coverage = cover([*days(2), Visit(JAN + dt.timedelta(days=2), "90869")], [grant()])

    assert words(coverage) == "2 of 3 are authorised; the last one is covered by no authorisation."


def test_the_authorisation_that_ends_first_is_used_up_first() -> None:
    short = grant(2, number=1, ends=JAN + dt.timedelta(days=9))
    long = grant(9, number=2)

    assert cover(days(4), [long, short]).grants == (1, 1, 2, 2)


def test_a_pooled_unit_may_be_used_for_any_of_its_codes() -> None:
    visits = [
        Visit(JAN, "90867"),
        Visit(JAN + dt.timedelta(days=1), "90868"),
        Visit(JAN + dt.timedelta(days=2), "90868"),
    ]

    assert cover(visits, [grant(2)]).grants == (1, 1, None)


def test_ten_sessions_of_a_day_use_one_unit_where_the_unit_is_a_day() -> None:
    ten_a_day = [visit for visit in days(5) for _start in range(10)]

    assert cover(ten_a_day, [grant(5, unit="day")]).covered == 50
    assert cover(ten_a_day, [grant(5)]).covered == 5


def test_what_is_booked_already_uses_its_units_first() -> None:
    coverage = cover_after(days(30), days(36, start=dt.date(2027, 3, 1)), [grant(36)])

    assert (coverage.covered, coverage.grants[5:7]) == (6, (1, None))


def test_a_visit_between_two_authorisations_is_named_as_that() -> None:
    first = grant(9, number=1, ends=JAN)
    second = grant(9, number=2, starts=JAN + dt.timedelta(days=2))

    assert cover(days(3), [first, second]).reasons == {1: "falls between two authorisations"}
