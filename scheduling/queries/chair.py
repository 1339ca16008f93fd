"""One chair or device through its day, for whoever stands beside it; a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.models import Site
from scheduling.domain.states import SessionState
from scheduling.models import Reservation, Resource, Session

_S = SessionState
# Who is in hand: in treatment before being watched, before waiting, before still to come.
_ORDER = {_S.IN_TREATMENT: 0, _S.MONITORING: 1, _S.ARRIVED: 2, _S.BOOKED: 3, _S.HELD: 4}


@dataclass(frozen=True, slots=True)
class Someone:
    """A patient of the day by name only: whom else a card could mean."""

    patient_id: int
    last_name: str
    first_name: str
    state: SessionState


def visits_at(*, resource: Resource, day: dt.date) -> list[Session]:
    """Return the visits that hold a chair on a day, in time order; course, protocol, patient and site fetched."""
    held = Reservation.objects.filter(resource=resource, day_number=day.toordinal(), is_active=True)
    return list(
        Session.objects.filter(pk__in=held.values("session"), day=day)
        .exclude(state=_S.ENTERED_IN_ERROR)
        .select_related("patient", "course", "course__protocol", "site")
        .order_by("starts_at", "pk")
    )


def in_hand(visits: Sequence[Session], *, now: dt.datetime) -> Session | None:
    """Return the visit a chair is about: who sits there, else who waits, else who comes next."""
    waiting = [visit for visit in visits if _S(visit.state) in _ORDER]
    return min(
        waiting,
        key=lambda visit: (_ORDER[_S(visit.state)], visit.ends_at <= now, visit.starts_at, visit.pk),
        default=None,
    )


def is_open(visit: Session) -> bool:
    """Tell whether something is still to be done for a visit at its chair."""
    return _S(visit.state) in _ORDER


def people_of_day(*, site: Site, day: dt.date) -> list[Someone]:
    """Return whose visits stand on a day of a site; one statement."""
    rows = Session.objects.filter(site=site, day=day).exclude(state=_S.ENTERED_IN_ERROR)
    columns = ("patient_id", "patient__last_name", "patient__first_name", "patient__preferred_name", "state")
    return [
        Someone(patient_id, last, preferred or first, _S(state))
        for patient_id, last, first, preferred, state in rows.values_list(*columns)
    ]
