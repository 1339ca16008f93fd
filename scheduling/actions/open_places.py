"""What is looked at once more under the locks: the clock, closures, outages, what other courses forbid."""

import datetime as dt
from collections.abc import Sequence

from clinic.models import Site
from scheduling.actions.visits import Visit
from scheduling.errors import PlanGone
from scheduling.models import Closure, Course, Outage
from scheduling.queries import life
from scheduling.queries.definitions import definition_of


def check_open(site: Site, visits: Sequence[Visit], now: dt.datetime) -> None:
    """Refuse visits in the past, on a closed day, or with something that is out of service.

    :raises PlanGone: one of them.
    """
    first, last = min(visit.starts_at for visit in visits), max(visit.ends_at for visit in visits)
    if first < now:
        raise PlanGone("The first visit of this plan has passed. Look at the choices again.")
    shut = Closure.objects.filter(site=site, starts_at__lt=last, ends_at__gt=first).values_list("starts_at", "ends_at")
    if any(since < visit.ends_at and until > visit.starts_at for since, until in shut for visit in visits):
        raise PlanGone("The clinic closed on a day of this plan. Look at the choices again.")
    ids = {use.resource_id for visit in visits for use in visit.planned.uses}
    out = Outage.objects.filter(resource__in=ids, starts_at__lt=last, ends_at__gt=first)
    for resource_id, since, until in out.values_list("resource_id", "starts_at", "ends_at"):
        for visit in visits:
            is_used = any(use.resource_id == resource_id for use in visit.planned.uses)
            if is_used and since < visit.ends_at and until > visit.starts_at:
                raise PlanGone("A device of this plan went out of service. Look at the choices again.")


def check_other_courses(course: Course, visits: Sequence[Visit], *, modality: str = "") -> None:
    """Refuse what another course of the patient forbids on a day; the patient must be locked.

    :raises PlanGone: another course was booked or moved meanwhile.
    """
    broken = life.broken_day_rule(
        patient_id=course.patient_id,
        course_id=course.pk,
        modality=modality or definition_of(course.protocol).modality,
        visits=sorted((visit.planned.day, visit.planned.minute, visit.planned.minutes) for visit in visits),
        zone=course.site.zone,
    )
    if broken:
        raise PlanGone(f"Another course was booked meanwhile: {broken}. Look at the choices again.")
