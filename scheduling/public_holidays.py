"""Which days are public holidays, as observed: from a versioned list of the world's countries."""

import datetime as dt
from collections.abc import Iterable

import holidays

_OBSERVED = " (observed)"


def public_days(
    country: str, *, years: Iterable[int], subdivision: str | None = None
) -> dict[dt.date, tuple[str, bool]]:
    """Return the public holidays of some years by day: the name, and whether the day stands for another one.

    A holiday at the turn of the year may be observed in the year before: ask for the year after, too.

    :raises NotImplementedError: there is no such country or subdivision in the list.
    """
    found: dict[dt.date, str] = holidays.country_holidays(country, subdiv=subdivision, years=list(years))
    return {day: (name.replace(_OBSERVED, ""), _OBSERVED in name) for day, name in sorted(found.items())}


def subdivisions(country: str) -> list[str]:
    """Return the codes of a country's states or provinces that keep days of their own, in order; none: no list."""
    try:
        return sorted(holidays.country_holidays(country).subdivisions)
    except NotImplementedError:
        return []
