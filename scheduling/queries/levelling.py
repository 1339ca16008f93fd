"""What levelling the future looks at: sessions nobody has put a hand on since they were booked, and where they may go.

Whether anybody was told is not known here: who asks passes it in (`told`).
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from clinic.models import Site
from scheduling.domain import bitmap
from scheduling.domain.costs import NEAR_QUANTA
from scheduling.domain.ground import Ground, day_book
from scheduling.domain.levelling import Levelling, level
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.opening import Rigid, Seated, Way, Ways, price, roomy
from scheduling.domain.operations import ProposalState
from scheduling.domain.options import Lane, uses_of
from scheduling.domain.placing import HALF_HOUR
from scheduling.domain.protocol import ProtocolDefinition, VisitType
from scheduling.domain.states import CourseState, SessionState
from scheduling.domain.wish import Wish
from scheduling.errors import CannotPlan
from scheduling.models import Course, LevelProposal, Prerequisite, Protocol, Reservation, Session
from scheduling.queries.availability import lanes_of
from scheduling.queries.definitions import definition_of, definitions_of
from scheduling.queries.life import Lives
from scheduling.wishes import read_wish

WINDOW_DAYS = 28
DISMISSED_FOR = dt.timedelta(days=28)  # what a manager did not want is not proposed again at once
RIGID_MINUTES, RIGID_NEEDS = 60, 3  # a first visit as long as this, or with as many needs, is rigid
Told = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class Row:
    """One session that may move: what it is, where it stands, and its course as it was read."""

    seated: Seated
    version: int
    number: int
    minute: int
    main: int
    device: str
    visit_type: str
    phase: str
    course: Course
    definition: ProtocolDefinition


class _Held(NamedTuple):
    """What a session holds; in the order they are read."""

    resource_id: int
    kind: str
    name: str
    first_quantum: int
    end_quantum: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for a site: the moves worth proposing, the sessions they are about, and the rigid visits."""

    levelling: Levelling
    rows: dict[int, Row]
    rigids: tuple[Rigid, ...]


def look(*, site: Site, since: dt.date, told: Told, now: dt.datetime) -> Look | None:
    """Return what would make room in the four weeks from a day on, or None if nothing clearly does.

    A session may move if it is booked, nobody was told about it, nobody moved or confirmed it since it was booked, no
    ride or escort was named for it, and its course goes on. Statements do not depend on how much there is.
    """
    rows = _movable(site, since, told, now)
    rigids = _rigids(site)
    if not rows or not rigids:
        return None
    kinds = {kind for row in rows.values() for kind in row.definition.kinds()} | {"interpreter"}
    kinds |= {use.kind for rigid in rigids for use in uses_of(rigid.visit)}
    lanes, _closures = lanes_of(site=site, kinds=kinds, first=since, days=WINDOW_DAYS - 1)
    first = since.toordinal()
    found = level(
        days=range(first, first + WINDOW_DAYS),
        lanes=lanes,
        zone=site.zone,
        seated=[row.seated for row in rows.values()],
        rigids=rigids,
        ways_of=_Ways(site, since, lanes, rows).of,
    )
    return Look(found, rows, rigids) if found else None


def proposals(*, site_ids: Sequence[int], state: ProposalState | None = None) -> QuerySet[LevelProposal]:
    """Return the proposals of some sites, newest first; site and who decided fetched."""
    rows = LevelProposal.objects.filter(site_id__in=site_ids).select_related("site", "decided_by").order_by("-pk")
    return rows.filter(state=state) if state else rows


