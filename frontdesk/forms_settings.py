"""What managers type in set-up, read into values. A form checks shape; actions check truth."""

import datetime as dt
from collections.abc import Mapping
from itertools import product

from django.http import HttpRequest

from clinic.domain.details import one_line
from clinic.errors import Rejected
from patients import phones
from scheduling.domain import local_time

Week = dict[int, list[tuple[dt.time, dt.time]]]
SPANS = 2  # a day with a lunch break; a day that has more shows all of them
MOST_SPANS = 6
_INPUTS = list(product(range(1, 8), range(MOST_SPANS), ("opens", "closes")))
WORKDAY = [(dt.time(8), dt.time(17))]
SITE = (("name", "name", 80), ("message_name", "name in messages", 20), ("address", "address", 160))


def refused(faults: Mapping[str, str]) -> Rejected:
    """Return the refusal of a form with its faults beside the fields."""
    count = "One thing" if len(faults) == 1 else f"{len(faults)} things"
    return Rejected(f"{count} to fix.", code="fields", fields=faults)


def site_details(data: Mapping[str, str], *, region: str) -> dict[str, str]:
    """Return what a site is called and where it stands.

    :raises Rejected: with the words for every field that can't be used.
    """
    found, faults = {"zone": data.get("zone", "").strip()}, {}
    for name, what, longest in SITE:
        try:
            found[name] = one_line(data.get(name, ""), what=what, longest=longest)
        except ValueError as error:
            faults[name] = str(error)
    try:
        found["phone"] = phones.to_e164(data.get("phone", ""), region=region)
    except ValueError as error:
        faults["phone"] = str(error)
    if faults:
        raise refused(faults)
    return found


def typed_week(request: HttpRequest) -> dict[str, str]:
    """Return the times of a week's form as they were typed."""
    names = [f"d{weekday}_{number}_{end}" for weekday, number, end in _INPUTS]
    return {name: str(request.POST.get(name, "")) for name in names}


def week(typed: Mapping[str, str]) -> Week:
    """Return the hours of a week's form; a day without any is closed.

    :raises Rejected: with the words for every day that can't be read.
    """
    found: Week = {}
    faults = {}
    for weekday in range(1, 8):
        for number in range(MOST_SPANS):
            opens, closes = (typed.get(f"d{weekday}_{number}_{end}", "").strip() for end in ("opens", "closes"))
            if not opens and not closes:
                continue
            try:
                found.setdefault(weekday, []).append((_time(opens), _time(closes)))
            except ValueError as error:
                faults[f"d{weekday}"] = str(error) if opens and closes else "Type both times, or neither."
    if faults:
        raise refused(faults)
    return found


def as_typed(hours: Mapping[int, list[tuple[dt.time, dt.time]]]) -> dict[str, str]:
    """Return hours as the form of a week shows them."""
    return {
        f"d{weekday}_{number}_{end}": f"{at:%H:%M}"
        for weekday, spans in hours.items()
        for number, span in enumerate(spans)
        for end, at in zip(("opens", "closes"), span, strict=True)
    }


def copied(typed: Mapping[str, str], *, weekdays: range) -> dict[str, str]:
    """Return a week's form with the times of its first day in some others."""
    monday = {name[2:]: value for name, value in typed.items() if name.startswith("d1_")}
    kept = {name: value for name, value in typed.items() if int(name[1]) not in weekdays}
    return kept | {f"d{weekday}{rest}": value for weekday in weekdays for rest, value in monday.items()}


def _time(text: str) -> dt.time:
    minute = local_time.parse_wall(text[:5])
    return dt.time(minute // 60, minute % 60)
