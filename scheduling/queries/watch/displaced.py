"""Visits that stand in a blocked time: on something out of service, with somebody away, on a closed day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from scheduling.domain.states import SessionState
from scheduling.models import Outage, Reservation, Session
from scheduling.queries.watch.courses import LIVE
from scheduling.queries.watch.visits import FROM_RESERVATION, VISIT, WatchedVisit, visit_of

_THEN = ("starts_at", "ends_at", "reason")


@dataclass(frozen=True, slots=True)
class Blocked:
    """What a time is blocked by: a block as a whole, else an outage of a resource or a closure by itself."""

    block_id: int | None
    outage_id: int | None
    closure_id: int | None
    resource_id: int | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Displaced:
    """A blocked time, and the booked visits that lie in it, the first one first."""

    by: Blocked
    visits: tuple[WatchedVisit, ...]

    @property
    def block_id(self) -> int | None:
        """The block it belongs to, if any."""
        return self.by.block_id


def visits_displaced(*, site_ids: Sequence[int], now: dt.datetime) -> list[Displaced]:
    """Return the blocked times that lie over booked visits still to come; three statements, and one more.

    Nearly always nothing is out of service: then what asks who is hit by it need not be planned.
    """
    readers = [_by_closures]
    if Outage.objects.filter(resource__site__in=site_ids, ends_at__gt=now).exists():
        readers = [_by_outages, _by_meetings, _by_closures]
    found: dict[Blocked, dict[int, WatchedVisit]] = defaultdict(dict)
    for rows in readers:
        for by, visit in rows(site_ids, now):
            found[by][visit.session_id] = visit
    return [
        Displaced(by, tuple(sorted(visits.values(), key=lambda visit: (visit.starts_at, visit.session_id))))
        for by, visits in found.items()
    ]


def _by_outages(site_ids: Sequence[int], now: dt.datetime) -> Iterator[tuple[Blocked, WatchedVisit]]:
    # Tidying up after a visit may fall into an outage.
    rows = Reservation.objects.filter(
        is_active=True,
        **_booked("session__", site_ids, now),
        resource__outages__starts_at__lt=F("ends_at"),
        resource__outages__ends_at__gt=F("starts_at"),
    ).filter(session__ends_at__gt=F("resource__outages__starts_at"))
    yield from _read(rows, FROM_RESERVATION, "resource__outages__")


def _by_meetings(site_ids: Sequence[int], now: dt.datetime) -> Iterator[tuple[Blocked, WatchedVisit]]:
    """Yield the members of a group whose room or leader is out: they hold places, the meeting holds the room."""
    meeting = "resource__closed_group__meetings__reservations__"
    rows = Reservation.objects.filter(
        is_active=True,
        **_booked("session__", site_ids, now),
        **{
            f"{meeting}is_active": True,
            f"{meeting}starts_at__lt": F("ends_at"),
            f"{meeting}ends_at__gt": F("starts_at"),
            f"{meeting}resource__outages__starts_at__lt": F("ends_at"),
            f"{meeting}resource__outages__ends_at__gt": F("starts_at"),
        },
    )
    yield from _read(rows, FROM_RESERVATION, f"{meeting}resource__outages__")


def _by_closures(site_ids: Sequence[int], now: dt.datetime) -> Iterator[tuple[Blocked, WatchedVisit]]:
    rows = Session.objects.filter(
        **_booked("", site_ids, now),
        site__closures__starts_at__lt=F("ends_at"),
        site__closures__ends_at__gt=F("starts_at"),
    )
    yield from _read(rows, list(VISIT.values()), "site__closures__")


def _booked(prefix: str, site_ids: Sequence[int], now: dt.datetime) -> dict[str, Any]:
    wanted = {"state": SessionState.BOOKED, "site_id__in": site_ids, "starts_at__gt": now, "course__state__in": LIVE}
    return {f"{prefix}{name}": value for name, value in wanted.items()}


def _read(rows: Any, columns: Sequence[str], cause: str) -> Iterator[tuple[Blocked, WatchedVisit]]:
    is_closure = cause.endswith("closures__")
    names = [f"{cause}{name}" for name in ("block_id", "pk", *_THEN)] + ([] if is_closure else [f"{cause}resource_id"])
    blocks = [f"{cause}block__{name}" for name in _THEN]
    width = len(columns)
    for row in rows.values_list(*columns, *names, *blocks).distinct():
        block_id, pk, *then = row[width : width + 2 + len(_THEN)]
        of_block = row[-len(_THEN) :]
        if block_id is not None:
            by = Blocked(block_id, None, None, None, *of_block)
        elif is_closure:
            by = Blocked(None, None, pk, None, *then)
        else:
            by = Blocked(None, pk, None, row[width + 2 + len(_THEN)], *then)
        yield by, visit_of(row[:width], by.starts_at, by.resource_id)
