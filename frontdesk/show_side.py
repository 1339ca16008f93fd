"""What stands beside the board, ready to print: what needs a person, what came free, what is owed, who waits."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries import refill
from scheduling.queries.refill import FreedTime
from scheduling.queries.waitlist import open_entries
from scheduling.queries.watch import Owing, courses_owing

SHOWN = 3


@dataclass(frozen=True, slots=True)
class FreedLine:
    """A time that came free."""

    session_id: int
    when: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The first of each, and how many there are."""

    freed: tuple[FreedLine, ...]
    freed_count: int
    owed: tuple[Owing, ...]
    owed_count: int
    waiting: int


def beside(site: Site, now: dt.datetime) -> Beside:
    """Return what came free at a site, who is owed visits, and how many people wait; seven statements at most."""
    freed = refill.freed_times(site_ids=[site.pk], now=now)
    owed = courses_owing(site_ids=[site.pk])
    return Beside(
        freed=_lines(freed[:SHOWN], local_time.today(now, site.zone)),
        freed_count=len(freed),
        owed=tuple(owed[:SHOWN]),
        owed_count=len(owed),
        waiting=open_entries([site.pk]).count(),
    )


def _lines(freed: Sequence[FreedTime], today: dt.date) -> tuple[FreedLine, ...]:
    return tuple(
        FreedLine(
            session_id=each.session_id,
            when=f"{'Today' if each.slot.day == today else day_text(each.slot.day)}, {clock_text(each.slot.minute)}",
            place=each.resource_name,
            text=_offered(each),
        )
        for each in freed
    )


def _offered(each: FreedTime) -> str:
    if each.offered_until is None:
        return "Offered to nobody yet."
    return f"Offered to {each.offers} until {clock_text(local_time.wall(each.offered_until, each.slot.zone)[1])}."
