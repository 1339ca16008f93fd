"""A visit dragged to a place of somebody's choice: where it may go on a day, and what is near where it may not."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scheduling.domain import local_time
from scheduling.domain.choices import Places, as_counted
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import PlannedSession
from scheduling.models import Reservation, Session, SessionEvent
from scheduling.queries.legality import series_of
from scheduling.queries.living import definition_under, standing_of

NEARBY_DAYS = 7
JUST_NOW = dt.timedelta(minutes=10)
APART = 30  # minutes between two alternatives on one device


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose visit is in the way, until when (minute); `by`: who put it there, if that was in the last minutes."""

    patient_id: int
    last_name: str
    first_name: str
    until: int
    by: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Why a visit may not be where it was dropped, the rules in the way, and the nearest places where it may be."""

    why: str
    rules: tuple[str, ...]
    holder: Holder | None
    places: tuple[PlannedSession, ...]


def places_on(session: Session, *, day: dt.date, now: dt.datetime) -> dict[int, list[int]]:
    """Return by device the minutes of a day at which a visit that is ahead may begin.

    :raises CannotPlan: a flag or a payer stops the treatment.
    """
    today, minute = local_time.wall(now, session.zone)
    if day < today:
        return {}
    found, _main = _places(session, now)
    earliest = minute + 1 if day == today else 0
    return {main: [at for at in starts if at >= earliest] for main, starts in found.starts(day).items()}


def beside(
    session: Session, *, day: dt.date, minute: int, resource_id: int, now: dt.datetime, limit: int = 3
) -> Beside:
    """Return what stands in the way of a visit at a place, and up to three places near it.

    :raises CannotPlan: a flag or a payer stops the treatment.
    """
    found, main = _places(session, now)
    liked = resource_id or main
    faults = found.faults(day, minute)
    there = found.free_at(day, minute, liked)
    taken = there if isinstance(there, str) else ""
    why = "; ".join(each.text for each in faults) or taken or "that place is taken"
    return Beside(
        why=f"{why[0].upper()}{why[1:]}",
        rules=tuple(each.code for each in faults),
        holder=_holder(session, liked, day, minute, now) if taken else None,
        places=tuple(_near(found, session, day, minute, liked, now, limit)),
    )


def _places(session: Session, now: dt.datetime) -> tuple[Places, int]:
    definition = definition_under(session.course)
    standing = standing_of(session.course, now=now, definition=definition, series=series_of(definition, session.phase))
    mine = next(each for each in standing.under.sittings if (each.day, each.minute) == (session.day, session.minute))
    ground = standing.ground(movable=[session.pk])
    return Places(as_counted(standing.under), ground, phase=session.phase, number=mine.number), mine.main


def _holder(session: Session, resource_id: int, day: dt.date, minute: int, now: dt.datetime) -> Holder | None:
    at = local_time.to_utc(day, minute, session.zone)
    end = at + (session.ends_at - session.starts_at)
    rows: Any = Reservation.objects.filter(
        resource=resource_id, is_active=True, starts_at__lt=end, ends_at__gt=at, session__isnull=False
    ).exclude(session=session.pk)
    row = rows.select_related("session__patient").order_by("starts_at").first()
    if row is None:
        return None
    return Holder(
        patient_id=row.session.patient_id,
        last_name=row.session.patient.last_name,
        first_name=row.session.patient.first_name,
        until=local_time.wall(row.ends_at, session.zone)[1],
        by=_who_took(row.session_id, now),
    )


def _who_took(session_id: int, now: dt.datetime) -> str:
    """Return who put a visit where it is, if that was in the last minutes."""
    steps = SessionEvent.objects.filter(session=session_id, at__gte=now - JUST_NOW, by__isnull=False)
    for step in steps.select_related("by").order_by("-pk"):
        if step.by and (step.kind in ("booked", "held") or "minute" in step.data.get("after", {})):
            return step.by.name
    return ""


def _near(
    found: Places, session: Session, day: dt.date, minute: int, liked: int, now: dt.datetime, limit: int
) -> Sequence[PlannedSession]:
    """Return the nearest legal places: of that day first, then the days around it; never where the visit is now."""
    today, earliest = local_time.wall(now, session.zone)
    places: list[PlannedSession] = []
    for place in found.same_day(day, minute, liked) if day >= today else ():
        if _is_new(place, places, session) and (day, place.minute) > (today, earliest):
            places.append(place)
        if len(places) == limit:
            return places
    for away in range(1, NEARBY_DAYS + 1):
        place_or_why = found.on(max(day, today) + dt.timedelta(days=away), minute, liked)
        if isinstance(place_or_why, PlannedSession) and _is_new(place_or_why, places, session):
            places.append(place_or_why)
        if len(places) == limit:
            break
    return places


def _is_new(place: PlannedSession, places: Sequence[PlannedSession], session: Session) -> bool:
    if (place.day, place.minute) == (session.day, session.minute):
        return False
    return all(place.day != other.day or abs(place.minute - other.minute) >= APART for other in places)


def words_of(place: PlannedSession) -> str:
    """Return a place as the desk reads it."""
    return f"{day_text(place.day)}, {clock_text(place.minute)}, {place.uses[0].name}"
