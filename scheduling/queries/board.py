"""One day at one site: the columns, and what stands in them. A fixed number of queries whatever the day holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Max, Sum

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.gates import Gate, unmet
from scheduling.domain.states import SessionState
from scheduling.models import Closure, Outage, Prerequisite, Reservation, Resource, Session
from scheduling.queries.availability import FULL_DAY
from scheduling.queries.gates import NOTHING, Standing, gates_of_sessions
from scheduling.queries.hours import Hours

LATE_AFTER = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A stretch in which a column can't be booked, in wall-clock minutes, and why."""

    from_minute: int
    to_minute: int
    reason: str


@dataclass(frozen=True, slots=True)
class Card:
    """One visit as the board shows it. Minutes are wall clock at the site."""

    session_id: int
    course_id: int
    patient_id: int
    version: int
    resource_id: int | None
    first_name: str
    last_name: str
    number: int
    prescribed: int
    tag: str
    state: SessionState
    is_confirmed: bool
    is_late: bool
    is_first: bool
    minute: int
    end_minute: int
    visit_type: str
    reason: str
    people: tuple[str, ...]
    arrived_minute: int | None
    is_observed: bool  # the protocol asks for an observation after treatment
    minutes_left: int | None  # of an observation under way; 0 or less: it is over
    lacking: tuple[Gate, ...]  # what must be there before it begins and is not, what is due first


