"""Everything a re-seating looks at, read at once for all the courses concerned: a fixed number of statements."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from clinic.models import Site
from patients import life as patient_life
from scheduling.domain import bitmap, local_time
from scheduling.domain.conflicts import PayerRules
from scheduling.domain.ground import Ground
from scheduling.domain.harm import Beside, Harm, harm_of
from scheduling.domain.living import Under
from scheduling.domain.options import Lane
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.reseat_options import Take
from scheduling.domain.states import DELIVERED, SessionState
from scheduling.errors import CannotPlan
from scheduling.models import Course, Session
from scheduling.queries import lists
from scheduling.queries.availability import lanes_of, mark, shut_times
from scheduling.queries.legality import series_of
from scheduling.queries.life import Lives
from scheduling.queries.living import Counted, counted_of, definition_under, under_of
from scheduling.queries.outages.blocking import Blocking

SLACK_DAYS = 28  # beyond the last visit: as far as a course is shifted
SCORES_DAYS = 60  # a score older than that says nothing about now; default


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a course with visits that have to go: what the planner sees of it, and who is meant.

    On `as_is` the visits that go count as gone, on `loose` those after them, too. `refused`: why nothing can be planned
    for the patient at all, in words.
    """

    course: Course
    definition: ProtocolDefinition
    under: Under
    sessions: Mapping[int, Session]  # by number
    going: tuple[Session, ...]
    delivered: dt.date | None
    severity: float | None
    as_is: Ground | None
    loose: Ground | None
    payer: PayerRules
    refused: str = ""

    def number_of(self, session: Session) -> int:
        """Return the number the planner knows a session by."""
        return next(number for number, row in self.sessions.items() if row.pk == session.pk)

    def harm_of(self, session: Session) -> Harm:
        """Return how much the course suffers if one of the visits that go falls out."""
        going = {row.pk for row in self.going}
        stays = [row.day for row in self.sessions.values() if row.pk not in going]
        beside = Beside(
            delivered=self.delivered,
            before=max((day for day in stays if day < session.day), default=None),
            after=min((day for day in stays if day > session.day), default=None),
            severity=self.severity,
        )
        return harm_of(self.definition, phase=session.phase, day=session.day, beside=beside)


