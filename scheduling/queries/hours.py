"""When a site and what is in it are open: the week's template, and what was opened beside it on single days."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from clinic.models import OpeningHours, Site
from scheduling.domain import bitmap, local_time
from scheduling.models import ExtraHours, Resource, ResourceHours

Masks = Mapping[int, int]  # day (ordinal) or weekday (ISO) to a bitmap of open quanta
_NONE: Masks = {}


class Hours:
    """Opening hours between two days, both in; closures are not looked at.

    What has no hours of its own keeps the site's, the days opened for the whole site included. What has keeps to the
    site's week, and opens beside it only on days opened for itself.
    """

    def __init__(self, site: Site, resources: Sequence[Resource], *, first: dt.date, last: dt.date) -> None:
        """Read the hours; three statements."""
        self.weekly = week_of(site)
        self._own: dict[int, dict[int, int]] = {}
        rows = ResourceHours.objects.filter(resource__in=[resource.pk for resource in resources])
        for resource_id, weekday, opens, closes in rows.values_list("resource_id", "weekday", "opens", "closes"):
            mine = self._own.setdefault(resource_id, {})
            mine[weekday] = mine.get(weekday, 0) | span(opens, closes) & self.weekly.get(weekday, 0)
        self._extra: dict[int | None, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        found = ExtraHours.objects.filter(site=site, removed_at=None, day__range=(first, last))
        for resource_id, day, opens, closes in found.values_list("resource_id", "day", "opens", "closes"):
            self._extra[resource_id][day.toordinal()] |= span(opens, closes)

    def weekly_of(self, resource_id: int) -> Masks:
        """Return a resource's template by weekday."""
        return self._own.get(resource_id, self.weekly)

    def extra_of(self, resource_id: int) -> Masks:
        """Return what is opened beside a resource's template, by day."""
        mine = self._extra.get(resource_id, _NONE)
        house = _NONE if resource_id in self._own else self._extra.get(None, _NONE)
        if not mine or not house:
            return mine or house
        return {day: mine.get(day, 0) | house.get(day, 0) for day in {*mine, *house}}

    def of(self, resource_id: int, day: dt.date) -> int:
        """Return the open quanta of a resource on a day."""
        return self.weekly_of(resource_id).get(day.isoweekday(), 0) | self.extra_of(resource_id).get(day.toordinal(), 0)

    def of_house(self, day: dt.date) -> int:
        """Return the open quanta of the site itself on a day."""
        return self.weekly.get(day.isoweekday(), 0) | self._extra.get(None, _NONE).get(day.toordinal(), 0)

    def of_site(self, day: dt.date) -> int:
        """Return the quanta of a day in which the site, or anything in it, is open."""
        mask = self.of_house(day)
        for days in self._extra.values():
            mask |= days.get(day.toordinal(), 0)
        return mask


def week_of(site: Site) -> dict[int, int]:
    """Return the site's opening hours as one bitmap a weekday (ISO); one statement."""
    hours: dict[int, int] = defaultdict(int)
    for weekday, opens, closes in OpeningHours.objects.filter(site=site).values_list("weekday", "opens", "closes"):
        hours[weekday] |= span(opens, closes)
    return dict(hours)


def span(opens: dt.time, closes: dt.time) -> int:
    """Return the whole quanta between two times of day."""
    first = -(-(opens.hour * 60 + opens.minute) // local_time.QUANTUM)
    end = (closes.hour * 60 + closes.minute) // local_time.QUANTUM
    return bitmap.span(first, max(0, end - first))


def extra_hours_of(*, site: Site, since: dt.date) -> list[ExtraHours]:
    """Return what is opened beside the week from a day on; resource fetched."""
    rows = ExtraHours.objects.filter(site=site, day__gte=since, removed_at=None).select_related("resource")
    return list(rows.order_by("day", "opens", "pk"))
