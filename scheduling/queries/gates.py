"""The gates of visits as they stand: what protocols ask for, laid over what was shown. The same few statements always.

One reader for a visit, a course, a day or a whole clinic: definitions, what was shown, what payers say, working days.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from clinic.lookups import among
from patients.models import Patient
from scheduling.domain import gate_kinds, gates, local_time
from scheduling.domain.gate_kinds import GateScope, Requirement, WorkingDays
from scheduling.domain.gates import Gate, GateState, Occasion, Payment, Shown
from scheduling.domain.operations import GateKind
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import DELIVERED, GRANTED, AuthorizationState, SessionState
from scheduling.models import AuthorizationUnit, Course, Prerequisite, Session
from scheduling.queries.definitions import definitions_of
from scheduling.queries.planning import Proposal
from scheduling.queries.working_days import working_days

_S = SessionState
# In these a visit is still to begin; a flagged miss may have come after all.
AHEAD = (_S.HELD, _S.BOOKED, _S.ARRIVED, _S.MISSED)
LOOK_BACK = dt.timedelta(days=gate_kinds.LONGEST_BREAK)
STATE_WORDS: dict[AuthorizationState, str] = {
    AuthorizationState.NEEDED: "not asked for yet",
    AuthorizationState.DRAFTING: "being written",
    AuthorizationState.SUBMITTED: "submitted, no answer yet",
    AuthorizationState.PENDED: "the payer wants to know more",
    AuthorizationState.DENIED: "denied",
    AuthorizationState.APPEALED: "appealed, no answer yet",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit whose gates are asked about; `is_over`: it took place, and what is asked for comes after it."""

    course_id: int
    patient_id: int
    protocol_id: int
    site_id: int
    zone: str
    session_id: int | None
    day: dt.date
    starts_at: dt.datetime
    authorization_id: int | None = None
    uncovered: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The gates of one visit, and by id the rows that say so; `red_kinds` is what the lists show of it."""

    gates: tuple[Gate, ...] = ()
    rows: Mapping[int, Prerequisite] | None = None

    @property
    def red_kinds(self) -> list[str]:
        """The kinds that are due and not there."""
        return [gate.kind.value for gate in self.gates if gate.state is GateState.RED]

    def row(self, gate: Gate) -> Prerequisite | None:
        """Return what was shown for a gate; None: nothing was, or a payer said it."""
        return (self.rows or {}).get(gate.shown_id)


NOTHING = Standing()


def asked_of(session: Session, *, is_over: bool = False) -> Asked:
    """Return a stored visit, its course fetched, as its gates are asked about."""
    return Asked(
        course_id=session.course_id,
        patient_id=session.patient_id,
        protocol_id=session.course.protocol_id,
        site_id=session.site_id,
        zone=session.zone,
        session_id=session.pk,
        day=session.day,
        starts_at=session.starts_at,
        authorization_id=session.authorization_id,
        uncovered=session.uncovered,
        is_over=is_over,
    )


def gates_of_sessions(
    sessions: Iterable[Session], *, now: dt.datetime, definitions: Mapping[int, ProtocolDefinition] | None = None
) -> dict[int, Standing]:
    """Return the gates of visits, by id, their courses fetched; six statements. Under way or lost: there are none.

    `definitions`: those of their protocols by id, where they are at hand; one statement less.
    """
    meant = [each for each in sessions if each.state in AHEAD or each.state in DELIVERED]
    found = standing(
        [asked_of(each, is_over=each.state in DELIVERED) for each in meant], now=now, definitions=definitions
    )
    return {each.pk: gates_of for each, gates_of in zip(meant, found, strict=True)}


def gates_of_session(session: Session, *, now: dt.datetime) -> Standing:
    """Return the gates of one visit, its course fetched."""
    return gates_of_sessions([session], now=now).get(session.pk, NOTHING)


def red_kinds(sessions: Iterable[Session], *, now: dt.datetime) -> dict[int, list[str]]:
    """Return what is due and not there, by the id of each visit; the visits' courses fetched."""
    return {pk: found.red_kinds for pk, found in gates_of_sessions(sessions, now=now).items()}