@dataclass(frozen=True, slots=True)
class Column:
    """A device, chair or room, its closed stretches, and its visits in time order."""

    resource_id: int
    name: str
    group: str
    blocked: tuple[Blocked, ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A day: `opens` and `closes` frame the grid; `closed` names the reason when the whole site is shut."""

    day: dt.date
    opens: int
    closes: int
    closed: str
    columns: tuple[Column, ...]
    cards: tuple[Card, ...]


def board(*, site: Site, day: dt.date, now: dt.datetime) -> Board:
    """Return a day's board."""
    columns = list(Resource.objects.filter(site=site, is_active=True).exclude(group="").order_by("position", "pk"))
    sessions = _sessions(site, day)
    places = _places([session.pk for session in sessions])
    shown = {resource.pk for resource in columns}
    standing = gates_of_sessions(sessions, now=now)
    cards = [_card(each, places[each.pk], shown, now, standing.get(each.pk, NOTHING)) for each in sessions]
    open_then = Hours(site, columns, first=day, last=day)
    hours = open_then.of_site(day)
    closures = _closures(site, day)
    opens, closes = _frame(hours, cards)
    out = _outages(columns, site, day)
    closed = next((c.reason for c in closures if (c.from_minute, c.to_minute) == (0, 24 * 60)), "")
    return Board(
        day=day,
        opens=opens,
        closes=closes,
        closed=closed or ("" if hours else "No opening hours"),
        columns=tuple(
            Column(
                resource_id=resource.pk,
                name=resource.name,
                group=resource.group,
                blocked=_blocked(
                    open_then.of(resource.pk, day),
                    opens,
                    closes,
                    closures + out[resource.pk],
                ),
                cards=tuple(card for card in cards if card.resource_id == resource.pk),
            )
            for resource in columns
        ),
        cards=tuple(cards),
    )


def day_version(*, site: Site, day: dt.date) -> str:
    """Return a text that changes whenever anything on the day's board does, from two cheap queries."""
    rows = Session.objects.filter(site=site, day=day)
    found = rows.aggregate(rows=Count("pk"), edits=Sum("version"))
    shown = Prerequisite.objects.filter(patient__in=rows.values("patient"), withdrawn_at=None)
    gates = shown.aggregate(rows=Count("pk"), last=Max("pk"))
    edits = f"{found['rows']}-{found['edits'] or 0}-{gates['rows']}-{gates['last'] or 0}"
    return f"{site.pk}-{day.toordinal()}-{edits}"


def next_day_with_visits(*, site: Site, after: dt.date) -> dt.date | None:
    """Return the first day after `after` with a visit on it."""
    return (
        Session.objects.filter(site=site, day__gt=after, is_active=True)
        .order_by("day")
        .values_list("day", flat=True)
        .first()
    )


def _sessions(site: Site, day: dt.date) -> list[Session]:
    return list(
        Session.objects.filter(site=site, day=day)
        .exclude(state=SessionState.ENTERED_IN_ERROR)
        .select_related("patient", "course", "course__protocol")
        .annotate(observe=F("course__protocol__definition__observe_minutes"))
        .defer("course__protocol__definition", "patient__search_text")
        .order_by("starts_at", "pk")
    )


def _places(session_ids: Sequence[int]) -> dict[int, list[tuple[int, str, str]]]:
    """Return session id to (resource id, name, group) of everything it holds, in planned order."""
    rows = Reservation.objects.filter(session_id__in=session_ids).order_by("pk")
    places: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for session_id, resource_id, name, group in rows.values_list(
        "session_id", "resource_id", "resource__name", "resource__group"
    ):
        places[session_id].append((resource_id, name, group))
    return places


def _card(
    session: Session, places: Sequence[tuple[int, str, str]], shown: set[int], now: dt.datetime, standing: Standing
) -> Card:
    state = SessionState(session.state)
    arrived = local_time.wall(session.arrived_at, session.zone)[1] if session.arrived_at else None
    return Card(
        session_id=session.pk,
        course_id=session.course_id,
        patient_id=session.patient_id,
        version=session.version,
        resource_id=next((resource_id for resource_id, _name, _group in places if resource_id in shown), None),
        first_name=session.patient.preferred_name or session.patient.first_name,
        last_name=session.patient.last_name,
        number=session.number,
        prescribed=session.course.prescribed,
        tag=session.course.protocol.tag,
        state=state,
        is_confirmed=session.confirmed_at is not None,
        is_late=state is SessionState.BOOKED and now >= session.starts_at + LATE_AFTER,
        is_first=session.number == 1,
        minute=session.minute,
        end_minute=session.minute + int((session.ends_at - session.starts_at).total_seconds() // 60),
        visit_type=session.visit_type,
        reason=session.reason,
        people=tuple(name for resource_id, name, group in places if not group),
        arrived_minute=arrived,
        is_observed=bool(session.observe),  # type: ignore[attr-defined]
        minutes_left=_minutes_left(session, now),
        lacking=tuple(unmet(standing.gates)),
    )


def _minutes_left(session: Session, now: dt.datetime) -> int | None:
    if session.state != SessionState.MONITORING or session.observation_until is None:
        return None
    return -int((now - session.observation_until).total_seconds() // 60)


def _frame(hours: int, cards: Sequence[Card]) -> tuple[int, int]:
    """Return first and last minute of the grid, on half hours: the opening hours, stretched to hold every visit."""
    opens = (hours & -hours).bit_length() - 1 if hours else 0
    first = min([opens * local_time.QUANTUM if hours else 8 * 60] + [card.minute for card in cards])
    last = max([hours.bit_length() * local_time.QUANTUM if hours else 17 * 60] + [card.end_minute for card in cards])
    return first // 30 * 30, -(-last // 30) * 30


def _closures(site: Site, day: dt.date) -> list[Blocked]:
    since, until = local_time.day_bounds(day, site.zone)
    rows = Closure.objects.filter(site=site, starts_at__lt=until, ends_at__gt=since).order_by("starts_at")
    return [_clipped(row.starts_at, row.ends_at, row.reason, site.zone, day) for row in rows]


def _outages(columns: Sequence[Resource], site: Site, day: dt.date) -> dict[int, list[Blocked]]:
    since, until = local_time.day_bounds(day, site.zone)
    rows = Outage.objects.filter(resource__in=columns, starts_at__lt=until, ends_at__gt=since).order_by("starts_at")
    out: dict[int, list[Blocked]] = defaultdict(list)
    for row in rows:
        out[row.resource_id].append(_clipped(row.starts_at, row.ends_at, row.reason, site.zone, day))
    return out


def _clipped(starts_at: dt.datetime, ends_at: dt.datetime, reason: str, zone: str, day: dt.date) -> Blocked:
    first_day, first = local_time.wall(starts_at, zone)
    last_day, last = local_time.wall(ends_at, zone)
    return Blocked(first if first_day == day else 0, last if last_day == day else 24 * 60, reason)


def _blocked(hours: int, opens: int, closes: int, named: Sequence[Blocked]) -> tuple[Blocked, ...]:
    """Return the named stretches and, around them, the hours in which the resource is simply not open."""
    shut = ~hours & FULL_DAY
    stretches = list(named)
    for row in named:
        shut &= ~((1 << row.to_minute // local_time.QUANTUM) - (1 << row.from_minute // local_time.QUANTUM))
    quantum = opens // local_time.QUANTUM
    while quantum < closes // local_time.QUANTUM:
        run = 0
        while shut >> (quantum + run) & 1 and quantum + run < closes // local_time.QUANTUM:
            run += 1
        if run:
            stretches.append(Blocked(quantum * local_time.QUANTUM, (quantum + run) * local_time.QUANTUM, ""))
        quantum += run + 1
    return tuple(
        sorted(
            (Blocked(max(b.from_minute, opens), min(b.to_minute, closes), b.reason) for b in stretches),
            key=lambda b: (b.from_minute, b.reason),
        )
    )
