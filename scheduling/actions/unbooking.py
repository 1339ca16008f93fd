"""Taking a booking back as a whole: the wrong patient, the wrong protocol, a slip of the hand."""

import datetime as dt

from clinic import actions as clinic_actions
from scheduling.actions import holds, ledger, locking, meanwhile
from scheduling.actions.ledger import Edit, Hand
from scheduling.domain import local_time
from scheduling.domain.states import CancelledBy, CourseState, SessionState
from scheduling.errors import IllegalMove, Stale
from scheduling.models import Course, CourseEvent, Session, SessionEvent

TAKEN_BACK = "Taken back"
# What may have happened to a course since without anybody relying on it.
_HARMLESS = ("booked", "held", "extension_asked", "renumbered")


def take_back_booking(
    *, request: clinic_actions.Request, course_id: int, version: int, now: dt.datetime
) -> tuple[int, bool]:
    """Take back a course that was just booked or held, all of it, and return its id and whether it was before.

    :raises IllegalMove: something happened to the course since.
    :raises Stale: somebody changed the course, or one of its visits since.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=course_id, now=now)
        course = locking.course(course_id, version)
        locking.patient(course.patient_id)
        _check_only_booked(course)
        hand = Hand.of(request, now)
        if course.held_until is not None:
            holds.release_within(course=course, reason=TAKEN_BACK, hand=hand)
        else:
            _withdraw(course, hand)
        clinic_actions.write_audit(
            request=request,
            site=course.site,
            action="course.booking_taken_back",
            patient_ids=[course.patient_id],
            object_type="course",
            object_id=course.pk,
            now=now,
        )
        return course_id

    return locking.once(request, run)


def _check_only_booked(course: Course) -> None:
    other = CourseEvent.objects.filter(course=course).exclude(kind__in=_HARMLESS).order_by("pk").last()
    if other is not None or course.state not in (CourseState.DRAFT, CourseState.READY, CourseState.ACTIVE):
        raise IllegalMove(f"Can't undo: {meanwhile.who_changed_course(course)}")
    events = SessionEvent.objects.filter(session__course=course).exclude(kind__in=("booked", "held"))
    latest = events.select_related("by", "session").order_by("pk").last()
    if latest is not None:
        _day, minute = local_time.wall(latest.at, course.site.zone)
        raise Stale(
            f"Can't undo: {meanwhile.who_did(latest)} changed visit {latest.session.number} at "
            f"{local_time.clock_text(minute)}. Change or end the course instead."
        )


def _withdraw(course: Course, hand: Hand) -> None:
    booked = dict(
        SessionEvent.objects.filter(session__course=course, kind="booked").order_by("pk").values_list("session", "pk")
    )
    rows = list(Session.objects.select_for_update(no_key=True).filter(course=course).order_by("number"))
    facts = {"state": SessionState.CANCELLED, "cancelled_by": CancelledBy.SYSTEM, "reason": TAKEN_BACK}
    edits = []
    for row in rows:
        row.course = course
        edits.append(Edit(row, "undone", dict(facts), undoes=booked.get(row.pk)))
    change = ledger.header(course, "booking_taken_back", hand, facts={"state": CourseState.ENTERED_IN_ERROR})
    ledger.write(edits, hand, change=change)
