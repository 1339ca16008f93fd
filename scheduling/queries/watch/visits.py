"""Single visits that wait for something: a record, a new time, somebody else in their place."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When

from patients.domain.contact import GONE
from scheduling.domain import local_time
from scheduling.domain.states import SessionState
from scheduling.models import Closure, Outage, Reservation, Session, SessionEvent
from scheduling.queries.watch.courses import LIVE

_UNDER_WAY = (SessionState.ARRIVED, SessionState.IN_TREATMENT, SessionState.MONITORING)
OPEN_DAYS = 60  # how far back an unfinished record is looked for
FREED = dt.timedelta(days=5)


@dataclass(frozen=True, slots=True)
class WatchedVisit:
    """A visit by itself; `since` is what the reader says, `flag_at` when the clock would flag it."""

    session_id: int
    version: int
    timing_version: int
    state: str
    day: dt.date
    minute: int
    starts_at: dt.datetime
    zone: str
    site_id: int
    course_id: int
    course_version: int
    patient_id: int
    last_name: str
    first_name: str
    since: dt.datetime
    resource_id: int | None = None
    flag_at: dt.datetime | None = None


# Each fact of a visit and the column it stands in.
VISIT = {
    "session_id": "pk",
    "version": "version",
    "timing_version": "timing_version",
    "state": "state",
    "day": "day",
    "minute": "minute",
    "starts_at": "starts_at",
    "zone": "zone",
    "site_id": "site_id",
    "course_id": "course_id",
    "course_version": "course__version",
    "patient_id": "patient_id",
    "last_name": "patient__last_name",
    "first_name": "patient__first_name",
    "preferred_name": "patient__preferred_name",
}
FROM_RESERVATION = [f"session__{column}" for column in VISIT.values()]


def visit_of(row: Sequence[Any], since: dt.datetime, resource_id: int | None = None) -> WatchedVisit:
    """Return a visit from the columns of `VISIT`."""
    facts: dict[str, Any] = dict(zip(VISIT, row, strict=True))
    facts["first_name"] = facts.pop("preferred_name") or facts["first_name"]
    return WatchedVisit(**facts, since=since, resource_id=resource_id)


def visits_expected(*, site_ids: Sequence[int], now: dt.datetime) -> list[WatchedVisit]:
    """Return the booked visits of courses under way that have begun by the clock, oldest first, since their start.

    Those held back because nothing was recorded on their day wait for a person's answer and are left out.
    """
    rows = Session.objects.filter(
        state=SessionState.BOOKED,
        site_id__in=site_ids,
        starts_at__lte=now,
        course__state__in=LIVE,
        recording_gap=None,
    ).exclude(patient__state__in=GONE)
    columns = (*VISIT.values(), "missed_after")
    return [
        replace(visit_of(row, row[6]), flag_at=flag_at)
        for *row, flag_at in rows.order_by("starts_at", "pk").values_list(*columns)
    ]


def visits_unclosed(*, site_ids: Sequence[int], now: dt.datetime) -> list[WatchedVisit]:
    """Return the visits of earlier local days whose record was never finished, oldest first, since their end.

    Of a day on which nothing was recorded: those that somebody said are to be recorded one by one.
    """
    unrecorded = Q(state=SessionState.BOOKED, recording_gap__settled_at__isnull=False)
    rows = Session.objects.filter(
        Q(state__in=_UNDER_WAY) | unrecorded,
        site_id__in=site_ids,
        day__range=(now.date() - dt.timedelta(days=OPEN_DAYS), now.date() + dt.timedelta(days=1)),
    ).order_by("starts_at", "pk")
    found = [visit_of(row, ends_at) for *row, ends_at in rows.values_list(*VISIT.values(), "ends_at")]
    return [visit for visit in found if visit.day < local_time.today(now, visit.zone)]


def visits_freed(*, site_ids: Sequence[int], now: dt.datetime) -> list[WatchedVisit]:
    """Return the cancelled visits of the coming days whose main place nobody has taken, since their cancellation.

    A place that is out of service then, or in a time the site is closed, is not free.
    """
    busy = {"starts_at__lt": OuterRef("ends_at"), "ends_at__gt": OuterRef("starts_at")}
    cancelled_at = SessionEvent.objects.filter(session=OuterRef("session_id")).order_by("-pk").values("at")[:1]
    rows = (
        Reservation.objects.filter(
            is_active=False,
            starts_at__lt=F("session__ends_at"),
            ends_at__gt=F("session__starts_at"),
            session__state=SessionState.CANCELLED,
            session__site_id__in=site_ids,
            session__day__range=(now.date() - dt.timedelta(days=1), (now + FREED).date() + dt.timedelta(days=1)),
            session__starts_at__gt=now,
            session__starts_at__lte=now + FREED,
            session__course__state__in=LIVE,
        )
        .annotate(
            is_taken=Exists(Reservation.objects.filter(resource=OuterRef("resource_id"), is_active=True, **busy)),
            is_out=Exists(Outage.objects.filter(resource=OuterRef("resource_id"), **busy)),
            is_shut=Exists(Closure.objects.filter(site=OuterRef("session__site_id"), **busy)),
            cancelled_at=Subquery(cancelled_at),
        )
        # A resource without a column is a person, or a place beside the main one.
        .annotate(is_beside=Case(When(resource__group="", then=1), default=0))
        .order_by("session__starts_at", "session_id", "is_beside", "pk")
    )
    found: dict[int, WatchedVisit | None] = {}
    for *row, at, resource_id, is_taken, is_out, is_shut in rows.values_list(
        *FROM_RESERVATION, "cancelled_at", "resource_id", "is_taken", "is_out", "is_shut"
    ):
        is_free = not (is_taken or is_out or is_shut)
        found.setdefault(row[0], visit_of(row, at, resource_id) if is_free else None)
    return [visit for visit in found.values() if visit]
