"""What the planner needs to know about a site: its lanes as bitmaps, its closures, the patient's own visits."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Aggregate, ExpressionWrapper, F, IntegerField, JSONField

from clinic.models import OpeningHours, Site
from scheduling.domain import local_time
from scheduling.domain.planner import Infeasible, Lane, Plan, Wish, plan_course
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.protocol_form import parse_protocol
from scheduling.errors import CannotPlan, NotFound, Rejected
from scheduling.models import Closure, Outage, Protocol, Reservation, Resource, ResourceHours, Session

HORIZON_SLACK_DAYS = 45
FARTHEST_START_DAYS = 366
FULL_DAY = (1 << local_time.QUANTA_A_DAY) - 1


@dataclass(frozen=True, slots=True)
class CourseWish:
    """What the desk asks for. Minutes are wall-clock minutes after midnight at the site."""

    patient_id: int
    protocol_code: str
    start_on: dt.date
    preferred_minute: int | None = None
    window: tuple[int, int] | None = None
    pins: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan with everything needed to book exactly it."""

    site: Site
    protocol: Protocol
    definition: ProtocolDefinition
    wish: CourseWish
    plan: Plan


def current_protocols() -> list[Protocol]:
    """Return the protocols that can be booked, by name."""
    return list(Protocol.objects.filter(is_current=True).order_by("name"))


def current_protocol(code: str) -> Protocol:
    """Return the version of a protocol that new courses are built from.

    :raises NotFound: there is none of that code.
    """
    found = Protocol.objects.filter(code=code, is_current=True).first()
    if found is None:
        raise NotFound(f"There is no protocol {code}.", fields={"protocol": "unknown"})
    return found


def propose_course(*, site: Site, wish: CourseWish, now: dt.datetime) -> Proposal:
    """Return the best plan for a wish; writes nothing.

    :raises NotFound: the protocol or a pinned resource is unknown.
    :raises Rejected: the start is in the past, too far off, on a closed day, or at a time that does not exist.
    :raises CannotPlan: no plan keeps every rule.
    """
    protocol = current_protocol(wish.protocol_code)
    definition = parse_protocol(protocol.definition)
    today, minute_now = local_time.wall(now, site.zone)
    _check_start(wish, today=today, zone=site.zone)
    kinds = definition.kinds()
    days = definition.longest_days() + HORIZON_SLACK_DAYS
    lanes, closures = lanes_of(site=site, kinds=kinds, first=wish.start_on, days=days)
    _check_open(wish.start_on, closures, lanes)
    _check_pins(wish, lanes)
    try:
        plan = plan_course(
            Wish(
                protocol=definition,
                start_on=wish.start_on,
                preferred_minute=wish.preferred_minute,
                window=wish.window,
                pins=wish.pins,
                not_before=(today, minute_now),
                horizon_days=days,
            ),
            lanes=lanes,
            patient_busy=busy_of_patient(patient_id=wish.patient_id, first=wish.start_on, days=days, zone=site.zone),
            closures=closures,
            zone=site.zone,
        )
    except Infeasible as refusal:
        raise CannotPlan(str(refusal), code=refusal.code) from refusal
    return Proposal(site=site, protocol=protocol, definition=definition, wish=wish, plan=plan)


def _check_start(wish: CourseWish, *, today: dt.date, zone: str) -> None:
    if wish.start_on < today:
        raise Rejected(
            f"{local_time.day_text(wish.start_on)} has passed. Start today or later.",
            code="start_in_past",
            fields={"start_on": "past"},
        )
    if (wish.start_on - today).days > FARTHEST_START_DAYS:
        raise Rejected("Start within a year from today.", code="start_too_far", fields={"start_on": "too far"})
    if wish.preferred_minute is not None:
        try:
            local_time.to_utc(wish.start_on, wish.preferred_minute, zone)
        except local_time.LocalTimeError as error:
            raise Rejected(str(error), code="no_such_time", fields={"preferred_time": "no such time"}) from error


def _check_open(start_on: dt.date, closures: Mapping[dt.date, str], lanes: Sequence[Lane]) -> None:
    if name := closures.get(start_on):
        raise Rejected(
            f"The clinic is closed on {local_time.day_text(start_on)}: {name}. Start on another day.",
            code="closed_day",
            fields={"start_on": "closed"},
        )
    if lanes and not any(start_on.toordinal() in lane.free for lane in lanes):
        raise Rejected(
            f"The clinic is closed on {local_time.day_text(start_on)}. Start on another day.",
            code="closed_day",
            fields={"start_on": "closed"},
        )


def _check_pins(wish: CourseWish, lanes: Sequence[Lane]) -> None:
    known = {(lane.kind, lane.id) for lane in lanes}
    if any(pin not in known for pin in wish.pins.items()):
        raise NotFound("There is no such device at this site.", fields={"pins": "unknown"})