def _movable(site: Site, since: dt.date, told: Told, now: dt.datetime) -> dict[int, Row]:
    """Return the sessions that may move, by id."""
    last = since + dt.timedelta(days=WINDOW_DAYS - 1)
    sessions = list(untouched().filter(site=site, day__gte=since, day__lte=last, starts_at__gt=now).order_by("pk"))
    heard = set(told([session.pk for session in sessions])) | _dismissed(site, now)
    definitions = definitions_of(session.course.protocol_id for session in sessions)
    held = _held(site, since, last)
    of_day = Counter((session.course_id, session.day) for session in sessions)
    found = {}
    for session in sessions:
        definition = definitions[session.course.protocol_id]
        is_alone = of_day[session.course_id, session.day] == 1  # visits of one day belong together
        if session.pk not in heard and is_alone and _may_go(session, definition) and held.get(session.pk):
            found[session.pk] = _row(session, definition, held[session.pk])
    return found


def untouched() -> QuerySet[Session]:
    """Return the booked sessions that are as they were booked: not moved, not confirmed, no make-up, no ride named."""
    named = Prerequisite.objects.filter(session=OuterRef("pk"), withdrawn_at=None)
    return (
        Session.objects.filter(
            state=SessionState.BOOKED,
            timing_version=1,
            confirmed_at=None,
            makeup_of=None,
            course__state=CourseState.ACTIVE,
        )
        .exclude(Exists(named))
        .select_related("course", "course__patient")
    )


def _dismissed(site: Site, now: dt.datetime) -> set[int]:
    rows = LevelProposal.objects.filter(
        site=site, state=ProposalState.DISMISSED, decided_at__gt=now - DISMISSED_FOR
    ).values_list("moves", flat=True)
    return {move["session"] for moves in rows for move in moves}


def _held(site: Site, since: dt.date, last: dt.date) -> dict[int, list[_Held]]:
    """Return what each session of some days holds."""
    found: dict[int, list[_Held]] = {}
    rows = Reservation.objects.filter(
        session__site=site, session__day__gte=since, session__day__lte=last, is_active=True
    ).order_by("pk")
    columns = ("resource_id", "resource__kind", "resource__name", "first_quantum", "end_quantum")
    for session_id, *held in rows.values_list("session_id", *columns):
        found.setdefault(session_id, []).append(_Held(*held))
    return found


def _may_go(session: Session, definition: ProtocolDefinition) -> bool:
    phase = next((each for each in definition.phases if each.name == session.phase), None)
    is_one_a_day = phase is not None and phase.per_day == 1 and not phase.consecutive_days
    return is_one_a_day and not definition.is_group and session.visit_type in definition.visit_types


def _row(session: Session, definition: ProtocolDefinition, held: Sequence[_Held]) -> Row:
    kind = uses_of(definition.visit_types[session.visit_type])[0].kind
    takes: dict[int, int] = {}
    for each in held:
        span = bitmap.span(each.first_quantum, each.end_quantum - each.first_quantum)
        takes[each.resource_id] = takes.get(each.resource_id, 0) | span
    main = next((each for each in held if each.kind == kind), held[0])
    return Row(
        seated=Seated(session.pk, session.course_id, session.patient_id, session.day.toordinal(), takes),
        version=session.course.version,
        number=session.number,
        minute=session.minute,
        main=main.resource_id,
        device=main.name,
        visit_type=session.visit_type,
        phase=session.phase,
        course=session.course,
        definition=definition,
    )


def _rigids(site: Site) -> tuple[Rigid, ...]:
    """Return the rigid first visits of the protocols given at a site; protocols that begin alike are one."""
    given = Course.objects.filter(site=site, state=CourseState.ACTIVE).values("protocol__code")
    found: dict[object, Rigid] = {}
    for protocol in Protocol.objects.filter(is_current=True, code__in=given).order_by("name"):
        definition = definition_of(protocol)
        phase = definition.phases[0]
        visit = definition.visit_types[phase.visit or definition.first_visit]
        if definition.is_group or phase.per_day > 1 or not _is_rigid(visit):
            continue
        key = (visit.minutes, uses_of(visit))
        before = found.get(key, Rigid(visit, (), frozenset()))
        found[key] = replace(
            before, names=(*before.names, definition.name), weekdays=before.weekdays | set(phase.weekdays)
        )
    return tuple(found.values())


