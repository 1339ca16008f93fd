"""A freed time offered to a few people at once; their no; offers closed by the clock, or because the time is gone."""

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import connection, transaction
from django.db.models import F, QuerySet

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling.actions import locking, visits
from scheduling.domain import local_time, refill
from scheduling.domain.local_time import clock_text
from scheduling.domain.operations import OfferState
from scheduling.domain.refill import AT_ONCE
from scheduling.errors import Conflict, NotFound, Rejected
from scheduling.models import SlotOffer, WaitlistEntry
from scheduling.queries import offers as stored
from scheduling.queries.refill import Candidate, FreedTime, candidates, freed_time, not_asked
from scheduling.queries.waitlist import asked_lately

BATCH = 500
TOO_LATE_TO_ASK = "It begins too soon to wait for an answer. Call somebody and book by phone."


def offer(
    *,
    request: clinic_actions.Request,
    site: Site,
    session_id: int,
    now: dt.datetime,
    entry_ids: Collection[int] | None = None,
    starts_at: dt.datetime | None = None,
) -> tuple[int, bool]:
    """Offer the time a visit let go of to people on the list; return the id of that visit, and if it was done before.

    `entry_ids`: to these; else to the best ones who need no call, as many as may be asked at once. `starts_at`: which
    time, where the visit let go of several. Nothing is sent from here.

    :raises SlotTaken: the time is not free any more.
    :raises NotFound: one of the entries is not on the list.
    :raises Conflict: as many as may be asked at once are; or one was asked enough meanwhile.
    :raises Rejected: nobody fits, one that was named does not, or there is no time to wait for an answer.
    """
    if (done := locking.already_done(request)) is not None:
        return done, True
    freed = freed_time(site_id=site.pk, session_id=session_id, starts_at=starts_at, now=now)
    chosen = _best(freed, now) if entry_ids is None else _named(freed, entry_ids, now)

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=freed.session_id, now=now)
        visits.wait_briefly()
        locking.resources([freed.slot.resource_id])
        locking.patients(each.entry.patient_id for each in chosen)
        again = freed_time(site_id=site.pk, session_id=session_id, starts_at=freed.slot.starts_at, now=now)
        meant = _still(again, chosen, now, is_named=entry_ids is not None)
        SlotOffer.objects.bulk_create(_row(request, again, each, now) for each in meant)
        clinic_actions.write_audit(
            request=request,
            site=site,
            action="offer.made",
            patient_ids=[each.entry.patient_id for each in meant],
            object_type="session",
            object_id=again.session_id,
            now=now,
        )
        return freed.session_id

    return locking.once(request, run, has_looked=True)


def _best(freed: FreedTime, now: dt.datetime) -> Sequence[Candidate]:
    found = candidates(freed, now=now, shown=max(1, AT_ONCE - freed.offers), by_text=True).candidates
    if not found:
        raise Rejected("Nobody on the list fits this time who may be texted.", code="nobody_fits")
    return found


def _named(freed: FreedTime, entry_ids: Collection[int], now: dt.datetime) -> Sequence[Candidate]:
    if not entry_ids or len(set(entry_ids)) > AT_ONCE:
        raise Rejected(f"Name one to {AT_ONCE} people.", fields={"entries": "one to three"})
    found = candidates(freed, now=now, shown=AT_ONCE, entry_ids=set(entry_ids))
    if found.others:
        fields = {str(each.entry.pk): each.why_not for each in found.others}
        first = found.others[0].why_not
        raise Rejected(f"This time doesn't fit: {first}. Pick somebody else.", code="does_not_fit", fields=fields)
    if len(found.candidates) != len(set(entry_ids)):
        raise NotFound("One of them is not on the list any more. Look at it again.")
    return found.candidates


def _still(freed: FreedTime, chosen: Sequence[Candidate], now: dt.datetime, *, is_named: bool) -> list[Candidate]:
    """Return who of the chosen may be asked now that nobody else can ask them; who is named must be.

    :raises Conflict: as many as may be asked at once are; or somebody was asked enough meanwhile.
    """
    open_now = set(
        WaitlistEntry.objects.filter(pk__in=[each.entry.pk for each in chosen], closed_at=None).values_list(
            "pk", flat=True
        )
    )
    asked = asked_lately([each.entry for each in chosen], now=now)
    meant = [each for each in chosen if each.entry.pk in open_now and not not_asked(each.entry, freed, asked)]
    room = AT_ONCE - freed.offers
    if room < (len(chosen) if is_named else 1):
        until = f" until {_clock(freed.offered_until, freed)}" if freed.offered_until else ""
        raise Conflict(f"{freed.offers} are asked for this time already{until}.", code="asked_enough")
    if not meant or (is_named and len(meant) < len(chosen)):
        raise Conflict("Somebody else asked them meanwhile. Look at the list again.", code="asked_meanwhile")
    return meant[:room]


