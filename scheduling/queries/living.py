"""A course under way as the pure planner sees it: what counts, where it stands, and what is free around it."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from scheduling.domain import local_time
from scheduling.domain.ground import Ground
from scheduling.domain.living import Sitting, Under
from scheduling.domain.prescription import prescribed
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import MOVABLE
from scheduling.domain.wish import Wish
from scheduling.models import Course, Session
from scheduling.queries import lists
from scheduling.queries.availability import lanes_of, shut_times
from scheduling.queries.definitions import definition_of
from scheduling.queries.life import around
from scheduling.queries.planning import HORIZON_SLACK_DAYS
from scheduling.wishes import read_wish


def definition_under(course: Course) -> ProtocolDefinition:
    """Return the protocol version of a course as it was prescribed."""
    wish = read_wish(course.wish) if course.wish else None
    definition = definition_of(course.protocol)
    return prescribed(definition, counts=wish.counts, per_week=wish.per_week) if wish else definition


@dataclass(frozen=True, slots=True)
class Counted:
    """The counted sessions of one series of a course: as the planner sees them, and the ids of those that may move."""

    sittings: tuple[Sitting, ...]
    movable: tuple[int, ...]


def counted(course: Course, definition: ProtocolDefinition, series: str, *, now: dt.datetime) -> Counted:
    """Return the counted sessions of one series of a course, in order; two statements and a third for resources."""
    phases = {phase.name for phase in definition.phases if phase.series == series}
    rows = Session.objects.filter(course=course, is_counted=True, phase__in=phases)
    return counted_of(
        list(rows.prefetch_related("reservations__resource").order_by("day", "minute")), definition, now=now
    )


def counted_of(rows: Sequence[Session], definition: ProtocolDefinition, *, now: dt.datetime) -> Counted:
    """Return counted sessions of one series, in order, as the planner sees them; what they hold must be fetched."""
    may_move = [row.state in MOVABLE and row.starts_at > now for row in rows]
    return Counted(
        sittings=tuple(
            Sitting(
                number=row.number,
                phase=row.phase,
                day=row.day,
                minute=row.minute,
                main=_main(row, definition),
                is_open=is_open,
                visit_type=row.visit_type,
            )
            for row, is_open in zip(rows, may_move, strict=True)
        ),
        movable=tuple(row.pk for row, is_open in zip(rows, may_move, strict=True) if is_open),
    )


def _main(row: Session, definition: ProtocolDefinition) -> int:
    """Return the main resource of a session: the first thing its visit needs."""
    visit = definition.visit_types.get(row.visit_type)
    kind = visit.steps[0].needs[0].kind if visit else ""
    held = sorted((each for each in row.reservations.all() if each.is_active), key=lambda each: each.pk)
    return next((each.resource_id for each in held if each.resource.kind == kind), held[0].resource_id if held else 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """One series of a course as it stands now: what the planner is asked about, and the ground to ask it on."""

    course: Course
    definition: ProtocolDefinition
    under: Under
    found: Counted
    days: int
    now: dt.datetime

    def ground(self, movable: Collection[int] | None = None) -> Ground:
        """Return what is free around the course; of its own sessions only the `movable` count as free, or all that may.

        :raises CannotPlan: a flag or a payer stops the treatment.
        """
        free = self.found.movable if movable is None else movable
        return ground_of(self.course, self.definition, days=self.days, movable=free, now=self.now)


def standing_of(
    course: Course, *, now: dt.datetime, definition: ProtocolDefinition | None = None, series: str | None = None
) -> Standing:
    """Return where one series of a course stands, the first one unless another is named.

    `definition`: lay the rest out by another protocol than the course's own.
    """
    definition = definition or definition_under(course)
    wanted = definition.series[0] if series is None else series
    found = counted(course, definition, wanted, now=now)
    days = _days(course, definition, found, now)
    frozen = lists.frozen_through(site=course.site, definition=definition, now=now)
    under = under_of(course, definition, wanted, found, days=days, now=now, frozen=frozen)
    return Standing(course, definition, under, found, days, now)


def under_way(
    course: Course, *, now: dt.datetime, definition: ProtocolDefinition | None = None, series: str | None = None
) -> tuple[Under, Ground]:
    """Return a course and the ground around it, from today on; its own coming sessions count as free there.

    :raises CannotPlan: a flag or a payer stops the treatment.
    """
    standing = standing_of(course, now=now, definition=definition, series=series)
    return standing.under, standing.ground()


def ground_of(
    course: Course, definition: ProtocolDefinition, *, days: int, movable: Collection[int], now: dt.datetime
) -> Ground:
    """Return what is free around a course for so many days; of its own sessions only the `movable` count as free.

    :raises CannotPlan: a flag or a payer stops the treatment.
    """
    today = local_time.today(now, course.site.zone)
    person = around(
        patient_id=course.patient_id,
        definition=definition,
        first=today,
        days=days,
        zone=course.site.zone,
        course_id=course.pk,
        movable=movable,
    )
    kinds = definition.kinds() | ({"interpreter"} if person.interpreter else set())
    lanes, closures = lanes_of(site=course.site, kinds=kinds, first=today, days=days, movable=movable)
    shut = shut_times(site=course.site, first=today, days=days)
    return Ground(lanes=lanes, zone=course.site.zone, life=person.life, closures=closures, shut=shut)


def _days(course: Course, definition: ProtocolDefinition, found: Counted, now: dt.datetime) -> int:
    today = local_time.today(now, course.site.zone)
    last = max((sitting.day for sitting in found.sittings), default=today)
    begins = _begins(course, today)
    return max((begins - today).days + definition.longest_days(), (last - today).days) + HORIZON_SLACK_DAYS


def _begins(course: Course, today: dt.date, frozen: dt.date | None = None) -> dt.date:
    """Return the first day a change may use: a course that has not begun does not begin sooner than was asked.

    What is laid out anew leaves a list alone that has gone out.
    """
    first = frozen + dt.timedelta(days=1) if frozen else today
    return max(first, read_wish(course.wish).start_on) if course.wish else first


def under_of(
    course: Course,
    definition: ProtocolDefinition,
    series: str,
    found: Counted,
    *,
    days: int,
    now: dt.datetime,
    frozen: dt.date | None,
) -> Under:
    """Return one series of a course under way, to be laid out on so many days from today on.

    `frozen`: the last day whose list has gone out. Site and patient must be fetched.
    """
    today, minute_now = local_time.wall(now, course.site.zone)
    begins = _begins(course, today, frozen)
    wish = read_wish(course.wish) if course.wish else None
    asked = Wish(
        protocol=definition,
        start_on=begins,
        preferred_minute=wish.preferred_minute if wish and wish.is_any_time else course.standing_minute,
        window=wish.window if wish else None,
        pins=wish.pins if wish else {},
        not_before=(today, minute_now),
        horizon_days=days - (begins - today).days,
        requires={kind: frozenset(having) for kind, having in wish.requires.items()} if wish else {},
        weekdays=frozenset(wish.weekdays) if wish and wish.weekdays else None,
        max_travel_days=wish.max_travel_days if wish else None,
        is_any_time=bool(wish and wish.is_any_time),
        interpreter=course.patient.interpreter,
        frozen_through=frozen,
    )
    began = found.sittings[0].day if found.sittings else today
    return Under(asked, found.sittings, began, course.standing_minute, series)


def later(under: Under, *, start_on: dt.date) -> Under:
    """Return a course under way that may use no day before one."""
    return replace(under, wish=replace(under.wish, start_on=max(under.wish.start_on, start_on)))
