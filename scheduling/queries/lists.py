"""Which lists have gone out: read from the site's hours and closures; nothing is asked where a protocol has no list."""

import datetime as dt

from clinic.models import Site
from scheduling.domain import lists, local_time
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.queries import availability


def frozen_through(*, site: Site, definition: ProtocolDefinition, now: dt.datetime) -> dt.date | None:
    """Return the last day whose list has gone out, or None where a protocol freezes no list."""
    if definition.list_frozen_at is None:
        return None
    today, minute = local_time.wall(now, site.zone)
    return lists.frozen_through(
        today=today,
        minute=minute,
        is_open=availability.next_open_day(site=site, after=today - dt.timedelta(days=1)) == today,
        next_open_day=availability.next_open_day(site=site, after=today),
        frozen_at=definition.list_frozen_at,
    )
