"""Times that were let go of and are still free, and who on the list would come then: the best first, each with why."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Exists, Max, OuterRef

from scheduling.domain.local_time import QUANTUM, wall
from scheduling.domain.operations import OfferState
from scheduling.domain.options import uses_of
from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.refill import SHOWN, Applicant, Slot, asked_enough, in_order, why
from scheduling.domain.states import RELEASED, SessionState
from scheduling.errors import SlotTaken
from scheduling.models import Closure, Outage, Reservation, SessionEvent, SlotOffer, WaitlistEntry
from scheduling.queries.definitions import definitions_of
from scheduling.queries.fitting import Fit, fit
from scheduling.queries.waitlist import Asked, applicants, asked_lately, open_entries, wanted_by

FREED = dt.timedelta(days=5)
APART = dt.timedelta(hours=4)  # no visit needs its main resource so long after it begins
MOST_LOOKED_AT = 40  # entries worked through for one time; a plan for a whole course takes its while
NOT_LOOKED_AT = "not looked at: enough others come first"
TAKEN = "That time is not free any more. Look at the list again."


@dataclass(frozen=True, slots=True)
class FreedTime:
    """A time ahead whose main resource somebody let go of, free since then.

    `session_id` is the visit that left last, `sessions` and `left_by` all the visits and patients that ever did;
    `why`: its state, or `moved`; `free_until`: the end of what was let go of; `offers`: how many are open, until when.
    """

    slot: Slot
    site_id: int
    session_id: int
    resource_name: str
    free_until: dt.datetime
    why: str
    since: dt.datetime
    sessions: frozenset[int]
    left_by: frozenset[int]
    offers: int = 0
    offered_until: dt.datetime | None = None

    def minutes_to_start(self, now: dt.datetime) -> int:
        """Return how many whole minutes are left until it begins."""
        return int((self.slot.starts_at - now).total_seconds() // 60)


class _Left(NamedTuple):
    """A reservation somebody let go of; the names are its columns."""

    pk: int
    session_id: int
    resource_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    resource__name: str
    resource__kind: str
    session__patient_id: int
    session__site_id: int
    session__zone: str
    session__starts_at: dt.datetime
    session__state: str
    session__visit_type: str
    session__course__protocol_id: int


def freed_times(*, site_ids: Collection[int], now: dt.datetime) -> list[FreedTime]:
    """Return the freed times of the coming days at some sites, the next one first; four statements.

    What is out of service then, or in a time the site is closed, is not free.
    """
    rows = _left(site_ids, now)
    definitions = definitions_of(row.session__course__protocol_id for row in rows)
    places: dict[tuple[int, dt.datetime], list[_Left]] = defaultdict(list)
    for row in rows:
        begins = _begins(row, definitions[row.session__course__protocol_id])
        if begins is not None and now < begins <= now + FREED:
            places[row.resource_id, begins].append(row)
    latest = _latest_steps(held[-1].session_id for held in places.values())
    offers = _offers(places, now)
    found = [
        _freed(key, held, latest[held[-1].session_id][1], offers.get(key, (0, None)))
        for key, held in places.items()
        if not _was_a_slip(held, latest)
    ]
    return sorted(found, key=lambda each: (each.slot.starts_at, each.resource_name, each.session_id))


def _was_a_slip(held: Sequence[_Left], latest: Mapping[int, tuple[str, dt.datetime]]) -> bool:
    """Tell whether a place was only ever held by a move that was taken back: nobody gave anything away."""
    return len(held) == 1 and held[0].session__state not in RELEASED and latest[held[0].session_id][0] == "undone"


def _left(site_ids: Collection[int], now: dt.datetime) -> list[_Left]:
    """Return what was let go of and nothing lies over, the latest last."""
    over = {"starts_at__lt": OuterRef("ends_at"), "ends_at__gt": OuterRef("starts_at")}
    rows = Reservation.objects.filter(
        ~Exists(Reservation.objects.filter(resource=OuterRef("resource"), is_active=True, **over)),
        ~Exists(Outage.objects.filter(resource=OuterRef("resource"), **over)),
        ~Exists(Closure.objects.filter(site=OuterRef("resource__site"), **over)),
        is_active=False,
        starts_at__gt=now - APART,
        starts_at__lte=now + FREED + APART,
        session__site__in=site_ids,
        resource__is_active=True,
    ).exclude(session__state=SessionState.ENTERED_IN_ERROR)
    return [_Left(*row) for row in rows.order_by("pk").values_list(*_Left._fields)]


def _begins(row: _Left, definition: ProtocolDefinition) -> dt.datetime | None:
    """Return when the visit began that held this as its main resource, or None if it was not its main one."""
    visit = definition.visit_types.get(row.session__visit_type)
    if visit is None or visit.steps[0].needs[0].kind != row.resource__kind:
        return None
    main = uses_of(visit)[0]
    return row.starts_at - dt.timedelta(minutes=(main.at - main.before) * QUANTUM)


def _latest_steps(session_ids: Iterable[int]) -> dict[int, tuple[str, dt.datetime]]:
    """Return what happened last to some visits, and when."""
    rows = SessionEvent.objects.filter(session__in=list(session_ids)).order_by("pk")
    return {pk: (kind, at) for pk, kind, at in rows.values_list("session_id", "kind", "at")}


def _offers(
    places: Collection[tuple[int, dt.datetime]], now: dt.datetime
) -> dict[tuple[int, dt.datetime], tuple[int, dt.datetime | None]]:
    """Return how many offers of each place are open, and until when."""
    rows = SlotOffer.objects.filter(
        state=OfferState.OPEN, expires_at__gt=now, starts_at__in={starts_at for _resource, starts_at in places}
    )
    counts = rows.values_list("resource_id", "starts_at").annotate(open=Count("pk"), until=Max("expires_at"))
    return {(resource, at): (count, until) for resource, at, count, until in counts}


def _freed(
    key: tuple[int, dt.datetime],
    rows: Sequence[_Left],
    since: dt.datetime,
    offers: tuple[int, dt.datetime | None],
) -> FreedTime:
    latest, (resource_id, starts_at) = rows[-1], key
    state = SessionState(latest.session__state)
    day, minute = wall(starts_at, latest.session__zone)
    return FreedTime(
        slot=Slot(day, minute, starts_at, resource_id, latest.resource__kind, latest.session__zone),
        site_id=latest.session__site_id,
        session_id=latest.session_id,
        resource_name=latest.resource__name,
        free_until=max(row.ends_at for row in rows),
        why=state.value if state in RELEASED and latest.session__starts_at == starts_at else "moved",
        since=since,
        sessions=frozenset(row.session_id for row in rows),
        left_by=frozenset(row.session__patient_id for row in rows),
        offers=offers[0],
        offered_until=offers[1],
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who would come: what would be booked then, and why this one; call-only people are asked by phone."""

    entry: WaitlistEntry
    fit: Fit
    why: str


