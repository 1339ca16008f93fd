"""Closed groups: the dates of one, its numbered places, and the room and person it holds itself, once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from clinic.models import Site
from scheduling.domain import local_time
from scheduling.errors import NotFound, Rejected, SlotTaken
from scheduling.models import ClosedGroup, Closure, GroupMeeting, Reservation, Resource

MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group as it is set up: weekly from its first day, `meetings` times, a closed day skipped.

    `minute` is the wall clock, `holds` are the names of the room and of who leads it.
    """

    name: str
    topic: str
    places: int
    first_day: dt.date
    minute: int
    minutes: int
    meetings: int
    holds: Sequence[str]


@transaction.atomic(durable=True)
def add_group(*, site: Site, group: NewGroup) -> int:
    """Add a closed group with its meetings and places, hold its room and leader on each date, and return its id.

    :raises Rejected: a name in use, no place, no meeting.
    :raises NotFound: the site has no resource of a name.
    :raises SlotTaken: the room or the leader is taken on one of the dates; nothing is saved.
    """
    _check(site, group)
    held = [_resource(site, name) for name in group.holds]
    row = ClosedGroup.objects.create(site=site, name=group.name, topic=group.topic)
    meetings = GroupMeeting.objects.bulk_create(
        GroupMeeting(group=row, number=number, day=day, minute=group.minute, minutes=group.minutes)
        for number, day in enumerate(_days(site, group), start=1)
    )
    places = Resource.objects.filter(site=site).count()
    Resource.objects.bulk_create(
        Resource(
            site=site,
            kind="group_place",
            name=f"{group.name}, place {number}",
            capabilities=[group.topic],
            closed_group=row,
            position=places + number,
        )
        for number in range(1, group.places + 1)
    )
    try:
        with transaction.atomic():
            Reservation.objects.bulk_create(
                _reservation(site, meeting, resource) for resource in held for meeting in meetings
            )
    except IntegrityError as error:
        raise SlotTaken(
            "The room or the person is taken on one of the dates. Nothing was saved. Pick another time."
        ) from error
    return row.pk


def _check(site: Site, group: NewGroup) -> None:
    if ClosedGroup.objects.filter(site=site, name=group.name).exists():
        raise Rejected(f"There is a group {group.name} already.", fields={"name": "in use"})
    if not 1 <= group.places <= MOST_PLACES or not 1 <= group.meetings <= 60:
        raise Rejected(f"A group has 1 to {MOST_PLACES} places and 1 to 60 meetings.", fields={"places": "range"})


def _resource(site: Site, name: str) -> Resource:
    found = Resource.objects.select_for_update(no_key=True).filter(site=site, name=name, is_active=True).first()
    if found is None:
        raise NotFound(f"There is no {name} at this site.", fields={"holds": "unknown"})
    return found


def _days(site: Site, group: NewGroup) -> list[dt.date]:
    days: list[dt.date] = []
    day = group.first_day
    while len(days) < group.meetings:
        starts_at = local_time.to_utc(day, group.minute, site.zone)
        ends_at = starts_at + dt.timedelta(minutes=group.minutes)
        if not Closure.objects.filter(site=site, starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
            days.append(day)
        day += dt.timedelta(days=7)
    return days


def _reservation(site: Site, meeting: GroupMeeting, resource: Resource) -> Reservation:
    starts_at = local_time.to_utc(meeting.day, meeting.minute, site.zone)
    return Reservation(
        resource=resource,
        meeting=meeting,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=meeting.minutes),
        day_number=meeting.day.toordinal(),
        first_quantum=meeting.minute // local_time.QUANTUM,
        end_quantum=-(-(meeting.minute + meeting.minutes) // local_time.QUANTUM),
    )
