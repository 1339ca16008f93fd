"""What is free at a site: each resource's hours, outages and reservations as bitmaps, and the days it is closed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Aggregate, ExpressionWrapper, F, IntegerField, JSONField

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.options import Lane
from scheduling.models import Closure, GroupMeeting, Outage, Reservation, Resource
from scheduling.queries.hours import Hours

FULL_DAY = (1 << local_time.QUANTA_A_DAY) - 1


def lanes_of(
    *, site: Site, kinds: Iterable[str], first: dt.date, days: int, movable: Collection[int] = ()
) -> tuple[list[Lane], dict[dt.date, str]]:
    """Return each resource's free time as bitmaps, and the days on which the whole site is closed, with the reason.

    `movable`: what these sessions hold counts as free, so that they can be laid out anew.
    """
    resources = list(
        Resource.objects.filter(site=site, kind__in=list(kinds), is_active=True).order_by("position", "pk")
    )
    calendar = [first + dt.timedelta(days=offset) for offset in range(days + 1)]
    shut, closures = _closed(site, calendar)
    hours_then = Hours(site, resources, first=first, last=calendar[-1])
    out = _outages(resources, calendar, site.zone)
    busy = _busy([resource.pk for resource in resources], calendar, movable)
    meetings = _meetings(resources, calendar)
    days_open = [(day.toordinal(), day.isoweekday(), ~shut.get(day.toordinal(), 0)) for day in calendar]
    lanes = []
    for resource in resources:
        weekdays, extra = hours_then.weekly_of(resource.pk), hours_then.extra_of(resource.pk)
        away, taken = out.get(resource.pk, {}), busy.get(resource.pk, {})
        met = meetings.get(resource.closed_group_id)
        free: dict[int, int] = {}
        hours: dict[int, int] = {}
        for number, weekday, not_shut in days_open:
            open_then = weekdays.get(weekday, 0) | extra.get(number, 0) if met is None else met.get(number, 0)
            mask = open_then & not_shut & ~away.get(number, 0)
            # A day on which the place is open but booked out stays in the map, as 0: full is not closed.
            if mask:
                hours[number] = mask
                free[number] = mask & ~taken.get(number, 0)
        lanes.append(
            Lane(
                id=resource.pk,
                kind=resource.kind,
                name=resource.name,
                capabilities=frozenset(resource.capabilities),
                free=free,
                hours=hours,
            )
        )
    return lanes, closures


def _closed(site: Site, calendar: Sequence[dt.date]) -> tuple[dict[int, int], dict[dt.date, str]]:
    since, until = _bounds(calendar, site.zone)
    shut: dict[int, int] = defaultdict(int)
    reasons: dict[dt.date, str] = {}
    for closure in Closure.objects.filter(site=site, starts_at__lt=until, ends_at__gt=since).order_by("starts_at"):
        for number in mark(shut, closure.starts_at, closure.ends_at, site.zone):
            if shut[number] == FULL_DAY:
                reasons[dt.date.fromordinal(number)] = closure.reason
    return shut, reasons


def _outages(resources: Sequence[Resource], calendar: Sequence[dt.date], zone: str) -> dict[int, dict[int, int]]:
    since, until = _bounds(calendar, zone)
    out: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = Outage.objects.filter(
        resource__in=[resource.pk for resource in resources], starts_at__lt=until, ends_at__gt=since
    )
    for outage in rows:
        mark(out[outage.resource_id], outage.starts_at, outage.ends_at, zone)
    return out


class _Numbers(Aggregate):
    """The numbers of a group as one list.

    A row fetched costs more than a number parsed, above all on SQLite: it lets go of the interpreter lock at each row.
    """

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_AGG", **more)


def _meetings(resources: Sequence[Resource], calendar: Sequence[dt.date]) -> dict[int | None, dict[int, int]]:
    """Return when each closed group meets, by day; its places are free only then."""
    groups = {resource.closed_group_id for resource in resources} - {None}
    found: dict[int | None, dict[int, int]] = {group: {} for group in groups}
    if groups:
        rows = GroupMeeting.objects.filter(group__in=groups, day__gte=calendar[0], day__lte=calendar[-1])
        for group, day, minute, minutes in rows.values_list("group_id", "day", "minute", "minutes"):
            first, length = minute // local_time.QUANTUM, minutes // local_time.QUANTUM
            found[group][day.toordinal()] = ((1 << length) - 1) << first
    return found


def _busy(
    resource_ids: Sequence[int], calendar: Sequence[dt.date], movable: Collection[int]
) -> dict[int, dict[int, int]]:
    start, end = calendar[0].toordinal(), calendar[-1].toordinal()
    # A reservation as one number: the day since the first, then 9 bits each for its first and its end quantum.
    packed = (F("day_number") - start) * (1 << 18) + F("first_quantum") * (1 << 9) + F("end_quantum")
    held = Reservation.objects.filter(
        resource_id__in=resource_ids, is_active=True, day_number__gte=start, day_number__lte=end
    )
    if movable:
        held = held.exclude(session__in=movable)
    rows = (
        held.values("resource_id")
        .annotate(spans=_Numbers(ExpressionWrapper(packed, IntegerField())))
        .values_list("resource_id", "spans")
    )
    busy: dict[int, dict[int, int]] = {resource_id: {} for resource_id in resource_ids}
    for resource_id, spans in rows:
        taken = busy[resource_id]
        for span in spans:
            day = start + (span >> 18)
            taken[day] = taken.get(day, 0) | ((1 << (span & 511)) - (1 << (span >> 9 & 511)))
    return busy


def mark(masks: dict[int, int], starts_at: dt.datetime, ends_at: dt.datetime, zone: str) -> list[int]:
    """Set the quanta of [starts_at, ends_at) day by day, rounded outward, and return the days touched."""
    day, minute = local_time.wall(starts_at, zone)
    last_day, last_minute = local_time.wall(ends_at, zone)
    touched = []
    while day <= last_day:
        until = last_minute if day == last_day else 24 * 60
        first, end = minute // local_time.QUANTUM, -(-until // local_time.QUANTUM)
        if end > first:
            masks[day.toordinal()] = masks.get(day.toordinal(), 0) | (1 << end) - (1 << first)
            touched.append(day.toordinal())
        day, minute = day + dt.timedelta(days=1), 0
    return touched


def _bounds(calendar: Sequence[dt.date], zone: str) -> tuple[dt.datetime, dt.datetime]:
    return local_time.day_bounds(calendar[0], zone)[0], local_time.day_bounds(calendar[-1], zone)[1]


def next_open_day(*, site: Site, after: dt.date) -> dt.date:
    """Return the first day after `after` on which the site is open; two weeks are looked at."""
    calendar = [after + dt.timedelta(days=offset) for offset in range(1, 15)]
    hours = Hours(site, [], first=calendar[0], last=calendar[-1])
    shut, _closures = _closed(site, calendar)
    return next((day for day in calendar if hours.of_site(day) & ~shut.get(day.toordinal(), 0)), calendar[0])


def opens_at(*, site: Site, day: dt.date) -> int:
    """Return the minute at which a site opens on a day, closures left aside; 0 if it does not."""
    mask = Hours(site, [], first=day, last=day).of_site(day)
    return ((mask & -mask).bit_length() - 1) * local_time.QUANTUM if mask else 0


def closed_days(*, site: Site, first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """Return the days between two, both in, on which the whole site is closed, with the reason."""
    return _closed(site, [first + dt.timedelta(days=offset) for offset in range((last - first).days + 1)])[1]


def shut_times(*, site: Site, first: dt.date, days: int) -> dict[int, int]:
    """Return the quanta in which closures shut a site, by day (ordinal); one statement."""
    return dict(_closed(site, [first + dt.timedelta(days=offset) for offset in range(days + 1)])[0])


def is_open_on(*, site: Site, day: dt.date) -> bool:
    """Tell whether a site has hours on a day, closures left aside."""
    return bool(Hours(site, [], first=day, last=day).of_site(day))
