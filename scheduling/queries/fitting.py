"""Whether somebody on the list could truly come in a freed time: the rules, what must be there first, who pays, notice.

What a person would have to look at once more is no fit: nobody looks between an offer and its yes.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.domain import gates, refill
from scheduling.domain.forward import (
    NOTHING_AHEAD,
    OTHER_BEGINNING,
    begins_at,
    brought,
    forbidden,
    main_kind,
    only_at,
    to_bring,
)
from scheduling.domain.gate_kinds import GateScope
from scheduling.domain.gates import Gate, GateState
from scheduling.domain.living import Change, Move, Sitting
from scheduling.domain.local_time import MINUTES_A_DAY, day_text, today
from scheduling.domain.plan import PlannedSession
from scheduling.domain.planner import plan_course
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.refill import Applicant, Slot
from scheduling.domain.wish import Infeasible
from scheduling.domain.words import kind as kind_words
from scheduling.errors import Rejected
from scheduling.models import Course, Session, WaitlistEntry
from scheduling.queries import gates as stored_gates
from scheduling.queries.coverage import uncovered_after
from scheduling.queries.definitions import definition_of
from scheduling.queries.living import Standing, definition_under, ground_of, standing_of
from scheduling.queries.planning import CourseWish, Proposal, coverage_of, current_protocol, prepared
from scheduling.queries.waitlist import LIVE, UNDER_WAY
from scheduling.wishes import read_wish

CHANGED = "the visit it was offered for has changed"
WEEK = 7  # days after a freed time that are looked at: trips are counted by the week


@dataclass(frozen=True, slots=True)
class Fit:
    """What would be booked in a freed time: a visit of a course under way that comes forward, or a whole new course.

    `planned` is the visit in that time; `sooner`: days by which it comes forward, None for a new course; `answer_by`:
    the last instant at which a yes leaves notice enough.
    """

    planned: PlannedSession
    definition: ProtocolDefinition
    answer_by: dt.datetime
    session_id: int | None = None
    sooner: int | None = None
    proposal: Proposal | None = None


def fit(
    entry: WaitlistEntry, slot: Slot, applicant: Applicant, *, now: dt.datetime, session_id: int | None = None
) -> Fit | str:
    """Return what somebody on the list would be booked for in a freed time, or why it does not fit.

    `session_id`: only this visit of a course under way may come forward.
    """
    try:
        if entry.course:
            return _of_standby(entry, entry.course, slot, applicant, now, session_id)
        return _of_waiting(entry, slot, now)
    except (Rejected, Infeasible) as refusal:
        return str(refusal)


# A course under way.


def _of_standby(
    entry: WaitlistEntry, course: Course, slot: Slot, applicant: Applicant, now: dt.datetime, session_id: int | None
) -> Fit | str:
    definition = definition_under(course)
    why_not = (
        _not_now(course, slot)
        or _other_kind(definition, slot)
        or refill.too_soon(definition, slot, entry.lead_minutes, now=now)
    )
    if why_not:
        return why_not
    first_refusal = ""
    for standing, sitting, pk in _ahead(course, definition, slot, applicant, now):
        if session_id not in (None, pk):
            continue
        found = _brought(entry, standing, sitting, pk, slot)
        if isinstance(found, Fit):
            return found
        first_refusal = first_refusal or found
    return first_refusal or (NOTHING_AHEAD if session_id is None else CHANGED)


def _not_now(course: Course, slot: Slot) -> str:
    if course.state not in UNDER_WAY:
        return f"the course is {course.state.replace('_', ' ')}"
    begins = read_wish(course.wish).start_on if course.wish else slot.day
    return f"the course was asked for from {day_text(begins)} on" if slot.day < begins else ""


def _other_kind(definition: ProtocolDefinition, slot: Slot) -> str:
    """Return what every visit of a protocol needs instead of what is free, or nothing if it is of their kind."""
    if slot.kind in {main_kind(definition, visit) for visit in definition.visit_types}:
        return ""
    return f"needs another place: {kind_words(main_kind(definition, definition.other_visit))}"


def _ahead(
    course: Course, definition: ProtocolDefinition, slot: Slot, applicant: Applicant, now: dt.datetime
) -> Iterator[tuple[Standing, Sitting, int]]:
    """Yield the visits that would come forward, each with its series and its id; those to try first first."""
    for series in definition.series:
        standing = standing_of(course, now=now, definition=definition, series=series)
        open_ones = [each for each in standing.under.sittings if each.is_open]
        ids = dict(zip([each.number for each in open_ones], standing.found.movable, strict=True))
        for sitting in to_bring(standing.under, slot, is_behind=applicant.is_behind):
            yield standing, sitting, ids[sitting.number]


def _brought(entry: WaitlistEntry, standing: Standing, sitting: Sitting, session_id: int, slot: Slot) -> Fit | str:
    course = standing.course
    why_not = forbidden(standing.under, sitting, slot)
    if why_not:
        return why_not  # asked before the ground is read: it is most of what a look costs
    days = (slot.day - today(standing.now, slot.zone)).days + WEEK
    ground = ground_of(course, standing.definition, days=days, movable=[session_id], now=standing.now)
    place = brought(standing.under, ground, sitting, slot)
    if isinstance(place, str):
        return place
    lacking = gates_before(course, session_id, slot, now=standing.now)
    if lacking:
        return gates.sentence(lacking[0])
    unpaid = _unpaid(course, sitting, place)
    if unpaid:
        return unpaid
    return Fit(
        planned=place,
        definition=standing.definition,
        answer_by=refill.answer_by(standing.definition, slot, entry.lead_minutes),
        session_id=session_id,
        sooner=(sitting.day - slot.day).days,
    )


def gates_before(course: Course, session_id: int, slot: Slot, *, now: dt.datetime) -> list[Gate]:
    """Return what a course lacks for a visit of it to be in a freed time.

    What is asked anew at every visit, the ride and the hours without food, is what the notice is for.
    """
    session = Session.objects.get(pk=session_id)
    session.course = course
    return gates.unmet(stored_gates.gates_if_moved([session], slot.starts_at, now=now)[session_id].gates)


def _unpaid(course: Course, sitting: Sitting, place: PlannedSession) -> str:
    """Return what no authorisation would pay for any more if a visit came forward, in words; nothing: as before."""
    change = Change((Move(sitting.number, sitting, place),), (), (), ended_on=sitting.day, ends_on=place.day)
    after = uncovered_after(course, change)
    if not after.numbers:
        return ""
    counted = Session.objects.filter(course=course, is_counted=True)
    others = list(counted.exclude(number=sitting.number).values_list("day", "minute"))
    number = 1 + sum(when < (place.day, place.minute) for when in others)
    is_more = len(after.numbers) > counted.exclude(uncovered="").count()
    return after.words if is_more or number in after.numbers else ""


# A course that has not begun.


def _of_waiting(entry: WaitlistEntry, slot: Slot, now: dt.datetime) -> Fit | str:
    assert entry.protocol, "an entry is for a course or a protocol"
    protocol = current_protocol(entry.protocol.code)
    definition = definition_of(protocol)
    kind = main_kind(definition, definition.phases[0].visit or definition.first_visit)
    if kind != slot.kind:
        return f"needs another place: {kind_words(kind)}"
    why_not = refill.too_soon(definition, slot, entry.lead_minutes, now=now)
    if why_not:
        return why_not
    if Course.objects.filter(patient=entry.patient_id, protocol__code=protocol.code, state__in=LIVE).exists():
        return "times are booked or held already"
    proposal = _planned(entry, protocol.code, definition, slot, now)
    if proposal is None:
        return OTHER_BEGINNING
    why_not = _unpaid_first(proposal)
    lacking = [] if why_not else gates_of_first(proposal, slot, now=now)
    if why_not or lacking:
        return why_not or gates.sentence(lacking[0])
    return Fit(
        planned=proposal.plan.sessions[0],
        definition=definition,
        answer_by=refill.answer_by(definition, slot, entry.lead_minutes),
        proposal=proposal,
    )


def _planned(
    entry: WaitlistEntry, code: str, definition: ProtocolDefinition, slot: Slot, now: dt.datetime
) -> Proposal | None:
    """Return the plan of a whole course whose first visit is in a freed time, or None if there is none.

    :raises Rejected: the wish breaks a rule of the protocol or of the site.
    :raises Infeasible: no plan keeps every rule.
    """
    is_wide = entry.to_minute - entry.from_minute >= definition.visit_types[definition.other_visit].minutes
    is_limited = (entry.from_minute, entry.to_minute) != (0, MINUTES_A_DAY)
    wish = CourseWish(
        patient_id=entry.patient_id,
        protocol_code=code,
        start_on=slot.day,
        preferred_minute=slot.minute,
        window=(entry.from_minute, entry.to_minute) if is_wide and is_limited else None,
        weekdays=entry.weekdays or None,
    )
    asked = prepared(site=entry.site, wish=wish, now=now)
    plan = plan_course(asked.wish, only_at(asked.ground, asked.definition, slot))
    if not begins_at(plan, slot):
        return None
    return Proposal(
        site=entry.site,
        protocol=asked.protocol,
        definition=asked.definition,
        wish=wish,
        plan=plan,
        coverage=coverage_of(asked.definition, asked.around, plan),
    )


def _unpaid_first(proposal: Proposal) -> str:
    reason = proposal.coverage.reasons.get(0) if proposal.coverage else None
    return f"the first visit {reason}" if reason else ""


def gates_of_first(proposal: Proposal, slot: Slot, *, now: dt.datetime) -> list[Gate]:
    """Return what stops a new course from beginning in a freed time.

    What outlives a course must be there. What is shown for a course can't be before there is one; it stops only once
    the time to show it would have passed.
    """
    asked = stored_gates.Asked(
        course_id=0,
        patient_id=proposal.wish.patient_id,
        protocol_id=proposal.protocol.pk,
        site_id=proposal.site.pk,
        zone=proposal.site.zone,
        session_id=None,
        day=today(slot.starts_at, slot.zone),
        starts_at=slot.starts_at,
        authorization_id=proposal.coverage.grants[0] if proposal.coverage else None,
    )
    [found] = stored_gates.standing([asked], now=now)
    booking = {gate.kind for gate in stored_gates.booking_gates(proposal, now=now)}
    return [
        gate
        for gate in gates.of_course(gates.unmet(found.gates))
        if gate.scope is GateScope.PATIENT or gate.state is GateState.RED or gate.kind in booking
    ]
