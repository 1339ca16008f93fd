"""The visits of a day as a board shows them. A fixed number of queries whatever the day holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from clinic.lookups import among
from clinic.models import Site
from patients import watch as patients_watch
from scheduling.domain import local_time
from scheduling.domain.gates import Gate, unmet
from scheduling.domain.operations import PEOPLE
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState
from scheduling.models import Protocol, Reservation, Resource, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import NOTHING, gates_of_sessions
from scheduling.queries.watch import late_after


class Held(NamedTuple):
    """What a visit holds, and for how long of it; minutes are wall clock at the site."""

    resource_id: int
    name: str
    group: str
    kind: str
    minute: int
    end_minute: int


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
    birth_date: dt.date
    language: str
    interpreter: str
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
    # When the stage it is in began; of an observation: when it ends; of a late one: its start.
    since: dt.datetime | None
    is_measure_due: bool  # a score belongs to this visit and none is recorded since
    device: str  # what it is built around; empty: nothing that has a column
    needs: tuple[Held, ...] = ()  # the people it needs, each once
    shown: tuple[int, int] | None = None  # the part of it that stands in a column; None: all of it

    @property
    def span(self) -> tuple[int, int]:
        """Return from when until when it stands in its column."""
        return self.shown or (self.minute, self.end_minute)


# What a card says and what its gates ask for, of three wide rows.
_READ = (
    "site_id",
    "number",
    "visit_type",
    "state",
    "is_active",
    "starts_at",
    "ends_at",
    "day",
    "minute",
    "zone",
    "confirmed_at",
    "arrived_at",
    "started_at",
    "observation_until",
    "reason",
    "authorization_id",
    "uncovered",
    "version",
    "course__protocol_id",
    "course__prescribed",
    "patient__first_name",
    "patient__last_name",
    "patient__preferred_name",
    "patient__birth_date",
    "patient__language",
    "patient__interpreter",
)


def _sessions(site: Site, day: dt.date) -> list[Session]:
    return list(
        Session.objects.filter(site=site, day=day)
        .exclude(state=SessionState.ENTERED_IN_ERROR)
        .select_related("patient", "course")
        .only(*_READ)
        .order_by("starts_at", "pk")
    )


def _places(session_ids: Sequence[int]) -> dict[int, list[Held]]:
    """Return session id to everything it holds, in planned order.

    What it let go of counts only where it holds nothing any more: a visit that fell out stays in its column.
    """
    rows = Reservation.objects.filter(among("session_id", session_ids)).order_by("-is_active", "pk")
    places: dict[int, list[Held]] = defaultdict(list)
    holding = set()
    about = ("resource_id", "resource__name", "resource__group", "resource__kind")
    for session_id, is_active, pk, name, group, kind, first, end in rows.values_list(
        "session_id", "is_active", *about, "first_quantum", "end_quantum"
    ):
        if is_active:
            holding.add(session_id)
        if is_active or session_id not in holding:
            places[session_id].append(Held(pk, name, group, kind, first * local_time.QUANTUM, end * local_time.QUANTUM))
    return places


def _protocols(protocol_ids: Collection[int]) -> dict[int, tuple[str, ProtocolDefinition]]:
    """Return tag and meaning of the protocols of a day, by id: few, while its visits are many; one statement."""
    rows = Protocol.objects.filter(pk__in=protocol_ids).defer("definition")
    return {row.pk: (row.tag, definition_of(row)) for row in rows}


def cards_of(*, site: Site, day: dt.date, columns: Sequence[Resource], now: dt.datetime) -> list[Card]:
    """Return the visits of a day in time order; `columns`: what a visit may stand in."""
    sessions = _sessions(site, day)
    places = _places([session.pk for session in sessions])
    shown = {resource.pk for resource in columns}
    late = late_after(site_ids=[site.pk])
    protocols = _protocols({session.course.protocol_id for session in sessions})
    definitions = {protocol_id: definition for protocol_id, (_tag, definition) in protocols.items()}
    standing = gates_of_sessions(sessions, now=now, definitions=definitions)
    measured = patients_watch.latest_measures({session.patient_id for session in sessions})

    def card(session: Session) -> Card:
        held = places[session.pk]
        tag, definition = protocols[session.course.protocol_id]
        after = late.get((site.pk, definition.modality)) or late[site.pk, ""]
        main = next((each for each in held if each.resource_id in shown), None)
        return _card(
            session,
            now,
            resource_id=main.resource_id if main else None,
            device=main.name if main else "",
            people=tuple(each.name for each in held if not each.group),
            needs=_people(held),
            is_late=session.state == SessionState.BOOKED and now >= session.starts_at + after,
            lacking=tuple(unmet(standing.get(session.pk, NOTHING).gates)),
            is_measure_due=_is_measure_due(session, definition.measures or {}, measured),
            tag=tag,
            is_observed=bool(definition.observe_minutes),
        )

    return [card(session) for session in sessions]


def _people(held: Sequence[Held]) -> tuple[Held, ...]:
    """Return the people among what a visit holds, each once: from when they are needed first until they can go."""
    found: dict[int, Held] = {}
    for each in held:
        if each.kind in PEOPLE and not each.group:
            seen = found.get(each.resource_id, each)
            first, end = min(seen.minute, each.minute), max(seen.end_minute, each.end_minute)
            found[each.resource_id] = each._replace(minute=first, end_minute=end)
    return tuple(found.values())


def _card(session: Session, now: dt.datetime, **known: Any) -> Card:
    state = SessionState(session.state)
    return Card(
        session_id=session.pk,
        course_id=session.course_id,
        patient_id=session.patient_id,
        version=session.version,
        first_name=session.patient.preferred_name or session.patient.first_name,
        last_name=session.patient.last_name,
        birth_date=session.patient.birth_date,
        language=session.patient.language,
        interpreter=session.patient.interpreter,
        number=session.number,
        prescribed=session.course.prescribed,
        state=state,
        is_confirmed=session.confirmed_at is not None,
        is_first=session.number == 1,
        minute=session.minute,
        end_minute=session.minute + int((session.ends_at - session.starts_at).total_seconds() // 60),
        visit_type=session.visit_type,
        reason=session.reason,
        arrived_minute=local_time.wall(session.arrived_at, session.zone)[1] if session.arrived_at else None,
        minutes_left=_minutes_left(session, now),
        since=_since(session, state),
        **known,
    )


def _since(session: Session, state: SessionState) -> dt.datetime | None:
    return {
        SessionState.BOOKED: session.starts_at,
        SessionState.ARRIVED: session.arrived_at,
        SessionState.IN_TREATMENT: session.started_at,
        SessionState.MONITORING: session.observation_until,
    }.get(state)


def _is_measure_due(
    session: Session, wanted: Mapping[str, Sequence[int]], measured: Mapping[tuple[int, str], dt.date]
) -> bool:
    """Tell whether a protocol wants a score about a visit, the one before the first included, and none is there yet."""
    return session.is_active and any(
        session.number == max(1, place) and measured.get((session.patient_id, instrument), dt.date.min) < session.day
        for instrument, places in wanted.items()
        for place in places
    )


def _minutes_left(session: Session, now: dt.datetime) -> int | None:
    if session.state != SessionState.MONITORING or session.observation_until is None:
        return None
    return -int((now - session.observation_until).total_seconds() // 60)
