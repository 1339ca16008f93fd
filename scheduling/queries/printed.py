"""What has changed since a day sheet was printed."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from clinic.models import Site
from scheduling.models import DayPrint, Session
from scheduling.queries.day_cards import Card


@dataclass(frozen=True, slots=True)
class Gone:
    """A visit that stands on the paper and not on the day any more; where it is now, if it is booked."""

    session_id: int
    patient_id: int
    first_name: str
    last_name: str
    minute: int  # as printed
    number: int
    prescribed: int
    day: dt.date | None
    new_minute: int | None


@dataclass(frozen=True, slots=True)
class SincePrint:
    """The latest print of a day, and what is different by now."""

    at: dt.datetime
    by: str
    changed: frozenset[int]  # new on the day, or at another time or place than printed
    gone: tuple[Gone, ...]

    @property
    def number(self) -> int:
        """How many changes there are."""
        return len(self.changed) + len(self.gone)


def lines_of(cards: Mapping[int, Card]) -> dict[str, list[int | None]]:
    """Return what a sheet says of each visit, as it is kept: its minute and its resource, by session."""
    return {str(pk): [card.minute, card.resource_id] for pk, card in cards.items()}


def was_printed(*, site: Site, day: dt.date) -> bool:
    """Tell whether any sheet of that day was printed."""
    return DayPrint.objects.filter(site=site, day=day).exists()


def since_print(*, site: Site, day: dt.date, resource_id: int | None, cards: Mapping[int, Card]) -> SincePrint | None:
    """Return what has changed since the latest print of that day and scope; None if there was none.

    `cards`: what would be printed now, by session.
    """
    last = (
        DayPrint.objects.filter(site=site, day=day, resource=resource_id).select_related("by").order_by("-at").first()
    )
    if last is None:
        return None
    here = lines_of(cards)
    changed = frozenset(int(pk) for pk, line in here.items() if last.lines.get(pk) != line)
    left = [int(pk) for pk in last.lines if pk not in here]
    return SincePrint(last.at, last.by.name, changed, _gone(left, last))


def _gone(session_ids: Collection[int], last: DayPrint) -> tuple[Gone, ...]:
    if not session_ids:
        return ()
    rows = Session.objects.filter(pk__in=session_ids).select_related("patient", "course")
    found = [
        Gone(
            session_id=row.pk,
            patient_id=row.patient_id,
            first_name=row.patient.first_name,
            last_name=row.patient.last_name,
            minute=last.lines[str(row.pk)][0],
            number=row.number,
            prescribed=row.course.prescribed,
            day=row.day if row.is_active else None,
            new_minute=row.minute if row.is_active else None,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda gone: (gone.minute, gone.session_id)))
