"""A running course keeps the protocol version it was built from, until somebody moves it over on purpose."""

import datetime as dt

from django.db import transaction
from django.db.models import F

from clinic import actions as clinic_actions
from scheduling.domain.states import CourseState
from scheduling.errors import IllegalMove, Stale
from scheduling.models import Course, CourseEvent
from scheduling.queries import versions

MOVABLE_COURSES = [CourseState.DRAFT, CourseState.READY, CourseState.ACTIVE, CourseState.ON_HOLD]


@transaction.atomic(durable=True)
def move_to_current(
    *, request: clinic_actions.Request, course_id: int, version: int, to_version: int, now: dt.datetime
) -> None:
    """Put a course on the current version of its protocol, as previewed; no booked time moves by itself.

    :raises IllegalMove: the course has ended, or is on that version.
    :raises Stale: the course, or the protocol, changed since the preview.
    """
    locked = Course.objects.select_for_update(no_key=True, of=("self",)).select_related("site", "protocol")
    course = locked.get(pk=course_id)
    if course.state not in MOVABLE_COURSES:
        raise IllegalMove("This course has ended and keeps the protocol it was given by.")
    current = versions.current_of(course)
    if current.pk == course.protocol_id:
        raise IllegalMove("This course is on the current version.")
    if course.version != version or current.version != to_version:
        raise Stale("The course or the protocol changed meanwhile. Look at the preview again.")
    was = course.protocol.version
    Course.objects.filter(pk=course.pk).update(protocol=current, version=F("version") + 1)
    CourseEvent.objects.create(
        course=course,
        kind="moved_version",
        from_state=course.state,
        to_state=course.state,
        at=now,
        by=request.user,
        data={"from": was, "to": current.version},
    )
    clinic_actions.write_audit(
        request=request,
        site=course.site,
        action="course.moved_version",
        patient_ids=[course.patient_id],
        object_type="course",
        object_id=course.pk,
        now=now,
    )