def _row(request: clinic_actions.Request, freed: FreedTime, chosen: Candidate, now: dt.datetime) -> SlotOffer:
    until = refill.expires_at(freed.slot, chosen.fit.answer_by, now=now)
    if until is None:
        raise Rejected(TOO_LATE_TO_ASK, code="too_late_to_ask")
    return offer_row(request, freed, chosen, until, now)


def offer_row(
    request: clinic_actions.Request, freed: FreedTime, chosen: Candidate, until: dt.datetime, now: dt.datetime
) -> SlotOffer:
    """Return an open offer, not stored yet."""
    slot, planned = freed.slot, chosen.fit.planned
    return SlotOffer(
        entry=chosen.entry,
        patient_id=chosen.entry.patient_id,
        freed_id=freed.session_id,
        resource_id=slot.resource_id,
        session_id=chosen.fit.session_id,
        day=slot.day,
        minute=slot.minute,
        starts_at=slot.starts_at,
        ends_at=slot.starts_at + dt.timedelta(minutes=planned.minutes),
        state=OfferState.OPEN,
        why=chosen.why,
        asked_at=now,
        asked_by=request.user,
        expires_at=until,
    )


def _clock(at: dt.datetime, freed: FreedTime) -> str:
    return clock_text(local_time.wall(at, freed.slot.zone)[1])


def decline(*, request: clinic_actions.Request, offer_id: int, now: dt.datetime) -> tuple[int, bool]:
    """Note that somebody can't come; the place on the list stays. Return the offer's id, and if it was done before.

    One that is over already stays as it is.

    :raises NotFound: there is no such offer.
    """

    def run() -> int:
        clinic_actions.remember_request(request=request, result_id=offer_id, now=now)
        row = SlotOffer.objects.select_for_update(no_key=True).filter(pk=offer_id).first()
        if row is None:
            raise NotFound("There is no such offer.")
        if row.state == OfferState.OPEN and row.expires_at > now:
            _close(SlotOffer.objects.filter(pk=row.pk), OfferState.DECLINED, now)
            clinic_actions.write_audit(
                request=request,
                site=row.entry.site,
                action="offer.declined",
                patient_ids=[row.patient_id],
                object_type="offer",
                object_id=row.pk,
                now=now,
            )
        return offer_id

    return locking.once(request, run)


@transaction.atomic(durable=True)
def withdraw(
    *, request: clinic_actions.Request, site: Site, session_id: int, starts_at: dt.datetime, now: dt.datetime
) -> int:
    """Take back what this person offered of a time and nobody has answered; return how many offers that were.

    A text that has left can't be taken back: a yes to it is told that the time is taken, and the place stays.

    :raises Conflict: somebody answered already, or there is nothing left to take back.
    """
    of_place = SlotOffer.objects.filter(freed=session_id, starts_at=starts_at, entry__site=site)
    rows = of_place.filter(state=OfferState.OPEN, asked_by=request.user).order_by("pk")
    found = list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", "patient_id"))
    if not found:
        raise Conflict("These offers were answered or are over. Look at the list again.", code="offers_over")
    _close(SlotOffer.objects.filter(pk__in=[pk for pk, _patient in found]), OfferState.TAKEN, now)
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="offer.withdrawn",
        patient_ids=[patient for _pk, patient in found],
        object_type="session",
        object_id=session_id,
        now=now,
    )
    return len(found)


def close_offers(*, now: dt.datetime) -> int:
    """Close the offers nobody answered in time and those whose time is taken; return how many; again changes nothing.

    Two statements where there is none. An answer that comes at this very moment is waited for by the next run.
    """
    with transaction.atomic(durable=True):
        # What is gone is gone, also where it ran out at the same moment: nobody was too slow.
        return _sweep(stored.open_and_taken(now=now), OfferState.TAKEN, now) + _sweep(
            stored.open_and_over(now=now), OfferState.EXPIRED, now
        )


def _sweep(due: "QuerySet[SlotOffer]", state: OfferState, now: dt.datetime) -> int:
    due = due.order_by("pk")
    if connection.vendor == "postgresql":
        due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    return _close(SlotOffer.objects.filter(pk__in=ids), state, now) if ids else 0


def _close(rows: "QuerySet[SlotOffer]", state: OfferState, now: dt.datetime) -> int:
    return rows.filter(state=OfferState.OPEN).update(state=state, answered_at=now, version=F("version") + 1)
