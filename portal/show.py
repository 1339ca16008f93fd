"""What a page prints: the next visit, the others, how to reach the clinic. Level 1: nothing a stranger may not read."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from clinic.models import Site
from patients import phones
from portal import words
from portal.door import Link
from scheduling.queries import coming
from scheduling.queries.coming import ComingVisit

BEGUN = dt.timedelta(hours=4)  # a visit under way is still shown: somebody who is late looks for the way
SHOWN = 60
MAP = "https://www.google.com/maps/search/?api=1&query="


def patient_page(link: Link, language: str, now: dt.datetime) -> dict[str, Any]:
    """Return a patient's page."""
    visits = _left(coming.visits_coming([link.patient_id], since=now - BEGUN), now)
    first = visits[0] if visits else None
    return _frame(link, language) | {
        "next": _visit(first, link.site, language, now) if first else None,
        "others": [_line(each, link.site, language) for each in visits[1:SHOWN]],
        "said": words.WORDS[language]["thanks"].format(day=words.weekday(first.day, language)) if first else "",
    }


def _left(visits: Sequence[ComingVisit], now: dt.datetime) -> list[ComingVisit]:
    return [each for each in visits if each.ends_at > now]


def _frame(link: Link, language: str) -> dict[str, Any]:
    site = link.site
    other = next(code for code in words.LANGUAGES if code != language)
    return {
        "w": words.said_in(site.region, language),
        "language": language,
        "other": other,
        "other_name": words.LANGUAGES[other],
        "clinic": site.message_name,
        "address": site.address,
        "map": f"{MAP}{quote_plus(site.address)}",
        "phone": phones.readable(site.phone),
        "tel": site.phone,
    }


def _visit(visit: ComingVisit, site: Site, language: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "visit": visit,
        "day": words.long_day(visit.day, language),
        "time": words.clock(visit.minute, language, site.region),
        "about": words.about(visit.minutes, language),
        "may_answer": visit.starts_at > now,
    }


def _line(visit: ComingVisit, site: Site, language: str) -> tuple[str, str]:
    return words.one_line(visit.day, language), words.clock(visit.minute, language, site.region)
