"""What a block moved out of the way, told on the day it closes."""

import datetime as dt
from dataclasses import dataclass

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.models import Closure
from scheduling.queries.outages.moved import reseated_by


@dataclass(frozen=True, slots=True)
class MovedAway:
    """A block, and how many visits it moved and nobody took back."""

    block_id: int
    visits: int


def moved_away(*, site: Site, day: dt.date) -> MovedAway | None:
    """Return the block that closes a site a whole day and what it moved, if it moved anything; three statements."""
    since, until = local_time.day_bounds(day, site.zone)
    closures = Closure.objects.filter(site=site, starts_at__lte=since, ends_at__gte=until, block__isnull=False)
    block_id = closures.order_by("-block_id").values_list("block_id", flat=True).first()
    visits = len(reseated_by(block_id)) if block_id else 0
    return MovedAway(block_id, visits) if block_id and visits else None
