"""What can be booked at a site, one thing at a time: added, changed, put in order, taken out of use and brought back.

What is out of use keeps its history and its name; nothing is deleted.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from clinic import actions as clinic_actions
from clinic.domain.details import one_line
from clinic.models import Site
from scheduling.actions import visits
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.site_form import Hours
from scheduling.errors import IllegalMove, NotFound, Rejected, Stale
from scheduling.models import Resource, ResourceHours
from scheduling.queries.setup import held_ahead

MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource as a form describes it. Without `hours` it keeps the site's."""

    name: str
    group: str = ""
    capabilities: Sequence[str] = ()
    hours: Hours = field(default_factory=dict)


@transaction.atomic(durable=True)
def add_resource(
    *, request: clinic_actions.Request, site: Site, kind: str, wanted: Wanted, now: dt.datetime, count: int = 1
) -> list[int]:
    """Add a resource, or several that are numbered: `Recovery bay 1`, `Recovery bay 2`; return their ids.

    :raises Rejected: a name is taken or can't be used; `fields` say what to type instead.
    """
    if not kind or len(kind) > 30:
        raise Rejected("Say what it is.", code="fields", fields={"kind": "Pick one of the list."})
    if not 1 <= count <= MOST_AT_ONCE:
        words = f"Add 1 to {MOST_AT_ONCE} at a time."
        raise Rejected(words, code="fields", fields={"count": words})
    name, group, capabilities = _checked(wanted)
    names = [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]
    if taken := sorted(Resource.objects.filter(site=site, name__in=names).values_list("name", flat=True)):
        raise _taken(taken[0])
    last = Resource.objects.filter(site=site).aggregate(last=Max("position"))["last"]
    rows = [
        Resource(
            site=site,
            kind=kind,
            name=each,
            group=group,
            capabilities=capabilities,
            position=(-1 if last is None else last) + 1 + offset,
        )
        for offset, each in enumerate(names)
    ]
    for row in rows:
        row.save(force_insert=True)
        _write_hours(row, wanted.hours)
        _audit(request, row, "added", now)
    return [row.pk for row in rows]


@transaction.atomic(durable=True)
def change_resource(
    *, request: clinic_actions.Request, resource_id: int, version: int, wanted: Wanted, now: dt.datetime
) -> Resource:
    """Change a resource's name, heading, capabilities and hours; visits booked on it stay as they are.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    :raises Rejected: the name is taken or can't be used.
    """
    row = _locked(resource_id, version)
    row.name, row.group, row.capabilities = _checked(wanted)
    if Resource.objects.filter(site=row.site_id, name=row.name).exclude(pk=row.pk).exists():
        raise _taken(row.name)
    row.hours.all().delete()
    _write_hours(row, wanted.hours)
    _saved(row)
    _audit(request, row, "changed", now)
    return row


@transaction.atomic(durable=True)
def retire(*, request: clinic_actions.Request, resource_id: int, version: int, now: dt.datetime) -> Resource:
    """Take a resource out of use for good; what was done on it stays on record.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    :raises IllegalMove: it is out of use, or visits ahead hold it; the words say how many and when.
    """
    row = _locked(resource_id, version)  # bookings take the same lock: nobody comes in between
    if held := held_ahead(resource_id=row.pk, now=now):
        day, minute = local_time.wall(held[0], row.site.zone)
        count = "1 visit is" if len(held) == 1 else f"{len(held)} visits are"
        raise IllegalMove(
            f"{count} booked on {row.name}, the first on {day_text(day)} at {clock_text(minute)}. "
            "Move them first, or block its time until you have.",
            code="booked_then",
        )
    row.is_active = False
    _saved(row)
    _audit(request, row, "retired", now)
    return row


@transaction.atomic(durable=True)
def bring_back(*, request: clinic_actions.Request, resource_id: int, version: int, now: dt.datetime) -> Resource:
    """Put a resource to use again.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    """
    row = _locked(resource_id, version, is_active=False)
    row.is_active = True
    _saved(row)
    _audit(request, row, "brought_back", now)
    return row


@transaction.atomic(durable=True)
def shift(
    *, request: clinic_actions.Request, resource_id: int, version: int, is_up: bool, now: dt.datetime
) -> Resource:
    """Let a resource trade places with its neighbour in the board's order; the first one stays the first.

    :raises NotFound: there is none.
    :raises Stale: somebody changed it since it was read.
    """
    row = _locked(resource_id, version)
    order = list(
        Resource.objects.select_for_update(no_key=True)
        .filter(site=row.site_id, is_active=True, closed_group=None)
        .order_by("position", "pk")
    )
    at = next(index for index, each in enumerate(order) if each.pk == row.pk)
    to = at - 1 if is_up else at + 1
    if not 0 <= to < len(order):
        return row
    order[at], order[to] = order[to], order[at]
    for position, each in enumerate(order):
        if each.position != position:
            Resource.objects.filter(pk=each.pk).update(position=position)
    row.refresh_from_db(fields=["position"])
    _saved(row)
    _audit(request, row, "moved", now)
    return row


def _locked(resource_id: int, version: int, *, is_active: bool = True) -> Resource:
    visits.wait_briefly()
    rows = Resource.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    row = rows.filter(pk=resource_id, closed_group=None).first()
    if row is None:
        raise NotFound("There is no such device, place or person at this site.")
    if row.version != version:
        raise Stale("Somebody changed this meanwhile.", fields={"version": str(row.version)})
    if row.is_active != is_active:
        raise IllegalMove(f"{row.name} is {'in use' if row.is_active else 'out of use'} already.")
    return row


def _checked(wanted: Wanted) -> tuple[str, str, list[str]]:
    faults, found = {}, {}
    for name, text, what, longest, is_needed in (
        ("name", wanted.name, "name", 57, True),  # three letters are left for its number
        ("group", wanted.group, "heading", 20, False),
    ):
        try:
            found[name] = one_line(text, what=what, longest=longest, is_needed=is_needed)
        except ValueError as error:
            faults[name] = str(error)
    if faults:
        raise Rejected("This needs another look.", code="fields", fields=faults)
    return found["name"], found["group"], sorted({each.strip() for each in wanted.capabilities if each.strip()})


def _taken(name: str) -> Rejected:
    words = f"There is a {name} here already. Give this one another name."
    return Rejected(words, code="fields", fields={"name": words})


def _write_hours(row: Resource, hours: Mapping[int, Sequence[tuple[dt.time, dt.time]]]) -> None:
    ResourceHours.objects.bulk_create(
        ResourceHours(resource=row, weekday=weekday, opens=opens, closes=closes)
        for weekday, spans in hours.items()
        for opens, closes in spans
    )


def _saved(row: Resource) -> None:
    row.version += 1
    row.save()


def _audit(request: clinic_actions.Request, row: Resource, step: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=row.site,
        action=f"resource.{step}",
        patient_ids=[None],
        object_type="resource",
        object_id=row.pk,
        now=now,
    )
