"""A day's visits with what each needs before it begins: the list the desk works through the afternoon before."""

import datetime as dt
from dataclasses import dataclass

from clinic.models import Site
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.states import SessionState
from scheduling.models import Reservation, Session
from scheduling.queries.definitions import definition_of
from scheduling.queries.gates import Standing, gates_of_sessions


@dataclass(frozen=True, slots=True)
class DayVisit:
    """A visit of a day's list: what its protocol says, where it is, and its gates."""

    session: Session
    definition: ProtocolDefinition
    place: str
    standing: Standing


def gates_of_day(*, site: Site, day: dt.date, now: dt.datetime) -> list[DayVisit]:
    """Return the visits of a day that are still to begin, in time order, each with its gates; nine statements.

    Course, protocol, patient and the patient's contact points are fetched; held times are nobody's visit yet.
    """
    rows = list(
        Session.objects.filter(site=site, day=day, state__in=[SessionState.BOOKED, SessionState.ARRIVED])
        .select_related("patient", "course__protocol", "course__site")
        .prefetch_related("patient__contact_points")
        .order_by("starts_at", "pk")
    )
    held = Reservation.objects.filter(session__in=rows, is_active=True).exclude(resource__group="")
    places = dict(held.order_by("-pk").values_list("session_id", "resource__name"))
    found = gates_of_sessions(rows, now=now)
    return [DayVisit(row, definition_of(row.course.protocol), places.get(row.pk, ""), found[row.pk]) for row in rows]
