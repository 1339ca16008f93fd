"""A course under way as the pure planner sees it: what counts, where it stands, and what is free around it."""

import datetime as dt
from dataclasses import replace

from scheduling.domain import local_time
from scheduling.domain.ground import Ground
from scheduling.domain.living import Sitting, Under
from scheduling.domain.prescription import prescribed
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import DELIVERED, MOVABLE, OPEN
from scheduling.domain.wish import Wish
from scheduling.models import Course, Session
from scheduling.queries.availability import lanes_of
from scheduling.queries.definitions import definition_of
from scheduling.queries.life import around
from scheduling.queries.planning import HORIZON_SLACK_DAYS
from scheduling.wishes import read_wish

COUNTING = OPEN | DELIVERED


def definition_under(course: Course) -> ProtocolDefinition:
    """Return the protocol version of a course as it was prescribed."""
    wish = read_wish(course.wish) if course.wish else None
    definition = definition_of(course.protocol)
    return prescribed(definition, counts=wish.counts, per_week=wish.per_week) if wish else definition


def under_way(
    course: Course, *, now: dt.datetime, definition: ProtocolDefinition | None = None, series: str | None = None
) -> tuple[Under, Ground]:
    """Return a course and the ground around it, from today on; its own coming sessions count as free there.

    `definition`: lay the rest out by another protocol than the course's own.

    :raises CannotPlan: a flag or a payer stops the treatment.
    """
    definition = definition or definition_under(course)
    today, minute_now = local_time.wall(now, course.site.zone)
    rows = list(
        Session.objects.filter(course=course, state__in=COUNTING)
        .prefetch_related("reservations")
        .order_by("day", "minute")
    )
    wanted = definition.series[0] if series is None else series
    phases = {phase.name for phase in definition.phases if phase.series == wanted}
    sittings = tuple(
        Sitting(
            number=row.number,
            phase=row.phase,
            day=row.day,
            minute=row.minute,
            main=min(row.reservations.all(), key=lambda held: held.pk).resource_id,
            is_open=row.state in MOVABLE,
            visit_type=row.visit_type,
        )
        for row in rows
        if row.phase in phases
    )
    wish = read_wish(course.wish) if course.wish else None
    last = max((row.day for row in rows), default=today)
    # A course that has not begun does not begin sooner than was asked.
    begins = max(today, wish.start_on) if wish else today
    days = max((begins - today).days + definition.longest_days(), (last - today).days) + HORIZON_SLACK_DAYS
    person = around(
        patient_id=course.patient_id,
        definition=definition,
        first=today,
        days=days,
        zone=course.site.zone,
        course_id=course.pk,
    )
    kinds = definition.kinds() | ({"interpreter"} if person.interpreter else set())
    lanes, closures = lanes_of(site=course.site, kinds=kinds, first=today, days=days, without_course=course.pk)
    asked = Wish(
        protocol=definition,
        start_on=begins,
        preferred_minute=course.standing_minute,
        window=wish.window if wish else None,
        pins=wish.pins if wish else {},
        not_before=(today, minute_now),
        horizon_days=days - (begins - today).days,
        requires={kind: frozenset(having) for kind, having in wish.requires.items()} if wish else {},
        weekdays=frozenset(wish.weekdays) if wish and wish.weekdays else None,
        max_travel_days=wish.max_travel_days if wish else None,
        interpreter=person.interpreter,
    )
    began = sittings[0].day if sittings else today
    under = Under(asked, sittings, began, course.standing_minute, wanted)
    return under, Ground(lanes=lanes, zone=course.site.zone, life=person.life, closures=closures)


def later(under: Under, *, start_on: dt.date) -> Under:
    """Return a course under way that may use no day before one."""
    return replace(under, wish=replace(under.wish, start_on=max(under.wish.start_on, start_on)))
