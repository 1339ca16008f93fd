"""Setting a site up: its resources, their hours, the days it is closed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.models import Closure, Outage, Resource, ResourceHours


@dataclass(frozen=True, slots=True)
class NewResource:
    """A resource as it is set up. `group` heads its column on the board; `hours` are wall clock, empty: the site's."""

    kind: str
    name: str
    group: str = ""
    capabilities: tuple[str, ...] = ()
    hours: Mapping[int, Sequence[tuple[dt.time, dt.time]]] = field(default_factory=dict)


@transaction.atomic(durable=True)
def add_resources(*, site: Site, resources: Sequence[NewResource]) -> int:
    """Add the resources whose names the site does not have yet, in order, and return how many."""
    known = set(Resource.objects.filter(site=site).values_list("name", flat=True))
    position = Resource.objects.filter(site=site).count()
    fresh = [resource for resource in resources if resource.name not in known]
    rows = Resource.objects.bulk_create(
        Resource(
            site=site,
            kind=new.kind,
            name=new.name,
            group=new.group,
            capabilities=list(new.capabilities),
            position=position + offset,
        )
        for offset, new in enumerate(fresh)
    )
    ResourceHours.objects.bulk_create(
        ResourceHours(resource=row, weekday=weekday, opens=opens, closes=closes)
        for row, new in zip(rows, fresh, strict=True)
        for weekday, spans in new.hours.items()
        for opens, closes in spans
    )
    return len(rows)


@transaction.atomic(durable=True)
def close_days(*, site: Site, days: Mapping[dt.date, str]) -> int:
    """Close a site for whole days not closed yet, and return how many; visits on them stay and must be moved."""
    bounds = {day: local_time.day_bounds(day, site.zone) for day in days}
    known = set(Closure.objects.filter(site=site).values_list("starts_at", flat=True))
    fresh = [day for day in sorted(days) if bounds[day][0] not in known]
    Closure.objects.bulk_create(
        Closure(site=site, starts_at=bounds[day][0], ends_at=bounds[day][1], reason=days[day]) for day in fresh
    )
    return len(fresh)


@transaction.atomic(durable=True)
def take_out_of_service(
    *, site: Site, resource_name: str, starts_at: dt.datetime, ends_at: dt.datetime, reason: str
) -> None:
    """Take a resource out of service for a time."""
    resource = Resource.objects.get(site=site, name=resource_name)
    Outage.objects.create(resource=resource, starts_at=starts_at, ends_at=ends_at, reason=reason)
