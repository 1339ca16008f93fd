"""A week at one site: how full its devices are, and whose visits stand in it. A fixed number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from clinic.models import Site
from scheduling.domain import bitmap, local_time
from scheduling.domain.states import DELIVERED, CancelledBy, SessionState
from scheduling.models import Closure, Course, Outage, Reservation, Resource, Session
from scheduling.queries.courses import resources_with_column
from scheduling.queries.hours import Hours

DAYS = 7
NO_HOURS = "No opening hours"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of the week. Minutes are wall clock at the site; `resource_id`: the column it stands in."""

    session_id: int
    course_id: int
    patient_id: int
    version: int
    resource_id: int | None
    day: dt.date
    minute: int
    number: int
    state: SessionState
    is_confirmed: bool
    is_makeup: bool


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """A device on one day, in minutes: open, held by somebody, and where nobody is."""

    day: dt.date
    visits: int
    open: int
    used: int
    free: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A device, chair or room through the week."""

    resource_id: int
    name: str
    group: str
    days: tuple[DeviceDay, ...]


@dataclass(frozen=True, slots=True)
class CourseWeek:
    """A course with its visits of the week, in time order."""

    course_id: int
    patient_id: int
    last_name: str
    first_name: str
    tag: str
    delivered: int
    prescribed: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week; `closed` says why nobody comes, empty if the site is open."""

    day: dt.date
    closed: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, by device or by course."""

    days: tuple[Day, ...]
    devices: tuple[Device, ...] = ()
    courses: tuple[CourseWeek, ...] = ()


def week_by_device(*, site: Site, first: dt.date) -> Week:
    """Return how full each device is on each of seven days; seven statements."""
    ground = _Ground(site, first)
    rows = Reservation.objects.filter(
        resource__in=[resource.pk for resource in ground.columns],
        day_number__range=(first.toordinal(), ground.last.toordinal()),
        is_active=True,
    )
    taken: dict[tuple[int, int], int] = defaultdict(int)
    sessions: dict[tuple[int, int], set[int]] = defaultdict(set)
    for key_id, day, begin, end, session_id in rows.values_list(
        "resource_id", "day_number", "first_quantum", "end_quantum", "session_id"
    ):
        taken[key_id, day] |= bitmap.span(begin, end - begin)
        sessions[key_id, day].add(session_id)

    def on(resource: Resource, day: dt.date) -> DeviceDay:
        key = (resource.pk, day.toordinal())
        mask = ground.open_mask(resource.pk, day)
        free = mask & ~taken[key]
        quantum = local_time.QUANTUM
        return DeviceDay(
            day=day,
            visits=len(sessions[key]),
            open=mask.bit_count() * quantum,
            used=(mask & taken[key]).bit_count() * quantum,
            free=_stretches(free),
        )

    devices = (
        Device(resource.pk, resource.name, resource.group, tuple(on(resource, day.day) for day in ground.days))
        for resource in ground.columns
    )
    return Week(days=ground.days, devices=tuple(devices))


def week_by_course(*, site: Site, first: dt.date) -> Week:
    """Return every course with visits in seven days, by name, with how far it is; nine statements.

    What the clinic itself cancelled says nothing about a patient and is left out.
    """
    ground = _Ground(site, first)
    rows = (
        Session.objects.filter(site=site, day__range=(first, ground.last))
        .exclude(state=SessionState.ENTERED_IN_ERROR)
        .exclude(state=SessionState.CANCELLED, cancelled_by=CancelledBy.CLINIC)
        .select_related("patient")
        .defer("patient__search_text")
        .order_by("starts_at", "pk")
    )
    found: dict[int, list[Session]] = defaultdict(list)
    for session in rows:
        found[session.course_id].append(session)
    columns = _columns([session.pk for each in found.values() for session in each], ground.columns)
    courses = (
        Course.objects.filter(pk__in=found)
        .select_related("protocol")
        .defer("protocol__definition")
        .annotate(delivered=Count("sessions", filter=Q(sessions__state__in=DELIVERED, sessions__is_counted=True)))
    )

    def course_week(course: Course) -> CourseWeek:
        mine = found[course.pk]
        patient = mine[0].patient
        return CourseWeek(
            course_id=course.pk,
            patient_id=patient.pk,
            last_name=patient.last_name,
            first_name=patient.preferred_name or patient.first_name,
            tag=course.protocol.tag,
            delivered=course.delivered,  # type: ignore[attr-defined]
            prescribed=course.prescribed,
            visits=tuple(_visit(session, columns.get(session.pk)) for session in mine),
        )

    weeks = [course_week(course) for course in courses]
    weeks.sort(key=lambda each: (each.last_name.casefold(), each.first_name.casefold(), each.course_id))
    return Week(days=ground.days, courses=tuple(weeks))


class _Ground:
    """When a site and its columns are open in a week; six statements."""

    def __init__(self, site: Site, first: dt.date) -> None:
        self.last = first + dt.timedelta(days=DAYS - 1)
        self.columns = resources_with_column(site_id=site.pk)
        self._hours = Hours(site, self.columns, first=first, last=self.last)
        dates = [first + dt.timedelta(days=number) for number in range(DAYS)]
        since, until = local_time.day_bounds(first, site.zone)[0], local_time.day_bounds(self.last, site.zone)[1]
        during = {"starts_at__lt": until, "ends_at__gt": since}
        self._shut: dict[tuple[int | None, dt.date], int] = defaultdict(int)
        named: dict[dt.date, str] = {}
        for row in Closure.objects.filter(site=site, **during).order_by("starts_at"):
            for day in dates:
                mask = _within(row.starts_at, row.ends_at, day, site.zone)
                self._shut[None, day] |= mask
                if mask == bitmap.FULL_DAY:
                    named[day] = row.reason
        for out in Outage.objects.filter(resource__in=[each.pk for each in self.columns], **during):
            for day in dates:
                self._shut[out.resource_id, day] |= _within(out.starts_at, out.ends_at, day, site.zone)
        self.days = tuple(Day(day, named.get(day) or ("" if self._hours.of_site(day) else NO_HOURS)) for day in dates)

    def open_mask(self, resource_id: int, day: dt.date) -> int:
        """Return the quanta of a day in which a resource can be used."""
        return self._hours.of(resource_id, day) & ~self._shut[None, day] & ~self._shut[resource_id, day]


def _within(starts_at: dt.datetime, ends_at: dt.datetime, day: dt.date, zone: str) -> int:
    """Return the part of a day that lies between two instants, to the whole quantum around."""
    since, until = local_time.day_bounds(day, zone)
    if ends_at <= since or starts_at >= until:
        return 0
    first = local_time.wall(starts_at, zone)[1] // local_time.QUANTUM if starts_at > since else 0
    end = -(-local_time.wall(ends_at, zone)[1] // local_time.QUANTUM) if ends_at < until else local_time.QUANTA_A_DAY
    return bitmap.span(first, max(0, end - first))


def _stretches(mask: int) -> tuple[tuple[int, int], ...]:
    begins, ends = mask & ~(mask << 1), mask & ~(mask >> 1)
    runs = zip(bitmap.each(begins), bitmap.each(ends), strict=True)
    return tuple((first * local_time.QUANTUM, (last + 1) * local_time.QUANTUM) for first, last in runs)


def _columns(session_ids: Sequence[int], columns: Sequence[Resource]) -> dict[int, int]:
    """Return the column each visit stands in, what it holds now before what it held."""
    rows = Reservation.objects.filter(session__in=session_ids, resource__in=[each.pk for each in columns])
    found: dict[int, int] = {}
    for session_id, resource_id in rows.order_by("-is_active", "pk").values_list("session_id", "resource_id"):
        found.setdefault(session_id, resource_id)
    return found


def _visit(session: Session, resource_id: int | None) -> Visit:
    return Visit(
        session_id=session.pk,
        course_id=session.course_id,
        patient_id=session.patient_id,
        version=session.version,
        resource_id=resource_id,
        day=session.day,
        minute=session.minute,
        number=session.number,
        state=SessionState(session.state),
        is_confirmed=session.confirmed_at is not None,
        is_makeup=session.makeup_of_id is not None,
    )
