"""How far a site is set up: what is there to book, and what a protocol still lacks."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from clinic.models import OpeningHours, Site
from patients.models import Patient
from scheduling.domain import local_time
from scheduling.domain.states import MOVABLE
from scheduling.models import Closure, Reservation, Resource, ResourceHours, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.hours import Hours, span
from scheduling.queries.planning import current_protocols


@dataclass(frozen=True, slots=True)
class Lacking:
    """A protocol, and the kinds of resources a site has none of; none: it can be booked."""

    name: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a site has so far."""

    days_open: int
    resources: int
    protocols: tuple[Lacking, ...]
    has_patient: bool
    has_visit: bool

    @property
    def bookable(self) -> int:
        """How many protocols the site has everything for."""
        return sum(not protocol.kinds for protocol in self.protocols)


def state_of(*, site: Site) -> SetUp:
    """Return how far a site is set up; five statements whatever it has."""
    kinds = set(Resource.objects.filter(site=site, is_active=True).values_list("pk", "kind"))
    there = {kind for _pk, kind in kinds}
    return SetUp(
        days_open=OpeningHours.objects.filter(site=site).values("weekday").distinct().count(),
        resources=len(kinds),
        protocols=tuple(
            Lacking(row.name, tuple(sorted(definition_of(row).kinds() - there))) for row in current_protocols()
        ),
        has_patient=Patient.objects.filter(site=site).exists(),
        has_visit=Session.objects.filter(site=site).exists(),
    )


def resources_of(*, site: Site) -> list[Resource]:
    """Return everything that was ever in use at a site, in the board's order, hours fetched; two statements."""
    rows = Resource.objects.filter(site=site, closed_group=None).prefetch_related("hours")
    return list(rows.order_by("position", "pk"))


def kinds_known(*, site: Site) -> tuple[list[str], list[str]]:
    """Return the kinds of resources and the capabilities that protocols ask for or the site has, in order."""
    kinds: set[str] = set()
    abilities: set[str] = set()
    for protocol in current_protocols():
        definition = definition_of(protocol)
        kinds |= definition.kinds()
        for visit in definition.visit_types.values():
            abilities |= {ability for step in visit.steps for need in step.needs for ability in need.capabilities}
    for kind, own in Resource.objects.filter(site=site).values_list("kind", "capabilities"):
        kinds.add(kind)
        abilities |= set(own)
    return sorted(kinds), sorted(abilities)


def hours_of(*, resource_id: int) -> dict[int, list[tuple[dt.time, dt.time]]]:
    """Return a resource's own hours by weekday; empty: it keeps the site's."""
    return _by_weekday(ResourceHours.objects.filter(resource=resource_id))


def opening_hours(*, site: Site) -> dict[int, list[tuple[dt.time, dt.time]]]:
    """Return a site's hours by weekday."""
    return _by_weekday(OpeningHours.objects.filter(site=site))


def _by_weekday(rows: Iterable[OpeningHours | ResourceHours]) -> dict[int, list[tuple[dt.time, dt.time]]]:
    found: dict[int, list[tuple[dt.time, dt.time]]] = {}
    for row in sorted(rows, key=lambda row: (row.weekday, row.opens)):
        found.setdefault(row.weekday, []).append((row.opens, row.closes))
    return found


def visits_outside(
    *, site: Site, hours: dict[int, list[tuple[dt.time, dt.time]]], now: dt.datetime
) -> list[tuple[int, dt.date, int]]:
    """Return the visits ahead that other opening hours would leave outside: id, day and minute, the next first."""
    rows = Session.objects.filter(site=site, state__in=MOVABLE, starts_at__gt=now).order_by("starts_at", "pk")
    ahead = list(rows.values_list("pk", "day", "minute", "starts_at", "ends_at"))
    if not ahead:
        return []
    masks = dict.fromkeys(range(1, 8), 0)
    for weekday, spans in hours.items():
        for opens, closes in spans:
            masks[weekday] |= span(opens, closes)
    beside = Hours(site, [], first=ahead[0][1], last=ahead[-1][1]).extra_of(0)
    found = []
    for pk, day, minute, starts_at, ends_at in ahead:
        length = int((ends_at - starts_at).total_seconds()) // 60
        wanted = span(dt.time(minute // 60, minute % 60), _time(minute + length))
        if wanted & ~(masks[day.isoweekday()] | beside.get(day.toordinal(), 0)):
            found.append((pk, day, minute))
    return found


def _time(minute: int) -> dt.time:
    minute = min(minute, local_time.MINUTES_A_DAY - 1)
    return dt.time(minute // 60, minute % 60)


def held_ahead(*, resource_id: int, now: dt.datetime) -> list[dt.datetime]:
    """Return when visits and meetings ahead hold a resource, the next first."""
    held = Reservation.objects.filter(resource=resource_id, is_active=True, ends_at__gt=now)
    return list(held.order_by("starts_at").values_list("starts_at", flat=True))


def closures_of(*, site: Site, now: dt.datetime) -> list[Closure]:
    """Return the times a site is closed from now on, the next first; their blocks are fetched."""
    return list(Closure.objects.filter(site=site, ends_at__gt=now).select_related("block").order_by("starts_at", "pk"))
