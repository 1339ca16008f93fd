"""Closed days as set-up lists them, and the public holidays to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic.models import Site
from frontdesk.show_settings import Field
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.queries.outages import Holiday

if TYPE_CHECKING:
    from scheduling.models import Closure

OWN_DAY = (
    Field("first", "Day", kind="date"),
    Field("last", "Until", kind="date", hint="The last day, if it is more than one.", is_optional=True),
    Field("reason", "Why", hint="Staff read it on the board: Team day, Snow.", longest=80),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A time the site is closed, and how it is opened again: by its block, or by the entry itself."""

    pk: int
    block_id: int
    version: int
    when: str
    reason: str
    day: str


def lines_of(rows: Sequence["Closure"], site: Site) -> list[Line]:
    """Return the closed times, each in words of the clock on the wall."""
    return [
        Line(
            row.pk,
            row.block_id or 0,
            row.block.version if row.block else 0,
            _when(row, site.zone),
            row.reason,
            local_time.wall(row.starts_at, site.zone)[0].isoformat(),
        )
        for row in rows
    ]


def to_tick(holidays: Sequence[Holiday]) -> list[tuple[str, str, str, str]]:
    """Return the public holidays on which the site would be open: date, in words, name, what is booked then."""
    return [
        (
            each.day.isoformat(),
            f"{day_text(each.day)}, {each.day.year}",
            f"{each.name}, observed" if each.is_observed else each.name,
            f"{each.visits} visit{'' if each.visits == 1 else 's'}" if each.visits else "",
        )
        for each in holidays
        if each.is_open and not each.is_closed
    ]


def _when(row: "Closure", zone: str) -> str:
    first, since = local_time.wall(row.starts_at, zone)
    last, until = local_time.wall(row.ends_at, zone)
    if since == until == 0 and (last - first).days == 1:
        return f"{day_text(first)}, {first.year}"
    return f"{day_text(first)}, {clock_text(since)} to {day_text(last)}, {clock_text(until)}"