def lanes_of(*, site: Site, kinds: Iterable[str], first: dt.date, days: int) -> tuple[list[Lane], dict[dt.date, str]]:
    """Return each resource's free time as bitmaps, and the days on which the whole site is closed, with the reason."""
    resources = list(
        Resource.objects.filter(site=site, kind__in=list(kinds), is_active=True).order_by("position", "pk")
    )
    calendar = [first + dt.timedelta(days=offset) for offset in range(days + 1)]
    shut, closures = _closed(site, calendar)
    weekly = resource_hours(site, resources)
    out = _outages(resources, calendar, site.zone)
    busy = _busy([resource.pk for resource in resources], calendar)
    days_open = [(day.toordinal(), day.isoweekday(), ~shut.get(day.toordinal(), 0)) for day in calendar]
    lanes = []
    for resource in resources:
        hours, away, taken = weekly[resource.pk], out.get(resource.pk, {}), busy.get(resource.pk, {})
        free: dict[int, int] = {}
        for number, weekday, not_shut in days_open:
            mask = hours.get(weekday, 0) & not_shut & ~away.get(number, 0)
            # A day on which the place is open but booked out stays in the map, as 0: full is not closed.
            if mask:
                free[number] = mask & ~taken.get(number, 0)
        lanes.append(
            Lane(
                id=resource.pk,
                kind=resource.kind,
                name=resource.name,
                capabilities=frozenset(resource.capabilities),
                free=free,
            )
        )
    return lanes, closures


def busy_of_patient(*, patient_id: int, first: dt.date, days: int, zone: str) -> dict[int, int]:
    """Return the patient's other visits as bitmaps of busy quanta, by day."""
    spans = Session.objects.filter(
        patient_id=patient_id, is_active=True, day__gte=first, day__lte=first + dt.timedelta(days=days)
    ).values_list("starts_at", "ends_at")
    busy: dict[int, int] = defaultdict(int)
    for starts_at, ends_at in spans:
        _mark(busy, starts_at, ends_at, zone)
    return dict(busy)


def site_hours(site: Site) -> dict[int, int]:
    """Return the site's opening hours as one bitmap a weekday (ISO)."""
    hours: dict[int, int] = defaultdict(int)
    for weekday, opens, closes in OpeningHours.objects.filter(site=site).values_list("weekday", "opens", "closes"):
        hours[weekday] |= _span_mask(opens, closes)
    return dict(hours)


def resource_hours(site: Site, resources: Sequence[Resource]) -> dict[int, dict[int, int]]:
    """Return each resource's own weekly bitmaps, cut to the house's hours; without own hours it keeps the house's."""
    default = site_hours(site)
    own: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = ResourceHours.objects.filter(resource__in=[resource.pk for resource in resources])
    for resource_id, weekday, opens, closes in rows.values_list("resource_id", "weekday", "opens", "closes"):
        own[resource_id][weekday] |= _span_mask(opens, closes)
    return {
        resource.pk: {day: mask & default.get(day, 0) for day, mask in own[resource.pk].items()}
        if resource.pk in own
        else default
        for resource in resources
    }


def _closed(site: Site, calendar: Sequence[dt.date]) -> tuple[dict[int, int], dict[dt.date, str]]:
    since, until = _bounds(calendar, site.zone)
    shut: dict[int, int] = defaultdict(int)
    reasons: dict[dt.date, str] = {}
    for closure in Closure.objects.filter(site=site, starts_at__lt=until, ends_at__gt=since).order_by("starts_at"):
        for number in _mark(shut, closure.starts_at, closure.ends_at, site.zone):
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
        _mark(out[outage.resource_id], outage.starts_at, outage.ends_at, zone)
    return out


class _Numbers(Aggregate):
    """The numbers of a group as one list.

    A row fetched costs more than a number parsed, above all on SQLite: it lets go of the interpreter lock at each row.
    """

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_AGG", **more)


def _busy(resource_ids: Sequence[int], calendar: Sequence[dt.date]) -> dict[int, dict[int, int]]:
    start, end = calendar[0].toordinal(), calendar[-1].toordinal()
    # A reservation as one number: the day since the first, then 9 bits each for its first and its end quantum.
    packed = (F("day_number") - start) * (1 << 18) + F("first_quantum") * (1 << 9) + F("end_quantum")
    rows = (
        Reservation.objects.filter(
            resource_id__in=resource_ids, is_active=True, day_number__gte=start, day_number__lte=end
        )
        .values("resource_id")
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


def _mark(masks: dict[int, int], starts_at: dt.datetime, ends_at: dt.datetime, zone: str) -> list[int]:
    """Set the quanta of [starts_at, ends_at) day by day, rounded outward, and return the days touched."""
    day, minute = local_time.wall(starts_at, zone)
    last_day, last_minute = local_time.wall(ends_at, zone)
    touched = []
    while day <= last_day:
        until = last_minute if day == last_day else 24 * 60
        first, end = minute // local_time.QUANTUM, -(-until // local_time.QUANTUM)
        if end > first:
            masks[day.toordinal()] |= (1 << end) - (1 << first)
            touched.append(day.toordinal())
        day, minute = day + dt.timedelta(days=1), 0
    return touched


def _span_mask(opens: dt.time, closes: dt.time) -> int:
    first = -(-(opens.hour * 60 + opens.minute) // local_time.QUANTUM)
    end = (closes.hour * 60 + closes.minute) // local_time.QUANTUM
    return (1 << end) - (1 << first)


def _bounds(calendar: Sequence[dt.date], zone: str) -> tuple[dt.datetime, dt.datetime]:
    return local_time.day_bounds(calendar[0], zone)[0], local_time.day_bounds(calendar[-1], zone)[1]


def next_open_day(*, site: Site, after: dt.date) -> dt.date:
    """Return the first day after `after` on which the site is open; two weeks are looked at."""
    hours = site_hours(site)
    calendar = [after + dt.timedelta(days=offset) for offset in range(1, 15)]
    _shut, closures = _closed(site, calendar)
    return next((day for day in calendar if hours.get(day.isoweekday()) and day not in closures), calendar[0])
