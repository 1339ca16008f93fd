"""Who could be asked for a freed time, and who is: so that the desk is told what to do next."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from scheduling.domain.operations import OfferState
from scheduling.models import SlotOffer
from scheduling.queries.waitlist import open_entries


@dataclass(frozen=True, slots=True)
class Asked:
    """How many people are asked for one time, and until when they may answer."""

    people: int
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The sites at which somebody is on the list, and the open offers by resource and start."""

    site_ids: frozenset[int]
    asked: Mapping[tuple[int | None, dt.datetime], Asked]


def people_waiting(*, site_ids: Sequence[int], now: dt.datetime) -> Waiting:
    """Return where somebody waits, and what is offered; two statements."""
    rows = SlotOffer.objects.filter(entry__site__in=site_ids, state=OfferState.OPEN, expires_at__gt=now)
    open_now = rows.values_list("resource_id", "starts_at").annotate(people=Count("pk"), until=Max("expires_at"))
    sites = open_entries(site_ids).order_by().values_list("site_id", flat=True).distinct()
    return Waiting(
        site_ids=frozenset(sites),
        asked={(resource, starts_at): Asked(people, until) for resource, starts_at, people, until in open_now},
    )
