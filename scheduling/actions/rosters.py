"""Who stands at a role place: named weeks ahead, swapped at any time; no visit moves and no patient is told."""

import datetime as dt

from django.db import IntegrityError, transaction

from clinic import queries as clinic_queries
from clinic.models import StaffUser
from scheduling.domain import local_time
from scheduling.errors import Conflict, NotFound, Rejected
from scheduling.models import Resource, Shift


@transaction.atomic(durable=True)
def name_staff(*, place: Resource, staff: StaffUser, day: dt.date, from_minute: int, to_minute: int) -> int:
    """Put a person at a role place for part of a day (wall clock) and return the shift's id; who stood there leaves.

    :raises NotFound: the person does not work at the place's site.
    :raises Rejected: the time is empty, or the person lacks a skill of the place.
    :raises Conflict: the person stands at another place then.
    """
    if to_minute <= from_minute:
        raise Rejected("The shift must end after it begins.", fields={"to": "too early"})
    skills = clinic_queries.skills_at(user=staff, site=place.site)
    if skills is None:
        raise NotFound("There is nobody like that at this site.", fields={"staff": "unknown"})
    lacking = {place.kind, *place.capabilities} - set(skills)
    if lacking:
        raise Rejected(
            f"{staff.name} is not trained for: {', '.join(sorted(lacking)).replace('_', ' ')}.",
            code="lacks_skill",
            fields={"staff": "lacks skill"},
        )
    starts_at = local_time.to_utc(day, from_minute, place.site.zone)
    ends_at = local_time.to_utc(day, to_minute, place.site.zone)
    Shift.objects.filter(place=place, is_active=True, starts_at__lt=ends_at, ends_at__gt=starts_at).update(
        is_active=False
    )
    try:
        with transaction.atomic():
            return Shift.objects.create(place=place, staff=staff, starts_at=starts_at, ends_at=ends_at).pk
    except IntegrityError as error:
        raise Conflict(f"{staff.name} stands at another place then. Swap the two, or pick another person.") from error
