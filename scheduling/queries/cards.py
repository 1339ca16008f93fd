"""What lists print beside a visit: which one of how many, of what, where and when."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from scheduling.models import Reservation, Session


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """One visit in a list; `place`: the device, chair or room it holds first."""

    session_id: int
    number: int
    prescribed: int
    tag: str
    day: dt.date
    minute: int
    starts_at: dt.datetime
    place: str
    version: int
    timing: int


def facts_of(session_ids: Collection[int]) -> dict[int, VisitFacts]:
    """Return some visits as lists print them; two statements."""
    # The last one is kept: the first of what is held now, else of what was.
    held = Reservation.objects.filter(session__in=session_ids).order_by("is_active", "-pk")
    places = dict(held.values_list("session_id", "resource__name"))
    rows = Session.objects.filter(pk__in=session_ids).values_list(
        "pk",
        "number",
        "course__prescribed",
        "course__protocol__tag",
        "day",
        "minute",
        "starts_at",
        "version",
        "timing_version",
    )
    return {
        pk: VisitFacts(pk, number, prescribed, tag, day, minute, starts_at, places.get(pk, ""), version, timing)
        for pk, number, prescribed, tag, day, minute, starts_at, version, timing in rows
    }


def people_of(session_ids: Collection[int]) -> dict[int, tuple[int, str, str]]:
    """Return whose some visits are: the patient's id, last and first name; one statement."""
    columns = ("pk", "patient_id", "patient__last_name", "patient__first_name", "patient__preferred_name")
    rows = Session.objects.filter(pk__in=session_ids).values_list(*columns)
    return {pk: (patient, last, preferred or first) for pk, patient, last, first, preferred in rows}
