"""What was printed of a day."""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling.models import DayPrint
from scheduling.queries.day_cards import Card
from scheduling.queries.printed import lines_of

KEPT = dt.timedelta(days=7)


@transaction.atomic(durable=True)
def note_print(
    *,
    request: clinic_actions.Request,
    site: Site,
    day: dt.date,
    resource_id: int | None,
    cards: Mapping[int, Card],
    gone: Iterable[int] = (),
    now: dt.datetime,
) -> DayPrint:
    """Note that a day sheet was printed, what stood on it and whose records those are; forget the prints of last week.

    `gone`: patients on a sheet of changes whose visit is not on the day any more.
    """
    DayPrint.objects.filter(site=site, at__lt=now - KEPT).delete()
    clinic_actions.write_audit(
        request=request,
        site=site,
        patient_ids=sorted({card.patient_id for card in cards.values()} | set(gone)),
        action="day.printed",
        now=now,
    )
    return DayPrint.objects.create(
        site=site, day=day, resource_id=resource_id, at=now, by=request.staff, lines=lines_of(cards)
    )
