"""Courses under way that have fewer visits than were prescribed: somebody has to find the rest a place."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q

from scheduling.domain.states import CourseState
from scheduling.models import Course


@dataclass(frozen=True, slots=True)
class Owing:
    """A course that owes its patient visits, and how many."""

    course_id: int
    patient_id: int
    last_name: str
    first_name: str
    tag: str
    owed: int
    prescribed: int


def courses_owing(*, site_ids: Sequence[int]) -> list[Owing]:
    """Return the courses under way that owe visits, who is owed the most first; one statement.

    Where a protocol makes nothing up, nothing is owed.
    """
    rows = (
        Course.objects.filter(site__in=site_ids, state=CourseState.ACTIVE)
        .annotate(
            standing=Count("sessions", filter=Q(sessions__is_counted=True)),
            makeup=F("protocol__definition__makeup"),
            last=F("patient__last_name"),
            first=F("patient__first_name"),
            preferred=F("patient__preferred_name"),
        )
        .filter(standing__lt=F("prescribed"))
        .values_list(
            "pk", "patient_id", "last", "first", "preferred", "protocol__tag", "standing", "prescribed", "makeup"
        )
    )
    found = [
        Owing(course_id, patient_id, last, preferred or first, tag, prescribed - standing, prescribed)
        for course_id, patient_id, last, first, preferred, tag, standing, prescribed, makeup in rows
        if makeup != "none"
    ]
    return sorted(found, key=lambda each: (-each.owed, each.last_name, each.course_id))
