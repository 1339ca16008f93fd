"""Offers as they stand: those of one place, and those whose place somebody has taken."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from scheduling.domain.local_time import wall
from scheduling.domain.operations import OfferState
from scheduling.domain.refill import Slot
from scheduling.domain.states import SessionState
from scheduling.models import Closure, Outage, Reservation, Session, SlotOffer


class Stands(StrEnum):
    """How an offer stands for whoever it was made to."""

    OPEN = "open"
    ACCEPTED = "accepted"
    TAKEN = "taken"  # by somebody else
    WITHDRAWN = "withdrawn"  # nobody has it; the clinic does not give it away any more
    DECLINED = "declined"
    EXPIRED = "expired"
    MISFIT = "misfit"  # the visit it was for is not what it was


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """An offer as a patient may know it; `instead`: the day and minute of the visit that would move, None: a new
    course would begin.
    """

    offer_id: int
    stands: Stands
    day: dt.date
    minute: int
    minutes: int
    expires_at: dt.datetime
    closed_at: dt.datetime | None
    is_first: bool  # of a course that is waited for
    session_id: int | None = None  # of the visit that would move, or was booked here
    instead: tuple[dt.date, int] | None = None


def offers_to(patient_id: int, *, now: dt.datetime) -> list[OwnOffer]:
    """Return the times ahead a patient was asked about by message, the latest first; one statement."""
    over = {"starts_at__lt": OuterRef("ends_at"), "ends_at__gt": OuterRef("starts_at")}
    held = Reservation.objects.filter(resource=OuterRef("resource"), is_active=True, **over)
    rows = SlotOffer.objects.filter(patient=patient_id, starts_at__gt=now, is_by_phone=False)
    rows = rows.annotate(is_held=Exists(held)).select_related("entry", "session").order_by("-pk")
    return [_own(row, now) for row in rows if not _was_given_back(row)]


def _was_given_back(row: SlotOffer) -> bool:
    """Tell whether the visit that came into an accepted time has left it again."""
    return row.state == OfferState.ACCEPTED and (row.session is None or row.session.starts_at != row.starts_at)


def _own(row: SlotOffer, now: dt.datetime) -> OwnOffer:
    stands = _stands(row, now)
    moves = row.session if row.session and stands is Stands.OPEN else None
    return OwnOffer(
        offer_id=row.pk,
        stands=stands,
        day=row.day,
        minute=row.minute,
        minutes=int((row.ends_at - row.starts_at).total_seconds() // 60),
        expires_at=row.expires_at,
        closed_at=row.answered_at,
        is_first=row.entry.course_id is None,
        session_id=row.session_id,
        instead=(moves.day, moves.minute) if moves else None,
    )


def _stands(row: SlotOffer, now: dt.datetime) -> Stands:
    if row.state == OfferState.OPEN:
        if row.expires_at <= now:
            return Stands.EXPIRED
        is_for_visit = row.session is None or row.session.state == SessionState.BOOKED
        return Stands.OPEN if is_for_visit else Stands.MISFIT
    if row.state == OfferState.TAKEN and not row.is_held:  # type: ignore[attr-defined] # annotated
        return Stands.WITHDRAWN
    return Stands(row.state)


def offers_of(session: Session) -> list[SlotOffer]:
    """Return what was offered of the times a visit let go of, the latest first; entry, session and site come with them.

    Others may have left the place of a lost visit after it: what was offered of it then belongs to it as well.
    """
    of_place = Q(starts_at=session.starts_at, resource__in=session.reservations.values("resource"))
    rows = SlotOffer.objects.filter(Q(freed=session) | of_place)
    return list(rows.select_related("entry__site", "session", "resource").order_by("-pk"))


def open_by_place(site_ids: Collection[int], *, now: dt.datetime) -> dict[tuple[int, dt.datetime], list[SlotOffer]]:
    """Return the open offers at some sites by resource and start, the first one asked first; one statement."""
    rows = SlotOffer.objects.filter(entry__site__in=site_ids, state=OfferState.OPEN, expires_at__gt=now)
    found: dict[tuple[int, dt.datetime], list[SlotOffer]] = defaultdict(list)
    for row in rows.select_related("entry__patient", "entry__site").order_by("pk"):
        found[row.resource_id, row.starts_at].append(row)
    return found


def slot_of(offer: SlotOffer) -> Slot:
    """Return the time an offer is about; entry, site and resource must be fetched."""
    zone = offer.entry.site.zone
    day, minute = wall(offer.starts_at, zone)
    return Slot(day, minute, offer.starts_at, offer.resource_id, offer.resource.kind, zone)


def open_and_taken(*, now: dt.datetime) -> QuerySet[SlotOffer]:
    """Return the open offers whose time somebody has taken, is blocked, or has come."""
    over = {"starts_at__lt": OuterRef("ends_at"), "ends_at__gt": OuterRef("starts_at")}
    held = Reservation.objects.filter(resource=OuterRef("resource"), is_active=True, **over)
    # The visit that would come forward may lie over the time itself.
    others = held.exclude(session_id=Coalesce(OuterRef("session_id"), Value(0)))
    return SlotOffer.objects.filter(
        Q(Exists(others))
        | Q(Exists(Outage.objects.filter(resource=OuterRef("resource"), **over)))
        | Q(Exists(Closure.objects.filter(site=OuterRef("entry__site"), **over)))
        | Q(starts_at__lte=now),
        state=OfferState.OPEN,
    )


def open_and_over(*, now: dt.datetime) -> QuerySet[SlotOffer]:
    """Return the open offers nobody answered in time."""
    return SlotOffer.objects.filter(state=OfferState.OPEN, expires_at__lte=now)