def is_about(row_id: int, *, patient_id: int) -> bool:
    """Tell whether something was shown about a patient under an id."""
    return Prerequisite.objects.filter(pk=row_id, patient=patient_id).exists()


def gates_of_patient(patient: Patient, *, now: dt.datetime) -> Standing:
    """Return what is known of a patient for every course, the site fetched; what is not is only not there yet."""
    shown = _Shown([], {patient.pk})
    zone = patient.site.zone
    occasion = Occasion(local_time.today(now, zone), now + dt.timedelta(days=1), zone)
    days = WorkingDays(frozenset())
    found = [
        gates.look(Requirement(kind, None), shown.of_patient(kind, patient.pk, zone), occasion, days, now=now)
        for kind, info in gate_kinds.GATES.items()
        if info.scope is GateScope.PATIENT
    ]
    return Standing(tuple(found), shown.rows)


def gates_of_course(course: Course, *, now: dt.datetime) -> Standing:
    """Return the gates of a course that are not asked anew at every visit, for the visit that comes next.

    Without one they are asked about for today.
    """
    [found] = standing([next_asked(course, now=now)], now=now)
    return Standing(tuple(gates.of_course(found.gates)), found.rows)


def next_asked(course: Course, *, now: dt.datetime) -> Asked:
    """Return the visit of a course, its site fetched, that comes next, as its gates are asked about."""
    today = local_time.today(now, course.site.zone)
    ahead = Session.objects.filter(course=course, state__in=AHEAD, day__gte=today)
    row = ahead.order_by("starts_at", "pk").first()
    if row is None:
        row = Session(day=today, starts_at=now, zone=course.site.zone)
        row.patient_id, row.site_id = course.patient_id, course.site_id
    row.course = course
    return asked_of(row)


def gates_if_moved(sessions: Sequence[Session], starts_at: dt.datetime, *, now: dt.datetime) -> dict[int, Standing]:
    """Return the gates of visits, their courses fetched, as they would stand at another instant, by the visit's id.

    What is asked anew at every visit is left out: nobody can have shown it for a time nobody was given.
    """
    asked = [
        replace(asked_of(each), session_id=None, day=local_time.today(starts_at, each.zone), starts_at=starts_at)
        for each in sessions
    ]
    found = standing(asked, now=now)
    return {
        each.pk: Standing(tuple(gates.of_course(one.gates)), one.rows)
        for each, one in zip(sessions, found, strict=True)
    }


def booking_gates(proposal: Proposal, *, now: dt.datetime) -> list[Gate]:
    """Return the gates without which the times of a plan may only be held, and that are not there."""
    wanted = [each for each in gate_kinds.requirements(proposal.definition) if each.is_before_booking]
    if not wanted:
        return []
    first, site = proposal.plan.sessions[0], proposal.site
    asked = Asked(
        course_id=0,
        patient_id=proposal.wish.patient_id,
        protocol_id=proposal.protocol.pk,
        site_id=site.pk,
        zone=site.zone,
        session_id=None,
        day=first.day,
        starts_at=local_time.to_utc(first.day, first.minute, site.zone),
    )
    [found] = standing([asked], now=now)
    kinds = {each.kind for each in wanted}
    return [gate for gate in gates.unmet(found.gates) if gate.kind in kinds]


def standing(
    asked: Sequence[Asked], *, now: dt.datetime, definitions: Mapping[int, ProtocolDefinition] | None = None
) -> list[Standing]:
    """Return the gates of visits, one for one; six statements whatever their number, none for none."""
    if not asked:
        return []
    definitions = definitions or definitions_of(each.protocol_id for each in asked)
    shown = _Shown(asked)
    payers = _waiting({each.patient_id for each in asked})
    days = [each.day for each in asked]
    sites = {each.site_id for each in asked}
    calendars = working_days(sites, first=min(days) - LOOK_BACK, last=max(days))
    return [
        _standing(each, definitions[each.protocol_id], shown, payers, calendars[each.site_id], now) for each in asked
    ]


