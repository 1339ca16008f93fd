"""The coming public holidays of a site: when it might close."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.states import MOVABLE
from scheduling.errors import Rejected
from scheduling.models import Session
from scheduling.public_holidays import public_days
from scheduling.queries.availability import closed_days
from scheduling.queries.hours import Hours

AHEAD_DAYS = 396  # a year and a month


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday: its name, whether it is observed for another day, and what the site does then.

    `is_open`: by its hours it would be; `is_closed`: somebody closed the whole day; `visits`: booked on it.
    """

    day: dt.date
    name: str
    is_observed: bool
    is_open: bool
    is_closed: bool
    visits: int


def coming_holidays(*, site: Site, now: dt.datetime, subdivision: str | None = None) -> list[Holiday]:
    """Return a site's public holidays of the coming year and a month, by its region.

    :raises Rejected: the region or its subdivision is not in the list.
    """
    today = local_time.today(now, site.zone)
    last = today + dt.timedelta(days=AHEAD_DAYS)
    try:
        # One year more: New Year's Day on a Saturday is observed in the old year.
        days = public_days(site.region, years=range(today.year, last.year + 2), subdivision=subdivision)
    except NotImplementedError as error:
        raise Rejected(
            "No list of public holidays is known for this region. Close single days instead.",
            code="no_such_region",
            fields={"subdivision": "unknown"},
        ) from error
    coming = [day for day in days if today <= day <= last]
    hours = Hours(site, [], first=today, last=last)
    closed = closed_days(site=site, first=today, last=last)
    rows = Session.objects.filter(site=site, day__in=coming, state__in=MOVABLE)
    visits = dict(rows.values("day").annotate(count=Count("pk")).values_list("day", "count"))
    return [
        Holiday(
            day=day,
            name=days[day][0],
            is_observed=days[day][1],
            is_open=bool(hours.of_site(day)),
            is_closed=day in closed,
            visits=visits.get(day, 0),
        )
        for day in coming
    ]
