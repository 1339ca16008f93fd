"""Who is hit by a block: the visits that are still ahead and have to move, and those under way, which stay."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from scheduling.domain.states import MOVABLE, SessionState
from scheduling.models import Reservation, Session
from scheduling.queries.outages.blocking import Blocking

_UNDER_WAY = (SessionState.ARRIVED, SessionState.IN_TREATMENT, SessionState.MONITORING)


@dataclass(frozen=True, slots=True)
class Hits:
    """The visits in a blocked time by id, the earliest first."""

    ahead: tuple[int, ...]
    under_way: tuple[int, ...]


def hits_of(blocking: Blocking, *, now: dt.datetime) -> Hits:
    """Return who is hit; one statement.

    A resource is needed from its set-up to the end of the visit: tidying up after it may fall into an outage.
    """
    rows = Session.objects.filter(_in_the_way(blocking), site=blocking.site, is_active=True)
    ahead, under_way = [], []
    for pk, state, starts_at, ends_at in rows.order_by("starts_at", "pk").values_list(
        "pk", "state", "starts_at", "ends_at"
    ):
        if state in MOVABLE and starts_at > now:
            ahead.append(pk)
        elif state in _UNDER_WAY or (state in MOVABLE and ends_at > now):
            under_way.append(pk)
    return Hits(tuple(ahead), tuple(under_way))


def _in_the_way(blocking: Blocking) -> Q:
    since, until = blocking.starts_at, blocking.ends_at
    if blocking.is_whole_site:
        return Q(starts_at__lt=until, ends_at__gt=since)
    then = {"is_active": True, "starts_at__lt": until, "ends_at__gt": since}
    held = Reservation.objects.filter(resource__in=blocking.resource_ids, **then)
    own = held.filter(session__isnull=False, session__ends_at__gt=since)
    # A group's room or leader is held by the meeting; its members hold places.
    meetings = held.filter(meeting__isnull=False).values("meeting__group_id")
    places = Reservation.objects.filter(resource__closed_group__in=meetings, session__isnull=False, **then)
    return Q(pk__in=own.values("session_id")) | Q(pk__in=places.values("session_id"))
