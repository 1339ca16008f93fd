"""A course put on hold, and a course that ends early. Going on again is a change like any other: `moving`."""

import datetime as dt

from django.db.models import Q

from clinic import actions as clinic_actions
from patients import actions as patient_actions
from scheduling.actions import ledger, locking
from scheduling.actions.cancelling import cancelled
from scheduling.actions.ledger import Hand
from scheduling.domain import local_time
from scheduling.domain.states import (
    COURSE_MOVES,
    MOVABLE,
    QUIET_ENDS,
    CancelledBy,
    CourseState,
    EndReason,
    SessionState,
)
from scheduling.errors import IllegalMove, Rejected
from scheduling.models import Course, CourseEvent, Session

_WORDS = {
    CourseState.DRAFT: "only held",
    CourseState.ON_HOLD: "on hold",
    CourseState.COMPLETED: "complete",
    CourseState.DISCONTINUED: "ended",
}
_STILL_HERE = [SessionState.ARRIVED, SessionState.IN_TREATMENT, SessionState.MONITORING]


def hold_course(
    *,
    request: clinic_actions.Request,
    course_id: int,
    version: int,
    reason: str,
    now: dt.datetime,
    resume_on: dt.date | None = None,
) -> tuple[int, bool]:
    """Put a course on hold: what lies ahead is given back and owed; return its id, and whether it was done before.

    `resume_on`: when the patient expects to go on; somebody is asked then.

    :raises Rejected: no reason is given, or `resume_on` has passed.
    :raises IllegalMove: the course is not under way.
    :raises Stale: somebody changed it meanwhile.
    """
    if not reason.strip():
        raise Rejected("Say why.", fields={"reason": "required"})

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=course_id, now=now)
        course = _locked(course_id, version, CourseState.ON_HOLD)
        if resume_on and resume_on < local_time.today(now, course.site.zone):
            raise Rejected(f"{local_time.day_text(resume_on)} has passed.", fields={"resume_on": "past"})
        hand = Hand.of(request, now)
        facts = {"state": CourseState.ON_HOLD, "resume_on": resume_on}
        change = ledger.header(course, "put_on_hold", hand, facts=facts, reason=reason)
        _give_back(course, change, reason, hand)
        _audit(request, course, "put_on_hold", now)
        return course.pk

    return locking.once(request, run)


def discontinue_course(
    *,
    request: clinic_actions.Request,
    course_id: int,
    version: int,
    reason: EndReason,
    now: dt.datetime,
    note: str = "",
) -> tuple[int, bool]:
    """End a course before its time: what lies ahead is cancelled; return its id, and whether it was done before.

    Of a patient who died every course ends, and the record says so. After a quiet end (died, admitted, withdrew) nobody
    is told anything: `states.QUIET_ENDS`.

    :raises IllegalMove: the course has ended, or a visit of it is under way.
    :raises Stale: somebody changed it meanwhile.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=course_id, now=now)
        others = _others_under_way(course_id) if reason is EndReason.DIED else []
        course = _locked(course_id, version, CourseState.DISCONTINUED)
        hand = Hand.of(request, now)
        for each in [course, *others]:
            _end(each, reason, note, hand)
        if reason is EndReason.DIED:
            patient_actions.note_death(request=request, patient_id=course.patient_id, now=now)
        _audit(request, course, "ended", now)
        return course.pk

    return locking.once(request, run)


def _locked(course_id: int, version: int, to: CourseState) -> Course:
    course = locking.course(course_id, version)
    state = CourseState(course.state)
    if to not in COURSE_MOVES[state]:
        raise IllegalMove(f"This course is {_WORDS.get(state, state.value)}. Look at it again.")
    if course.held_until:
        raise IllegalMove("This course only holds times. Release the hold instead.")
    locking.patient(course.patient_id)
    return course


def _others_under_way(course_id: int) -> list[Course]:
    """Lock the patient's courses in the order of their ids, before the patient; return the other ones under way."""
    of_patient = Course.objects.filter(
        patient__courses=course_id, state__in=[CourseState.READY, CourseState.ACTIVE, CourseState.ON_HOLD]
    )
    ids = sorted({course_id, *of_patient.values_list("pk", flat=True)})
    return [row for row in map(locking.course, ids) if row.pk != course_id]


def _end(course: Course, reason: EndReason, note: str, hand: Hand) -> None:
    here = list(Session.objects.filter(course=course, state__in=_STILL_HERE).order_by("number"))
    if here and reason is not EndReason.DIED:
        what = f"{len(here)} visits are" if len(here) > 1 else f"visit {here[0].number} is"
        it = "them" if len(here) > 1 else "it"
        raise IllegalMove(f"Can't end the course: {what} under way. Close {it} first.")
    facts = {"state": CourseState.DISCONTINUED, "resume_on": None, "end_reason": reason.value}
    change = ledger.header(course, "ended", hand, facts=facts, reason=note, data={"end_reason": reason.value})
    words = f"The course ended: {reason.replace('_', ' ')}"
    by_whom = CancelledBy.PATIENT if reason is EndReason.MOVED_AWAY else CancelledBy.CLINIC
    _give_back(course, change, words, hand, by_whom=by_whom, all_open=reason in QUIET_ENDS)


def _give_back(
    course: Course,
    change: CourseEvent,
    reason: str,
    hand: Hand,
    *,
    by_whom: CancelledBy = CancelledBy.CLINIC,
    all_open: bool = False,
) -> None:
    """Cancel what lies ahead; with `all_open` also what is past and nobody has settled, so that nobody is asked."""
    meant = Q(state__in=MOVABLE, ends_at__gt=hand.now)
    if all_open:
        meant |= Q(state__in=MOVABLE | {SessionState.MISSED})
    found = Session.objects.select_for_update(no_key=True).filter(meant, course=course)
    rows = list(found.order_by("starts_at", "pk"))
    if rows:
        ledger.write(cancelled(course, rows, reason, by_whom, hand.now), hand, change=change)


def _audit(request: clinic_actions.Request, course: Course, kind: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=course.site,
        action=f"course.{kind}",
        patient_ids=[course.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