@dataclass(frozen=True, slots=True)
class Misfit:
    """Somebody on the list who is not asked, and why."""

    entry: WaitlistEntry
    why_not: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who would come, the best first, and who is not asked."""

    candidates: tuple[Candidate, ...]
    others: tuple[Misfit, ...]


def freed_time(*, site_id: int, session_id: int, now: dt.datetime, starts_at: dt.datetime | None = None) -> FreedTime:
    """Return the time a visit let go of, the next one if it was several and none is named.

    :raises SlotTaken: it is not free any more, or never was let go of.
    """
    for each in freed_times(site_ids=[site_id], now=now):
        if session_id in each.sessions and starts_at in (None, each.slot.starts_at):
            return each
    raise SlotTaken(TAKEN)


def candidates(
    freed: FreedTime,
    *,
    now: dt.datetime,
    shown: int = SHOWN,
    entry_ids: Collection[int] | None = None,
    by_text: bool = False,
) -> Found:
    """Return who on the list would truly come in a freed time, so many of them.

    `entry_ids`: only these are looked at; `by_text`: nobody who is to be called. Who gave this very time away is not
    offered it back.
    """
    entries = {
        entry.pk: entry
        for entry in open_entries([freed.site_id])
        if (entry_ids is None or entry.pk in entry_ids) and not (by_text and entry.is_call_only)
    }
    asked = asked_lately(list(entries.values()), now=now)
    found: list[Candidate] = []
    others: list[Misfit] = []
    looked_at = 0
    for applicant in in_order(list(applicants(list(entries.values()), asked).values())):
        entry = entries[applicant.entry_id]
        why_not = not_asked(entry, freed, asked)
        if not why_not and (len(found) >= shown or looked_at >= MOST_LOOKED_AT):
            why_not = NOT_LOOKED_AT
        looked_at += not why_not
        result = why_not or fit(entry, freed.slot, applicant, now=now)
        if isinstance(result, str):
            others.append(Misfit(entry, result))
        else:
            found.append(Candidate(entry, result, reason(entry, applicant, result, now)))
    return Found(tuple(found), tuple(others))


def is_wanted(freed: FreedTime, entries: Iterable[WaitlistEntry], asked: Asked) -> bool:
    """Tell whether anybody of some who wait wants a freed time, whether or not it would fit; no statement."""
    return any(not not_asked(entry, freed, asked) for entry in entries)


def not_asked(entry: WaitlistEntry, freed: FreedTime, asked: Asked) -> str:
    """Return why somebody is not asked whether or not the time would fit, or nothing."""
    slot = freed.slot
    if entry.patient_id in freed.left_by:
        return "gave this time away"
    if not wanted_by(entry).allows(slot.day, slot.minute):
        return wanted_by(entry).words
    was_asked = (entry.pk, slot.resource_id, slot.starts_at) in asked.places
    return asked_enough(today=asked.today.get(entry.patient_id, 0), was_asked=was_asked)


def reason(entry: WaitlistEntry, applicant: Applicant, found: Fit, now: dt.datetime) -> str:
    """Return why somebody would be asked, in words."""
    return why(applicant, wanted_by(entry), sooner=found.sooner, now=now)
