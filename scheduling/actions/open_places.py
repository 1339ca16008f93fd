"""What is looked at once more under the locks: the clock, closures, outages, what other courses forbid."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import F

from clinic.models import Site
from scheduling.actions.visits import Visit
from scheduling.domain import bitmap, lists
from scheduling.domain.local_time import QUANTUM, day_text
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.errors import PlanGone
from scheduling.models import Closure, Course, ExtraHours, Outage, Reservation, Resource, Session
from scheduling.queries import life
from scheduling.queries import lists as lists_gone
from scheduling.queries.definitions import definition_of
from scheduling.queries.hours import Hours


def check_open(site: Site, visits: Sequence[Visit], now: dt.datetime) -> None:
    """Refuse visits in the past, on a closed day, or with something that is out of service while they need it.

    :raises PlanGone: one of them.
    """
    first, last = min(visit.starts_at for visit in visits), max(visit.ends_at for visit in visits)
    if first < now:
        raise PlanGone("The first visit of this plan has passed. Look at the choices again.")
    shut = Closure.objects.filter(site=site, starts_at__lt=last, ends_at__gt=first).values_list("starts_at", "ends_at")
    if any(since < visit.ends_at and until > visit.starts_at for since, until in shut for visit in visits):
        raise PlanGone("The clinic closed on a day of this plan. Look at the choices again.")
    uses = [
        (use.resource_id, visit.at(use.from_minute), visit.at(use.to_minute))
        for visit in visits
        for use in visit.planned.uses
    ]
    out = Outage.objects.filter(
        resource__in={resource_id for resource_id, _begins, _ends in uses},
        starts_at__lt=max(ends for _resource, _begins, ends in uses),
        ends_at__gt=min(begins for _resource, begins, _ends in uses),
    )
    for resource_id, since, until in out.values_list("resource_id", "starts_at", "ends_at"):
        if any(resource_id == used and since < ends and until > begins for used, begins, ends in uses):
            raise PlanGone("A device of this plan went out of service. Look at the choices again.")
    _check_hours(site, visits)


def _check_hours(site: Site, visits: Sequence[Visit]) -> None:
    """Refuse hours that were opened beside the week and taken back since; one statement where none were."""
    days = [visit.planned.day for visit in visits]
    taken_back = ExtraHours.objects.filter(site=site, day__range=(min(days), max(days)), removed_at__isnull=False)
    closed = set(taken_back.values_list("day", flat=True)) & set(days)
    if not closed:
        return
    planned = [visit.planned for visit in visits if visit.planned.day in closed]
    used = Resource.objects.filter(pk__in={use.resource_id for each in planned for use in each.uses})
    hours = Hours(site, list(used), first=min(closed), last=max(closed))
    for each in planned:
        for use in each.uses:
            first, end = use.from_minute // QUANTUM, -(-use.to_minute // QUANTUM)
            if bitmap.span(first, end - first) & ~hours.of(use.resource_id, each.day):
                raise PlanGone(f"{day_text(each.day)} was closed again meanwhile. Look at the choices again.")


def blocked_now(session_ids: Iterable[int]) -> set[int]:
    """Return which of some stored sessions stand in a closed time, or hold something that is out of service then."""
    ids = list(session_ids)
    held = Reservation.objects.filter(
        session__in=ids,
        is_active=True,
        resource__outages__starts_at__lt=F("ends_at"),
        resource__outages__ends_at__gt=F("starts_at"),
    )
    shut = Session.objects.filter(
        pk__in=ids, site__closures__starts_at__lt=F("ends_at"), site__closures__ends_at__gt=F("starts_at")
    )
    return {*held.values_list("session_id", flat=True), *shut.values_list("pk", flat=True)}


def check_lists(
    site: Site, definition: ProtocolDefinition, days: Iterable[tuple[dt.date, dt.date | None]], now: dt.datetime
) -> None:
    """Refuse to put anybody on a list that has gone out; `days`: where each visit goes, and where it stands now.

    :raises PlanGone: one of them would be.
    """
    frozen = lists_gone.frozen_through(site=site, definition=definition, now=now)
    for day, now_on in days:
        if lists.broken(frozen, day, now_on=now_on, frozen_at=definition.list_frozen_at):
            raise PlanGone(f"The list of {day_text(day)} went out meanwhile. Look at the choices again.")


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
