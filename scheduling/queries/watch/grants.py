"""What payers granted, what is used of it and what is booked on it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from clinic.lookups import among
from scheduling.domain.states import DELIVERED, GRANTED, AuthorizationState
from scheduling.models import AuthorizationUnit, CourseEvent, Session


@dataclass(frozen=True, slots=True)
class WatchedGrant:
    """An authorisation, asked for or granted: the codes it is about and its units (session, day, visit or mg)."""

    authorization_id: int
    version: int
    state: AuthorizationState
    unit: str
    starts_on: dt.date
    ends_on: dt.date
    codes: frozenset[str]
    approved: int
    used: int
    booked: int

    @property
    def is_granted(self) -> bool:
        """Whether the payer has said yes."""
        return self.state in GRANTED

    @property
    def left(self) -> int:
        """How many units are not used yet, booked or not."""
        return max(0, self.approved - self.used)


def grants_watched(patient_ids: Collection[int]) -> dict[int, list[WatchedGrant]]:
    """Return the authorisations of some patients, the one that ends first first; two statements."""
    pools = AuthorizationUnit.objects.filter(among("authorization__patient_id", patient_ids))
    columns = ("patient_id", "version", "state", "unit", "starts_on", "ends_on")
    facts: dict[int, tuple[Any, ...]] = {}
    codes: dict[int, set[str]] = defaultdict(set)
    approved: dict[int, int] = defaultdict(int)
    rows = pools.order_by("authorization__ends_on", "authorization_id").values_list(
        "authorization_id", "codes", "units", *(f"authorization__{name}" for name in columns)
    )
    for pk, covered, units, *about in rows:
        facts[pk] = tuple(about)
        codes[pk].update(covered)
        approved[pk] += units
    taken = _taken(facts)
    found: dict[int, list[WatchedGrant]] = defaultdict(list)
    for pk, (patient_id, version, state, unit, starts_on, ends_on) in facts.items():
        used, booked = taken[pk].of(unit)
        found[patient_id].append(
            WatchedGrant(
                authorization_id=pk,
                version=version,
                state=AuthorizationState(state),
                unit=unit,
                starts_on=starts_on,
                ends_on=ends_on,
                codes=frozenset(codes[pk]),
                approved=approved[pk],
                used=used,
                booked=booked,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Taken:
    """What sessions take of an authorisation, delivered ones and all of them, counted in every unit."""

    sessions: int = 0
    all_sessions: int = 0
    days: int = 0
    all_days: int = 0
    milligrams: int = 0

    def of(self, unit: str) -> tuple[int, int]:
        """Return used and booked units; how many milligrams will be given is not known before."""
        if unit == "mg":
            return self.milligrams, 0
        used, every = (self.days, self.all_days) if unit == "day" else (self.sessions, self.all_sessions)
        return used, every - used


def _taken(authorization_ids: Collection[int]) -> dict[int, _Taken]:
    done = Q(state__in=DELIVERED)
    rows = (
        Session.objects.filter(among("authorization_id", authorization_ids), is_counted=True)
        .values("authorization_id")
        .annotate(
            sessions=Count("pk", filter=done),
            all_sessions=Count("pk"),
            days=Count("day", filter=done, distinct=True),
            all_days=Count("day", distinct=True),
            milligrams=Sum("dose_mg", filter=done, default=0),
        )
        .order_by()
    )
    counted = rows.values_list("authorization_id", "sessions", "all_sessions", "days", "all_days", "milligrams")
    return defaultdict(_Taken, {pk: _Taken(*taken) for pk, *taken in counted})


def extensions_asked(course_ids: Iterable[int]) -> dict[int, tuple[dt.datetime, str]]:
    """Return when and by whom an extension was last asked for, by course; one statement."""
    rows = CourseEvent.objects.filter(among("course_id", course_ids), kind="extension_asked").order_by("pk")
    return {row[0]: (row[1], row[2] or "the clock") for row in rows.values_list("course_id", "at", "by__name")}
