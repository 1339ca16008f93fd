"""Booking a whole course: all or nothing, locked in one order, remembered under its idempotency key."""

import datetime as dt
from collections import defaultdict

from clinic import actions as clinic_actions
from scheduling.actions import locking, visits
from scheduling.actions.open_places import check_lists, check_open, check_other_courses
from scheduling.actions.recount import recount_if_authorized
from scheduling.actions.visits import Visit
from scheduling.domain import local_time
from scheduling.domain.gates import sentence
from scheduling.domain.plan import PlannedSession
from scheduling.domain.states import CourseState, SessionState
from scheduling.errors import GateRed, Rejected
from scheduling.models import (
    Course,
    CourseEvent,
    Reservation,
)
from scheduling.queries.gates import booking_gates
from scheduling.queries.planning import Proposal, codes_of
from scheduling.wishes import stored_wish

LONGEST_HOLD = dt.timedelta(days=60)


def book_course(
    *,
    request: clinic_actions.Request,
    proposal: Proposal,
    now: dt.datetime,
    held_until: dt.datetime | None = None,
) -> tuple[int, bool]:
    """Book every session of a plan or none, and return the course's id and whether it was booked before.

    `held_until`: the times are only held, while an authorisation is pending; nobody is told, and they go back to the
    clinic then unless somebody confirms them.

    :raises Rejected: the hold would end in the past or more than `LONGEST_HOLD` ahead.
    :raises GateRed: something must be there before these times may be more than held.
    :raises SlotTaken: a time is taken meanwhile; nothing was booked.
    :raises PlanGone: the plan starts in the past, or meets a closure or an outage made after the preview.
    :raises KeyReused: the Idempotency-Key belongs to another request.
    :raises Busy: the database is contended; nothing was booked.
    """
    _check_hold(held_until, now)
    return locking.once(
        request,
        lambda: _book(request=request, proposal=proposal, now=now, held_until=held_until),
        words_for_taken=lambda: _words_for_taken(proposal),
        has_looked=True,
    )


def book_within(*, request: clinic_actions.Request, proposal: Proposal, now: dt.datetime) -> int:
    """Book every session of a plan inside the caller's transaction and return the course's id; else as `book_course`.

    The request is remembered under it. The resources and the patient are locked when it returns.
    """
    return _book(request=request, proposal=proposal, now=now, held_until=None)


def _check_hold(held_until: dt.datetime | None, now: dt.datetime) -> None:
    if held_until is not None and not now < held_until <= now + LONGEST_HOLD:
        words = f"Hold times for up to {LONGEST_HOLD.days} days from now."
        raise Rejected(words, code="hold_range", fields={"hold_until": "range"})


def _book(
    *, request: clinic_actions.Request, proposal: Proposal, now: dt.datetime, held_until: dt.datetime | None
) -> int:
    plan, site = proposal.plan, proposal.site
    state = CourseState.DRAFT if held_until else CourseState.ACTIVE
    course = Course.objects.create(
        site=site,
        patient_id=proposal.wish.patient_id,
        protocol=proposal.protocol,
        state=state,
        prescribed=len(plan.sessions),
        standing_minute=plan.standing_minute,
        booked_at=now,
        wish=stored_wish(proposal.wish),
        held_until=held_until,
    )
    # Before the locks: a twin with the same key waits here and is then turned into a replay.
    clinic_actions.remember_request(request=request, result_id=course.pk, now=now)
    visits.lock(site=site, patient_id=proposal.wish.patient_id, planned=plan.sessions)
    timed = [Visit(planned, site.zone) for planned in plan.sessions]
    check_open(site, timed, now)
    if held_until is None:
        _check_gates(proposal, now)
    check_lists(site, proposal.definition, [(planned.day, None) for planned in plan.sessions], now)
    visits.insert(
        course=course,
        visits=timed,
        state=SessionState.HELD if held_until else SessionState.BOOKED,
        grace=visits.grace_of(site, proposal.definition),
        now=now,
        by_id=request.user.pk if request.user else None,
        codes=[code or "" for code in codes_of(proposal.definition, plan)],
    )
    check_other_courses(course, timed, modality=proposal.definition.modality)
    recount_if_authorized(proposal.wish.patient_id)
    span = {"sessions": len(timed), "first": str(timed[0].planned.day), "last": str(timed[-1].planned.day)}
    CourseEvent.objects.create(
        course=course,
        kind="held" if held_until else "booked",
        to_state=course.state,
        at=now,
        by=request.user,
        data=span | ({"until": held_until.isoformat()} if held_until else {}),
    )
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="course.held" if held_until else "course.booked",
        patient_ids=[proposal.wish.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
    return course.pk


def _check_gates(proposal: Proposal, now: dt.datetime) -> None:
    lacking = booking_gates(proposal, now=now)
    if lacking:
        words = "; ".join(sentence(gate) for gate in lacking)
        fields = {gate.kind.value: gate.lack.value for gate in lacking}
        raise GateRed(f"This course can't be booked yet. {words}. Hold the times instead.", fields=fields)


def _words_for_taken(proposal: Proposal) -> str:
    """Say which times went, from what is stored now (the refused rows are rolled back)."""
    wanted = {
        (use.resource_id, planned.day.toordinal()): (planned, use)
        for planned in proposal.plan.sessions
        for use in planned.uses
    }
    rows = Reservation.objects.filter(
        resource_id__in={key[0] for key in wanted}, day_number__in={key[1] for key in wanted}, is_active=True
    ).values_list("resource_id", "day_number", "first_quantum", "end_quantum")
    held: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for resource_id, number, first, end in rows:
        held[resource_id, number].append((first * local_time.QUANTUM, end * local_time.QUANTUM))
    taken: dict[int, str] = {}
    for key, (planned, use) in wanted.items():  # of a visit's places the main one comes first, and is named
        if any(first < use.to_minute and end > use.from_minute for first, end in held[key]):
            taken.setdefault(planned.number, f"{_when(planned)} on {use.name}")
    if not taken:
        return "The patient has another visit at one of these times. Nothing was booked. Pick other times."
    times = "; ".join(words for _number, words in sorted(taken.items())[:3])
    more = f" and {len(taken) - 3} more" if len(taken) > 3 else ""
    return f"Just taken: {times}{more}. Nothing was booked. Take one of the plans below."


def _when(planned: PlannedSession) -> str:
    return f"{local_time.clock_text(planned.minute)} on {local_time.day_text(planned.day)}"
