"""Pure: the values texts are tried with: the longest that occur, and ordinary ones for a preview."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from notifications.domain.texts import moments

LONGEST_CLINIC = 20
LONGEST_LINK = 53
_LINK = "https://go.riverside.health/v/Qh3vT0xYb9mWc2LrK7pZAg/"


def longest(language: str, *, region: str = "US", zone_name: str = "") -> dict[str, str]:
    """Return the longest value of each fact in a language: every day of a year was tried."""
    return dict(_longest_of(language, region, zone_name))


@lru_cache(maxsize=64)
def _longest_of(language: str, region: str, zone_name: str) -> dict[str, str]:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=offset) for offset in range(365)]
    half_past_ten = 10 * 60 + 30
    when = _longest(moments.when_text(day, half_past_ten, language, region=region, zone_name=zone_name) for day in days)
    time = moments.time_text(half_past_ten, language, region=region)
    return {
        "clinic": "Riverside Clinic Two",
        "phone": "(555) 010-2040",
        "address": "12 Main Street, Suite 300, Riverside, New York 10001",
        "link": _LINK,
        "stop": "https://go.riverside.health/u/1234567.Qh3vT0xYb9mWc2LrK7pZAg/",
        "first": _longest(moments.date_text(day, language) for day in days),
        "last": _longest(moments.date_text(day, language) for day in days),
        "old": _longest(moments.day_text(day, language) for day in days),
        "when": when,
        "until": _longest(f"{moments.weekday_text(day, language)} {time}" for day in days[:7]),
        "times": _longest(
            moments.times_text(week, language, region=region, zone_name=zone_name) for week in _weeks(half_past_ten)
        ),
    }


@lru_cache(maxsize=64)
def longest_about(language: str, *, region: str = "US", zone_name: str = "") -> str:
    """Return the longest time at which somebody is picked up."""
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=offset) for offset in range(365)]
    return _longest(
        moments.when_text(day, 10 * 60 + 30, language, region=region, zone_name=zone_name, is_about=True)
        for day in days
    )


def ordinary(
    language: str, *, clinic: str, phone: str, address: str, link: str, region: str = "US", zone_name: str = ""
) -> dict[str, str]:
    """Return what a preview shows: a site's own name and phone, and a visit on an ordinary day."""
    day, later = dt.date(2026, 11, 24), dt.date(2026, 11, 25)
    first, last = dt.date(2026, 11, 24), dt.date(2027, 1, 26)
    week = [(dt.date(2026, 11, 30) + dt.timedelta(days=offset), 8 * 60 + 30) for offset in range(5)]
    return {
        "clinic": clinic,
        "phone": phone,
        "address": address,
        "link": link,
        "first": moments.date_text(first, language),
        "last": moments.date_text(last, language),
        "old": moments.day_text(day, language),
        "when": moments.when_text(later, 9 * 60, language, region=region, zone_name=zone_name),
        "until": f"{moments.weekday_text(day, language)} {moments.time_text(15 * 60, language, region=region)}",
        "times": moments.times_text(week, language, region=region, zone_name=zone_name),
    }


def _weeks(minute: int) -> list[list[tuple[dt.date, int]]]:
    """Return the weeks of one time: from any day to any later one."""
    monday = dt.date(2026, 11, 30)
    days = [monday + dt.timedelta(days=offset) for offset in range(7)]
    return [[(day, minute) for day in days[first:last]] for first in range(5) for last in range(first + 3, 8)]


def _longest(texts: Iterable[str]) -> str:
    return max(texts, key=len)
