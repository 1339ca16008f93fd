"""What a message says about one visit or one offered time, whatever became of it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Subquery

from scheduling.domain.operations import OfferState
from scheduling.domain.states import CALLED_OFF, RELEASED, SessionState
from scheduling.models import Session, SessionEvent, SlotOffer


@dataclass(frozen=True, slots=True)
class SpokenVisit:
    """A visit: the clinic's wall clock beside the instants, and how it stands."""

    session_id: int
    course_id: int
    version: int
    timing_version: int
    state: SessionState
    day: dt.date
    minute: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: str

    @property
    def is_called_off(self) -> bool:
        """Tell whether nobody should come: it was cancelled, or never should have been there."""
        return self.state in CALLED_OFF


@dataclass(frozen=True, slots=True)
class SpokenOffer:
    """A time that became free and is offered to somebody."""

    is_open: bool
    day: dt.date
    minute: int
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Start:
    """One change of when a visit begins."""

    session_id: int
    at: dt.datetime
    was: dt.datetime
    became: dt.datetime


def spoken_visit(session_id: int) -> SpokenVisit | None:
    """Return a visit; None: there is none. One statement."""
    row = Session.objects.filter(pk=session_id).first()
    return _visit(row) if row else None


def spoken_visits(*, course_id: int, since: dt.datetime) -> list[SpokenVisit]:
    """Return a course's booked visits that begin after an instant, in order; one statement."""
    booked = Session.objects.filter(course_id=course_id, state=SessionState.BOOKED, starts_at__gte=since)
    return [_visit(row) for row in booked.order_by("starts_at", "pk")]


def visits_by_id(session_ids: Collection[int]) -> list[SpokenVisit]:
    """Return some visits, whatever became of them; one statement."""
    return [_visit(row) for row in Session.objects.filter(pk__in=session_ids)]


def visits_of_courses(course_ids: Collection[int], *, since: dt.datetime) -> list[SpokenVisit]:
    """Return the booked visits of some courses that begin after an instant, in order; one statement."""
    booked = Session.objects.filter(course__in=course_ids, state=SessionState.BOOKED, starts_at__gt=since)
    return [_visit(row) for row in booked.order_by("starts_at", "pk")]


def visits_in_calendar(patient_id: int, *, since: dt.datetime) -> list[tuple[SpokenVisit, dt.datetime]]:
    """Return a patient's visits that end after an instant, each with when it became as it is, in order; one statement.

    Cancelled ones too, unless that was before the instant; none that was held and never booked.
    """
    events = SessionEvent.objects.filter(session=OuterRef("pk"))
    rows = (
        Session.objects.filter(patient=patient_id, ends_at__gt=since)
        .exclude(state=SessionState.HELD)
        .annotate(changed_at=Subquery(events.order_by("-pk").values("at")[:1]))
        .exclude(state__in=RELEASED, changed_at__lte=since)
        .filter(~Q(state__in=RELEASED) | Exists(events.filter(kind="booked")))
        .order_by("starts_at", "pk")
    )
    return [(_visit(row), row.changed_at) for row in rows]


def starts_of(*, session_ids: Collection[int]) -> list[Start]:
    """Return how the starts of some visits changed, in order; one statement."""
    rows = SessionEvent.objects.filter(session__in=session_ids, data__before__has_key="starts_at").order_by("pk")
    return [
        Start(
            session_id,
            at,
            was=dt.datetime.fromisoformat(data["before"]["starts_at"]),
            became=dt.datetime.fromisoformat(data["after"]["starts_at"]),
        )
        for session_id, at, data in rows.values_list("session_id", "at", "data")
    ]


def spoken_offer(offer_id: int) -> SpokenOffer | None:
    """Return an offered time; None: there is none. One statement."""
    row = SlotOffer.objects.filter(pk=offer_id).first()
    return SpokenOffer(row.state == OfferState.OPEN, row.day, row.minute, row.expires_at) if row else None


def _visit(row: Session) -> SpokenVisit:
    return SpokenVisit(
        session_id=row.pk,
        course_id=row.course_id,
        version=row.version,
        timing_version=row.timing_version,
        state=SessionState(row.state),
        day=row.day,
        minute=row.minute,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=row.zone,
    )