def _standing(
    asked: Asked,
    definition: ProtocolDefinition,
    shown: "_Shown",
    payers: Mapping[int, Sequence[tuple[str, frozenset[str]]]],
    days: WorkingDays,
    now: dt.datetime,
) -> Standing:
    payment = _payment(asked, definition, payers.get(asked.patient_id, ()))
    visit = Occasion(asked.day, asked.starts_at, asked.zone, payment)
    form = gate_kinds.form(definition)
    wanted = ([form] if form else []) if asked.is_over else gate_kinds.requirements(definition)
    found = [gates.look(each, shown.of(each, asked), visit, days, now=now) for each in wanted]
    return Standing(tuple(found), shown.rows)


class _Shown:
    """What was shown for the gates of some visits and is in force, found by what it was shown for; one statement."""

    def __init__(self, asked: Sequence[Asked], patients: Collection[int] = ()) -> None:
        sessions = [each.session_id for each in asked if each.session_id]
        rows = Prerequisite.objects.filter(
            Q(session=None) | Q(among("session_id", sessions)),
            among("patient_id", {each.patient_id for each in asked} | set(patients)),
            withdrawn_at=None,
        )
        self.rows: dict[int, Prerequisite] = {}
        self._by: dict[tuple[str, str, int], list[Prerequisite]] = defaultdict(list)
        for row in rows.select_related("person", "by").order_by("pk"):
            self.rows[row.pk] = row
            self._by[row.kind, *_shown_for(row)].append(row)

    def of(self, wanted: Requirement, asked: Asked) -> list[Shown]:
        """Return what was shown for one gate of a visit, the nearest to it first."""
        found = [
            row for row in self._by[wanted.kind, "session", asked.session_id or 0] if row.starts_at == asked.starts_at
        ]
        if wanted.scope is not GateScope.SESSION:
            found += self._by[wanted.kind, "course", asked.course_id]
        if wanted.scope is GateScope.PATIENT:
            found += self._by[wanted.kind, "patient", asked.patient_id]
        return [as_shown(row, asked.zone) for row in found]

    def of_patient(self, kind: GateKind, patient_id: int, zone: str) -> list[Shown]:
        """Return what was shown for a patient, whatever the course."""
        return [as_shown(row, zone) for row in self._by[kind, "patient", patient_id]]


def _shown_for(row: Prerequisite) -> tuple[str, int]:
    if row.session_id:
        return "session", row.session_id
    return ("course", row.course_id) if row.course_id else ("patient", row.patient_id)


def as_shown(row: Prerequisite, zone: str) -> Shown:
    """Return a stored row as the pure look sees it."""
    return Shown(
        id=row.pk,
        kind=GateKind(row.kind),
        on=local_time.today(row.at, zone),
        is_override=row.is_override,
        is_confirmed=row.is_confirmed,
        valid_until=row.valid_until,
        ate_at=row.ate_at,
        drank_at=row.drank_at,
        is_refused=row.is_refused,
    )


def _waiting(patient_ids: Collection[int]) -> dict[int, list[tuple[str, frozenset[str]]]]:
    """Return what payers have not granted: by patient the state and the codes it is about, the latest last."""
    rows = AuthorizationUnit.objects.filter(among("authorization__patient_id", patient_ids))
    rows = rows.exclude(authorization__state__in=GRANTED).order_by("authorization_id", "pk")
    found: dict[int, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for patient_id, state, codes in rows.values_list("authorization__patient_id", "authorization__state", "codes"):
        found[patient_id].append((state, frozenset(codes)))
    return found


def _payment(asked: Asked, definition: ProtocolDefinition, waiting: Sequence[tuple[str, frozenset[str]]]) -> Payment:
    if asked.authorization_id is not None:
        return Payment(is_paid=True, is_known=True)
    if asked.uncovered:
        return Payment(is_known=True, words=f"this visit {asked.uncovered}")
    states = [state for state, codes in waiting if codes & definition.billing.codes]
    return Payment(words=STATE_WORDS[AuthorizationState(states[-1])]) if states else Payment()
