"""When a course is complete, and when it is not any more."""

from django.db.models import Count, Q

from scheduling.actions import ledger
from scheduling.actions.ledger import Hand
from scheduling.domain.states import DELIVERED, OPEN, CourseState, SessionState
from scheduling.models import Course, Session

_EXPECTED = OPEN | {SessionState.MISSED}


def settle_course(course_id: int, hand: Hand) -> None:
    """Complete the course once everything prescribed is delivered and nothing is open."""
    counts = Session.objects.filter(course_id=course_id, is_counted=True).aggregate(
        delivered=Count("pk", filter=Q(state__in=DELIVERED)),
        still_open=Count("pk", filter=Q(state__in=_EXPECTED)),
    )
    if counts["still_open"]:
        return
    course = Course.objects.filter(pk=course_id, state=CourseState.ACTIVE, prescribed__lte=counts["delivered"]).first()
    if course:
        ledger.header(course, "completed", hand, facts={"state": CourseState.COMPLETED})


def reopen_course(course_id: int, hand: Hand) -> None:
    """Make a completed course active again once less than what is prescribed is delivered, or something is open."""
    counts = Session.objects.filter(course_id=course_id, is_counted=True).aggregate(
        delivered=Count("pk", filter=Q(state__in=DELIVERED)), all=Count("pk")
    )
    course = Course.objects.filter(pk=course_id, state=CourseState.COMPLETED).first()
    if course and (counts["delivered"] < course.prescribed or counts["all"] > counts["delivered"]):
        ledger.header(course, "undone", hand, facts={"state": CourseState.ACTIVE})
