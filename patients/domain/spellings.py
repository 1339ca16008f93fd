"""Pure: the dates that a text can mean, in every spelling a desk uses."""

import datetime as dt
import re

MONTH_FIRST = frozenset({"US"})  # everywhere else the day comes first
CENTURIES = (2000, 1900)
_MONTHS = {
    "english": "january february march april may june july august september october november december",
    "spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})")
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_COMPACT_YEAR_FIRST = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_FIRST_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[- .]*([a-z]{3,})\.?[-, ]*'?(\d{4}|\d{2})")
_MONTH_FIRST_WORDS = re.compile(r"([a-z]{3,})\.?[- ]*(\d{1,2})(?:st|nd|rd|th)?[-, ]+'?(\d{4}|\d{2})")


def dates_in(text: str, *, region: str) -> tuple[dt.date, ...]:
    """Return every date a whole text can mean, the likeliest first: a year of two digits is of either century."""
    text = " ".join(text.lower().split())
    for parts in (_by_year_first(text), _by_words(text), _by_year_last(text, region)):
        if parts:
            return parts
    return ()


def has_short_year(text: str) -> bool:
    """Tell whether a text is a date but for a year of one or three digits."""
    return bool(re.fullmatch(r"\d{1,2}[-/. ]\d{1,2}[-/. ](\d|\d{3})", text.strip()))


def _by_year_first(text: str) -> tuple[dt.date, ...]:
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        year, month, day = match.groups()
        return _dates(year, month, day)
    match = _COMPACT_YEAR_FIRST.fullmatch(text)
    if match and 1900 <= int(match[1]) < 2100:
        return _dates(match[1], match[2], match[3])
    return ()


def _by_year_last(text: str, region: str) -> tuple[dt.date, ...]:
    if match := _YEAR_LAST.fullmatch(text):
        one, _mark, other, year = match.groups()
    elif match := _COMPACT.fullmatch(text):
        one, other, year = match.groups()
    else:
        return ()
    month, day = (one, other) if region in MONTH_FIRST else (other, one)
    return _dates(year, month, day) or _dates(year, day, month)


def _by_words(text: str) -> tuple[dt.date, ...]:
    if match := _DAY_FIRST_WORDS.fullmatch(text):
        day, word, year = match.groups()
    elif match := _MONTH_FIRST_WORDS.fullmatch(text):
        word, day, year = match.groups()
    else:
        return ()
    month = month_of(word)
    return _dates(year, str(month), day) if month else ()


def month_of(word: str) -> int | None:
    """Return the month that a word of three letters or more begins to name, in English or Spanish."""
    for names in _MONTHS.values():
        for number, name in enumerate(names.split(), start=1):
            if name.startswith(word):
                return number
    return None


def _dates(year: str, month: str, day: str) -> tuple[dt.date, ...]:
    years = [int(year)] if len(year) == 4 else [century + int(year) for century in CENTURIES]
    found = []
    for each in years:
        try:
            found.append(dt.date(each, int(month), int(day)))
        except ValueError:
            continue
    return tuple(found)