def held_by(session: Session) -> tuple[Take, ...]:
    """Return what a stored session holds, as the solver sees it; its reservations must be fetched."""
    minutes = int((session.ends_at - session.starts_at).total_seconds() // 60)
    takes = [
        (held.resource_id, held.day_number, bitmap.span(held.first_quantum, held.end_quantum - held.first_quantum))
        for held in session.reservations.all()
        if held.is_active
    ]
    own = bitmap.span(session.minute // local_time.QUANTUM, minutes // local_time.QUANTUM)
    return (*takes, (-session.patient_id, session.day.toordinal(), own))


def series_going(
    site: Site, session_ids: Collection[int], *, now: dt.datetime, blocking: Blocking | None
) -> list[Series]:
    """Return the courses of some sessions that have to go, and the ground around each; `blocking`: still to come."""
    reader = _Reader(site, session_ids, now, blocking)
    return [reader.series(course, name) for course, name in reader.found]


class _Reader:
    def __init__(self, site: Site, session_ids: Collection[int], now: dt.datetime, blocking: Blocking | None) -> None:
        self.site, self.going, self.now = site, frozenset(session_ids), now
        self.today = local_time.today(now, site.zone)
        self.courses = _courses(self.going)
        self.definitions = {course.pk: definition_under(course) for course in self.courses}
        self.rows = self._rows()
        self.found = [key for key, rows in self.rows.items() if any(row.pk in self.going for row in rows)]
        last = max((row.day for rows in self.rows.values() for row in rows), default=self.today)
        self.days = max(0, (last - self.today).days) + SLACK_DAYS
        self.lanes, self.closures = self._lanes(blocking)
        self.shut = shut_times(site=site, first=self.today, days=self.days)
        if blocking is not None and blocking.is_whole_site:
            mark(self.shut, blocking.starts_at, blocking.ends_at, site.zone)
        patients = {course.patient_id for course in self.courses}
        self.lives = Lives(patients, first=self.today, days=self.days, zone=site.zone)
        since = self.today - dt.timedelta(days=SCORES_DAYS)
        self.severities = patient_life.severities_of(patient_ids=patients, since=since)
        self.frozen: dict[int, dt.date | None] = {}

    def _rows(self) -> dict[tuple[Course, str], list[Session]]:
        """Return the counted sessions by course and series, in order; three statements."""
        by_id = {course.pk: course for course in self.courses}
        found: dict[tuple[Course, str], list[Session]] = defaultdict(list)
        rows = Session.objects.filter(course__in=by_id, is_counted=True).prefetch_related("reservations__resource")
        for row in rows.order_by("course_id", "day", "minute"):
            row.course = by_id[row.course_id]
            found[row.course, series_of(self.definitions[row.course_id], row.phase)].append(row)
        return dict(found)

    def _lanes(self, blocking: Blocking | None) -> tuple[list[Lane], Mapping[dt.date, str]]:
        """Return what is free at the site if all that have to go were gone, read once for everybody."""
        kinds = {kind for definition in self.definitions.values() for kind in definition.kinds()}
        kinds |= {"interpreter"} if any(course.patient.interpreter for course in self.courses) else set()
        lanes, closures = lanes_of(site=self.site, kinds=kinds, first=self.today, days=self.days, movable=self.going)
        return (lanes if blocking is None else [_cut(lane, blocking) for lane in lanes]), closures

    def series(self, course: Course, name: str) -> Series:
        """Return one series of a course."""
        definition = self.definitions[course.pk]
        rows = self.rows[course, name]
        found = counted_of(rows, definition, now=self.now)
        under = under_of(
            course, definition, name, found, days=self.days, now=self.now, frozen=self._frozen(course, definition)
        )
        going = tuple(row for row in rows if row.pk in self.going)
        as_is, loose, refused = self._grounds(course, definition, found, rows, going)
        return Series(
            course=course,
            definition=definition,
            under=under,
            sessions={row.number: row for row in rows},
            going=going,
            delivered=max((row.day for row in rows if row.state in DELIVERED), default=None),
            severity=self.severities.get(course.patient_id),
            as_is=as_is,
            loose=loose,
            payer=self.lives.payer_rules_of(course.patient_id),
            refused=refused,
        )

    def _frozen(self, course: Course, definition: ProtocolDefinition) -> dt.date | None:
        if course.protocol_id not in self.frozen:
            found = lists.frozen_through(site=self.site, definition=definition, now=self.now)
            self.frozen[course.protocol_id] = found
        return self.frozen[course.protocol_id]

    def _grounds(
        self,
        course: Course,
        definition: ProtocolDefinition,
        found: Counted,
        rows: Sequence[Session],
        going: Sequence[Session],
    ) -> tuple[Ground | None, Ground | None, str]:
        ids = {row.pk for row in going}
        later = [row for row in rows if row.pk in found.movable and row.pk not in ids]
        try:
            life, without = (
                self.lives.around(
                    patient_id=course.patient_id, course_id=course.pk, definition=definition, movable=movable
                )
                for movable in (ids, ids | set(found.movable))
            )
        except CannotPlan as refusal:
            return None, None, str(refusal)
        zone = self.site.zone
        as_is = Ground(self.lanes, zone, life=life, closures=self.closures, shut=self.shut)
        loose = replace(as_is, lanes=_without(self.lanes, later), life=without)
        return as_is, loose, ""


def _courses(session_ids: Collection[int]) -> list[Course]:
    """Return the courses of some sessions; one statement."""
    rows = Course.objects.filter(sessions__in=session_ids).distinct()
    return list(rows.select_related("site", "patient", "protocol").order_by("pk"))


def _cut(lane: Lane, blocking: Blocking) -> Lane:
    """Return a lane without the time that is to be blocked."""
    if not blocking.is_whole_site and lane.id not in blocking.resource_ids:
        return lane
    out: dict[int, int] = {}
    mark(out, blocking.starts_at, blocking.ends_at, blocking.site.zone)
    hours = {day: left for day, mask in lane.hours.items() if (left := mask & ~out.get(day, 0))}
    return replace(lane, free={day: lane.free[day] & mask for day, mask in hours.items()}, hours=hours)


def _without(lanes: Sequence[Lane], rows: Sequence[Session]) -> list[Lane]:
    """Return lanes on which some sessions are gone; what is blocked stays blocked."""
    given: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        if row.state in (SessionState.BOOKED, SessionState.HELD):
            for lane_id, day, mask in held_by(row):
                given[lane_id][day] = given[lane_id].get(day, 0) | mask
    return [
        replace(
            lane,
            free={day: mask | given[lane.id].get(day, 0) & lane.hours.get(day, 0) for day, mask in lane.free.items()},
        )
        if lane.id in given
        else lane
        for lane in lanes
    ]
