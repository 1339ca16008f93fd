import datetime as dt

import pytest

from scheduling.domain import local_time
from scheduling.domain.local_time import AmbiguousTime, NonexistentTime

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "minute", "zone", "utc"),
    [
        (dt.date(2026, 3, 6), 540, "America/New_York", "2026-03-06T14:00+00:00"),
        (dt.date(2026, 3, 9), 540, "America/New_York", "2026-03-09T13:00+00:00"),
        (dt.date(2026, 3, 8), 150, "America/Phoenix", "2026-03-08T09:30+00:00"),
        (dt.date(2026, 12, 1), 540, "Asia/Kathmandu", "2026-12-01T03:15+00:00"),
        (dt.date(2026, 12, 1), 540, "Pacific/Honolulu", "2026-12-01T19:00+00:00"),
        (dt.date(2026, 12, 1), 540, "America/Vancouver", "2026-12-01T16:00+00:00"),
        (dt.date(2028, 2, 29), 0, "UTC", "2028-02-29T00:00+00:00"),
    ],
    ids=[
        "D3 before",
        "D3 after",
        "D6 Phoenix",
        "D14 Kathmandu",
        "D14 Honolulu",
        "D9 Vancouver by the new rules",
        "D10 leap day",
    ],
)
def test_a_wall_clock_time_is_one_instant_and_back(day: dt.date, minute: int, zone: str, utc: str) -> None:
    at = local_time.to_utc(day, minute, zone)

    assert at == dt.datetime.fromisoformat(utc)
    assert local_time.wall(at, zone) == (day, minute)


@pytest.mark.parametrize(
    ("day", "minute", "zone"),
    [
        (dt.date(2026, 3, 8), 150, "America/New_York"),
        (dt.date(2026, 3, 8), 150, "America/Denver"),
        (dt.date(2026, 10, 4), 135, "Australia/Lord_Howe"),
    ],
    ids=["D1", "D6 Denver", "D5 half an hour"],
)
def test_a_time_the_clocks_jump_over_is_refused(day: dt.date, minute: int, zone: str) -> None:
    with pytest.raises(NonexistentTime):
        local_time.to_utc(day, minute, zone)


@pytest.mark.parametrize(
    ("day", "minute", "zone"),
    [(dt.date(2026, 11, 1), 90, "America/New_York"), (dt.date(2026, 4, 5), 105, "Australia/Lord_Howe")],
    ids=["D2", "D5"],
)
def test_a_time_that_comes_twice_is_refused(day: dt.date, minute: int, zone: str) -> None:
    with pytest.raises(AmbiguousTime):
        local_time.to_utc(day, minute, zone)


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(
        NonexistentTime,
        match=r"2:30am on Sun Mar 8, 2026 does not exist: clocks go forward. Pick another time.",
    ):
        local_time.to_utc(dt.date(2026, 3, 8), 150, "America/New_York")


@pytest.mark.parametrize(
    ("day", "zone", "hours", "first_minute"),
    [
        (dt.date(2026, 3, 8), "America/New_York", 23, 0),
        (dt.date(2026, 11, 1), "America/New_York", 25, 0),
        (dt.date(2026, 9, 6), "America/Santiago", 23, 60),
        (dt.date(2026, 3, 29), "Asia/Beirut", 23, 60),
        (dt.date(2026, 4, 24), "Africa/Cairo", 23, 60),
        (dt.date(2026, 12, 31), "Europe/Berlin", 24, 0),
    ],
    ids=["D8 spring", "D8 autumn", "D7 Santiago", "D7 Beirut", "D7 Cairo", "D11 year end"],
)
def test_a_day_is_as_long_as_its_clock_says(day: dt.date, zone: str, hours: int, first_minute: int) -> None:
    since, until = local_time.day_bounds(day, zone)

    assert until - since == hours * HOUR
    assert local_time.wall(since, zone) == (day, first_minute)
    assert local_time.day_bounds(day + dt.timedelta(days=1), zone)[0] == until


def test_today_is_the_date_on_the_wall() -> None:
    assert local_time.today(dt.datetime(2026, 11, 25, 4, 30, tzinfo=dt.UTC), "America/New_York") == dt.date(
        2026, 11, 24
    )


def test_quanta_that_do_not_exist_or_come_twice_are_unusable() -> None:
    assert local_time.unusable_mask(dt.date(2026, 3, 8), "America/New_York") == ((1 << 12) - 1) << 24
    assert local_time.unusable_mask(dt.date(2026, 11, 1), "America/New_York") == ((1 << 12) - 1) << 12
    assert local_time.unusable_mask(dt.date(2026, 11, 2), "America/New_York") == 0


@pytest.mark.parametrize(
    ("minute", "text"), [(0, "12am"), (510, "8:30am"), (540, "9am"), (720, "12pm"), (1439, "11:59pm")]
)
def test_times_read_as_people_say_them(minute: int, text: str) -> None:
    assert local_time.clock_text(minute) == text


@pytest.mark.parametrize("text", ["", "24:00", "8", "8:60", "8:30am", "08:30:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        local_time.parse_wall(text)