def _is_rigid(visit: VisitType) -> bool:
    return visit.minutes >= RIGID_MINUTES or len(uses_of(visit)) >= RIGID_NEEDS


class _Ways:
    """Where sessions may go on their days, asked about one at a time; the patients' lives are read at once."""

    def __init__(self, site: Site, since: dt.date, lanes: Sequence[Lane], rows: Mapping[int, Row]) -> None:
        self.site, self.lanes, self.rows = site, lanes, rows
        patients = {row.seated.patient_id for row in rows.values()}
        self.lives = Lives(patients, first=since, days=WINDOW_DAYS, zone=site.zone)
        self.of_day: dict[int, list[Seated]] = defaultdict(list)
        self.of_course: dict[int, set[int]] = defaultdict(set)
        for session_id, row in rows.items():
            self.of_day[row.seated.day].append(row.seated)
            self.of_course[row.course.pk].add(session_id)
        self.known: dict[int, Ways | None] = {}

    def of(self, seated: Seated) -> Ways | None:
        """Return where a session may go, or None if it stays: something forbids the treatment meanwhile."""
        if seated.session_id not in self.known:
            self.known[seated.session_id] = self._find(self.rows[seated.session_id])
        return self.known[seated.session_id]

    def _find(self, row: Row) -> Ways | None:
        try:
            life = self.lives.around(
                patient_id=row.seated.patient_id,
                course_id=row.course.pk,
                definition=row.definition,
                movable=self.of_course[row.course.pk],
            )
        except CannotPlan:
            return None
        day = row.seated.day
        lanes = roomy(self.lanes, day, self.of_day[day])
        book = day_book(_wish(row), Ground(lanes=lanes, zone=self.site.zone, life=life))
        ways = [
            Way(quantum, main, price(quantum=quantum, main=main, standing=_standing(row), now=_now(row)))
            for main, mask in book.starts(day, row.visit_type).items()
            for quantum in _quanta(row)
            if mask >> quantum & 1 and (main == row.main or row.definition.keep_provider != "hard")
        ]
        ways.sort(key=lambda way: (way.cost, way.quantum, way.main))
        return Ways(book, row.phase, row.visit_type, tuple(ways))


def _wish(row: Row) -> Wish:
    """Return the wish a course was booked with, for the one day a session stays on."""
    asked = read_wish(row.course.wish) if row.course.wish else None
    day = dt.date.fromordinal(row.seated.day)
    return Wish(
        protocol=row.definition,
        start_on=day,
        preferred_minute=row.course.standing_minute,
        window=asked.window if asked else None,
        pins=asked.pins if asked else {},
        not_before=(day, 0),
        horizon_days=0,
        requires={kind: frozenset(having) for kind, having in asked.requires.items()} if asked else {},
        interpreter=row.course.patient.interpreter,
    )


def _standing(row: Row) -> int:
    """Return the quantum a session would stand at: its course's, or its own where that is far from it by design."""
    away = abs(row.minute - row.course.standing_minute) // QUANTUM
    return (row.course.standing_minute if away <= NEAR_QUANTA else row.minute) // QUANTUM


def _now(row: Row) -> tuple[int, int]:
    return row.minute // QUANTUM, row.main


def _quanta(row: Row) -> list[int]:
    """Return the starts a session may have: whole half hours from its standing time, an hour away at the most."""
    asked = read_wish(row.course.wish).window if row.course.wish else None
    standing = _standing(row)
    near = {standing + away for away in range(-NEAR_QUANTA, NEAR_QUANTA + 1, HALF_HOUR)}
    return sorted(
        quantum
        for quantum in near | {row.minute // QUANTUM}
        if quantum >= 0 and (asked is None or asked[0] <= quantum * QUANTUM < asked[1])
    )
