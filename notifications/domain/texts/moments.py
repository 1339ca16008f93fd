"""Pure: days and times as a patient reads them: always absolute, in the clinic's time, by its region's clock."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

# CLDR's "h" regions this product may meet; every other one reads 24 hours.
TWELVE_HOURS = frozenset({"US", "AS", "GU", "MP", "PR", "VI", "CA", "AU", "NZ", "PH", "IN"})
# What people call their zone all year round; "EST" in summer would be wrong by an hour.
_ZONE_NAMES = {
    ("EST", "EDT"): "ET",
    ("CST", "CDT"): "CT",
    ("MST", "MDT"): "MT",
    ("PST", "PDT"): "PT",
    ("AKST", "AKDT"): "AKT",
}
_SHORT = {short: name for names, name in _ZONE_NAMES.items() for short in names}
_DAYS = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "es": ["lun", "mar", "mié", "jue", "vie", "sab", "dom"],  # sáb would make one text two
}
_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
}


def date_text(day: dt.date, language: str) -> str:
    """Return a day without its weekday: Nov 24, or 24 nov."""
    month = _MONTHS[language][day.month - 1]
    return f"{month} {day.day}" if language == "en" else f"{day.day} {month}"


def weekday_text(day: dt.date, language: str) -> str:
    """Return a short weekday: Tue, or mar."""
    return _DAYS[language][day.isoweekday() - 1]


def day_text(day: dt.date, language: str) -> str:
    """Return weekday and date: Tue, Nov 24, or mar 24 nov."""
    comma = "," if language == "en" else ""
    return f"{weekday_text(day, language)}{comma} {date_text(day, language)}"


def time_text(minute: int, language: str, *, region: str = "US", zone_name: str = "") -> str:
    """Return a time of day by the region's clock: 8:30am, 8:30 a.m., or 08:30; the zone's name after it if given."""
    hour, rest = divmod(minute % (24 * 60), 60)
    if region not in TWELVE_HOURS:
        text = f"{hour:02}:{rest:02}"
    else:
        half = ("am" if hour < 12 else "pm") if language == "en" else (" a.m." if hour < 12 else " p.m.")
        text = f"{hour % 12 or 12}{f':{rest:02}' if rest else ''}{half}"
    return f"{text} {zone_name}" if zone_name else text


def around_text(minute: int, language: str, *, region: str = "US", zone_name: str = "") -> str:
    """Return a time not to the minute: about 11:30am, hacia las 11:30 a.m., hacia la 1 p.m."""
    time = time_text(minute, language, region=region, zone_name=zone_name)
    if language == "en":
        return f"about {time}"
    hours = 12 if region in TWELVE_HOURS else 24
    return f"hacia {'la' if minute // 60 % hours == 1 else 'las'} {time}"


def when_text(
    day: dt.date, minute: int, language: str, *, region: str = "US", zone_name: str = "", is_about: bool = False
) -> str:
    """Return weekday, date and time: Tue, Nov 24 at 8:30am, or mar 24 nov, 8:30 a.m.; `is_about`: not to the minute."""
    if is_about:
        return f"{day_text(day, language)}, {around_text(minute, language, region=region, zone_name=zone_name)}"
    joint = " at " if language == "en" else ", "
    return f"{day_text(day, language)}{joint}{time_text(minute, language, region=region, zone_name=zone_name)}"


def times_text(visits: Sequence[tuple[dt.date, int]], language: str, *, region: str = "US", zone_name: str = "") -> str:
    """Return a week's times, days of one time together: `Mon-Fri 8:30am`, or `Mon Wed 8:30am, Fri 9am`.

    `visits`: days and wall-clock minutes.
    """
    parts = []
    for minute, group in groupby(sorted(visits, key=lambda visit: (visit[1], visit[0])), key=lambda visit: visit[1]):
        parts.append(([day for day, _minute in group], minute))
    parts.sort()
    texts = [f"{_days(days, language)} {time_text(minute, language, region=region)}" for days, minute in parts]
    return ", ".join(texts) + (f" {zone_name}" if zone_name else "")


def zone_name(day: dt.date, minute: int, zone: str) -> str:
    """Return what people call a zone: ET for New York in any season, else the zone's own short name."""
    at = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
    short = at.replace(tzinfo=ZoneInfo(zone)).tzname() or ""
    return _SHORT.get(short, short)


def _days(days: Sequence[dt.date], language: str) -> str:
    names = [weekday_text(day, language) for day in days]
    if len(days) > 2 and (days[-1] - days[0]).days == len(days) - 1:
        return f"{names[0]}{'-' if language == 'en' else ' a '}{names[-1]}"
    return " ".join(names)
