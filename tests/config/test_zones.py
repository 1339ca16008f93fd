"""The pinned zone rules win over the machine's."""

import datetime as dt
import zoneinfo

import config  # noqa: F401 - sets the search path


def test_zone_rules_come_from_the_pinned_package() -> None:
    assert zoneinfo.TZPATH == ()


def test_vancouver_stays_on_its_new_time_in_november_2026() -> None:
    offset = dt.datetime(2026, 11, 2, 12, tzinfo=zoneinfo.ZoneInfo("America/Vancouver")).utcoffset()

    assert offset == dt.timedelta(hours=-7)
