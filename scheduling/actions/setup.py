"""Setting a site up: its resources, their hours, the days it is closed."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.site_form import NewResource
from scheduling.errors import NotFound, Rejected
from scheduling.models import Closure, Outage, Resource, ResourceHours

__all__ = ["NewResource", "add_resources", "close_days", "set_up", "take_out_of_service"]


@transaction.atomic(durable=True)
def set_up(*, site: Site, resources: Sequence[NewResource], days: Mapping[dt.date, str]) -> tuple[int, int]:
    """Add what a site does not have yet, all or nothing, and return how many resources and closed days are new."""
    return _add_resources(site, resources), _close_days(site, days)


@transaction.atomic(durable=True)
def add_resources(*, site: Site, resources: Sequence[NewResource]) -> int:
    """Add the resources whose names the site does not have yet, in order, and return how many."""
    return _add_resources(site, resources)


@transaction.atomic(durable=True)
def close_days(*, site: Site, days: Mapping[dt.date, str]) -> int:
    """Close a site for whole days not closed yet, and return how many; visits on them stay and must be moved."""
    return _close_days(site, days)


@transaction.atomic(durable=True)
def take_out_of_service(
    *, site: Site, resource_name: str, starts_at: dt.datetime, ends_at: dt.datetime, reason: str
) -> None:
    """Take a resource out of service for a time; visits on it stay and must be moved.

    :raises NotFound: the site has no resource of that name.
    :raises Rejected: the time is empty.
    """
    resource = Resource.objects.filter(site=site, name=resource_name).first()
    if resource is None:
        raise NotFound(f"There is no {resource_name} at this site.", fields={"resource": "unknown"})
    if ends_at <= starts_at:
        raise Rejected("The outage must end after it begins.", fields={"ends_at": "too early"})
    Outage.objects.create(resource=resource, starts_at=starts_at, ends_at=ends_at, reason=reason)


def _add_resources(site: Site, resources: Sequence[NewResource]) -> int:
    known = set(Resource.objects.filter(site=site).values_list("name", flat=True))
    fresh = [resource for resource in resources if resource.name not in known]
    rows = Resource.objects.bulk_create(
        Resource(
            site=site,
            kind=new.kind,
            name=new.name,
            group=new.group,
            capabilities=list(new.capabilities),
            position=len(known) + offset,
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


def _close_days(site: Site, days: Mapping[dt.date, str]) -> int:
    bounds = {day: local_time.day_bounds(day, site.zone) for day in days}
    known = set(Closure.objects.filter(site=site, block=None).values_list("starts_at", flat=True))
    fresh = [day for day in sorted(days) if bounds[day][0] not in known]
    Closure.objects.bulk_create(
        Closure(site=site, starts_at=bounds[day][0], ends_at=bounds[day][1], reason=days[day][:80]) for day in fresh
    )
    return len(fresh)
