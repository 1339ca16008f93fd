"""A house in which first visits have no room on Wednesdays, and what makes a proposal there."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from scheduling.actions import levelling
from scheduling.models import (
    Course,
    CourseEvent,
    LevelProposal,
    Outage,
    Reservation,
    Resource,
    ResourceHours,
    Session,
    SessionEvent,
)
from scheduling.queries.levelling import Told
from tests.factories import World

NIGHT = dt.datetime(2026, 11, 17, 8, 30, tzinfo=dt.UTC)  # Tuesday, 3:30am in New York
SINCE = dt.date(2026, 11, 30)
WEDNESDAYS = [dt.date(2026, 12, day) for day in (2, 9, 16, 23)]
DECEMBER_9 = WEDNESDAYS[1]
EIGHT, HALF_PAST = 480, 510


def nobody(_ids: Collection[int]) -> frozenset[int]:
    return frozenset()


def crowd(world: World) -> Course:
    """Return Maria's course: 8:30am on NeuroStar 1.

    First visits need Dr. Weiss, who is there on Wednesdays, 8am to 9:30am; the other devices begin at 8:30am then.
    """
    course = world.book(preferred_minute=HALF_PAST)
    psychiatrist = Resource.objects.get(site=world.site, kind="psychiatrist")
    ResourceHours.objects.create(resource=psychiatrist, weekday=3, opens=dt.time(8), closes=dt.time(9, 30))
    for day in WEDNESDAYS:
        for name in ("NeuroStar 2", "NeuroStar 3"):
            out(world, name, day, 13)
    return course


def out(world: World, name: str, day: dt.date, hour: int, minutes: int = 30) -> None:
    """Take a device out of service for a while, from an hour (UTC) on."""
    starts_at = dt.datetime.combine(day, dt.time(hour), dt.UTC)
    Outage.objects.create(
        resource=Resource.objects.get(site=world.site, name=name),
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=minutes),
        reason="Cooling",
    )


def propose(world: World, *, now: dt.datetime = NIGHT, told: Told = nobody) -> LevelProposal | None:
    pk = levelling.propose(site=world.site, since=SINCE, told=told, now=now)
    return None if pk is None else LevelProposal.objects.get(pk=pk)


def proposed(world: World, **more: Any) -> LevelProposal:
    row = propose(world, **more)
    assert row is not None
    return row


def days(row: LevelProposal | None) -> list[dt.date]:
    return [] if row is None else [dt.date.fromisoformat(move["from"]["day"]) for move in row.moves]


def on(course: Course, day: dt.date) -> Session:
    return Session.objects.get(course=course, day=day)


def device_of(session: Session) -> str:
    held = Reservation.objects.filter(session=session, is_active=True, resource__kind="tms_device")
    return held.values_list("resource__name", flat=True).get()


def accept(world: World, row: LevelProposal, **more: Any) -> tuple[int, bool]:
    asked: dict[str, Any] = {
        "request": world.request,
        "proposal_id": row.pk,
        "version": row.version,
        "told": nobody,
        "now": NIGHT,
    }
    return levelling.accept(**(asked | more))


def everything() -> list[Any]:
    """Everything that anybody comes by."""
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Course, Session, Reservation, CourseEvent, SessionEvent)
    ]
