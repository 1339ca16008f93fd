"""Somebody says yes to a freed time: the first one has it, all of it at once; the others keep their place on the list.

Everything is looked at once more under the locks: between an offer and its yes nobody looks.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import F

from clinic import actions as clinic_actions
from clinic.models import Site
from scheduling.actions import courses, ledger, locking, visits, waitlist
from scheduling.actions.ledger import Hand
from scheduling.actions.moving import edit_to
from scheduling.actions.offers import close_offers, offer_row
from scheduling.actions.open_places import check_lists, check_open, check_other_courses
from scheduling.actions.visits import Visit
from scheduling.domain import gates, local_time
from scheduling.domain.local_time import clock_text
from scheduling.domain.operations import OfferState
from scheduling.domain.refill import Applicant
from scheduling.errors import NotFound, OfferOver, PlanGone, SlotTaken
from scheduling.models import Course, Session, SlotOffer, WaitlistEntry
from scheduling.queries import offers as stored
from scheduling.queries.definitions import definition_of
from scheduling.queries.fitting import Fit, fit, gates_before, gates_of_first
from scheduling.queries.refill import Candidate, freed_time, reason
from scheduling.queries.waitlist import Asked, applicants, open_entries

KEPT = "You keep your place."
TAKEN = f"That time is taken. {KEPT}"
GONE = f"That time can't be had any more. {KEPT}"
TRIES = 2  # an operator or a nurse may be taken by somebody else while another one is free


@dataclass(frozen=True, slots=True)
class _Yes:
    """A yes as it is worked out before the locks: by whom, for what, and what would be booked."""

    request: clinic_actions.Request
    offer: SlotOffer
    fit: Fit
    now: dt.datetime

    @property
    def hand(self) -> Hand:
        return Hand.of(self.request, self.now)

    @property
    def site(self) -> Site:
        return self.offer.entry.site


def accept(*, request: clinic_actions.Request, offer_id: int, now: dt.datetime) -> tuple[int, bool]:
    """Book an offered time for whoever says yes first; return the course's id, and whether it was done before.

    The visit of a course under way comes forward, or the course that was waited for is booked; everybody else who was
    asked is told that it is taken. A yes to what one has already is one.

    :raises NotFound: there is no such offer.
    :raises OfferOver: somebody was quicker, it ran out, was declined, or does not fit any more; nothing was changed.
    :raises Busy: the database stays contended; nothing was saved.
    """
    row = _offer(offer_id)
    if row.state == OfferState.ACCEPTED and row.session:
        return row.session.course_id, True
    return _first_come(lambda: _accepted(request, _offer(offer_id), now), request, now)


def book_by_phone(
    *,
    request: clinic_actions.Request,
    site: Site,
    session_id: int,
    entry_id: int,
    now: dt.datetime,
    starts_at: dt.datetime | None = None,
) -> tuple[int, bool]:
    """Book the time a visit let go of for somebody who said yes on the phone; return the course's id, and if it was
    done before.

    How often they were asked does not matter then; whatever else an offer keeps does.

    :raises NotFound: there is no such entry.
    :raises OfferOver: the time is not free any more, or does not fit; nothing was changed.
    """

    def run() -> int:
        freed = freed_time(site_id=site.pk, session_id=session_id, starts_at=starts_at, now=now)
        entry = open_entries([site.pk]).filter(pk=entry_id).first()
        if entry is None:
            raise NotFound("There is no such entry. Look at the list again.")
        asked_already = SlotOffer.objects.filter(
            entry=entry, resource=freed.slot.resource_id, starts_at=freed.slot.starts_at, state=OfferState.OPEN
        )
        SlotOffer.objects.filter(pk__in=asked_already).update(is_by_phone=True)
        row = asked_already.first()
        if row is None:
            found = fit(entry, freed.slot, _applicant(entry), now=now)
            if isinstance(found, str):
                raise OfferOver(f"This time doesn't fit: {found}.", code="does_not_fit")
            why = reason(entry, _applicant(entry), found, now)
            row = offer_row(request, freed, Candidate(entry, found, why), freed.slot.starts_at, now)
            row.is_by_phone = True
            row.save()
        return _accepted(request, _offer(row.pk), now)

    return _first_come(run, request, now)


def _first_come(run: Callable[[], int], request: clinic_actions.Request, now: dt.datetime) -> tuple[int, bool]:
    """Run a yes; if what it needs went meanwhile, look once more, then close what can't be had any more."""
    for attempt in range(TRIES):
        try:
            return locking.once(request, run)
        except SlotTaken as taken:
            refusal = OfferOver(TAKEN, code="offer_taken")
            refusal.__cause__ = taken
        except PlanGone as gone:
            refusal = OfferOver(GONE, code="offer_gone")
            refusal.__cause__ = gone
        except OfferOver:
            close_offers(now=now)
            raise
        if attempt == TRIES - 1:
            break
    close_offers(now=now)
    raise refusal


def _offer(offer_id: int) -> SlotOffer:
    fetched = ("entry__site", "entry__patient", "entry__protocol", "entry__course__site", "entry__course__patient")
    rows = SlotOffer.objects.select_related(*fetched, "entry__course__protocol", "resource", "session")
    row = rows.filter(pk=offer_id).first()
    if row is None:
        raise NotFound("There is no such offer.")
    return row


def _applicant(entry: WaitlistEntry) -> Applicant:
    return applicants([entry], Asked())[entry.pk]


def _accepted(request: clinic_actions.Request, row: SlotOffer, now: dt.datetime) -> int:
    """Book what an offer is about inside the caller's transaction and return the course's id."""
    if row.state == OfferState.ACCEPTED and row.session:
        return row.session.course_id  # a twin of this very yes was first to the lock
    _check_open(row, now)
    entry = row.entry
    if entry.course_id:
        clinic_actions.remember_request(request=request, result_id=entry.course_id, now=now)
        entry.course = locking.course(entry.course_id)
    found = fit(entry, stored.slot_of(row), _applicant(entry), now=now, session_id=row.session_id)
    if isinstance(found, str):
        raise _misfit(row, found, now)
    yes = _Yes(request, row, found, now)
    session = _bring(yes, entry.course, found.session_id) if entry.course and found.session_id else _begin(yes)
    _settle(yes, session)
    clinic_actions.write_audit(
        request=request,
        site=yes.site,
        action="offer.accepted",
        patient_ids=[row.patient_id],
        object_type="offer",
        object_id=row.pk,
        now=now,
    )
    return session.course_id


def _check_open(row: SlotOffer, now: dt.datetime) -> None:
    if row.state == OfferState.TAKEN:
        raise OfferOver(TAKEN, code="offer_taken")
    if row.state == OfferState.DECLINED:
        raise OfferOver(f"This offer was declined. {KEPT}", code="offer_declined")
    if row.state == OfferState.EXPIRED or (row.expires_at <= now and not row.is_by_phone):
        at = clock_text(local_time.wall(row.expires_at, row.entry.site.zone)[1])
        raise OfferOver(f"This offer ran out at {at}. {KEPT}", code="offer_expired")


def _misfit(row: SlotOffer, why_not: str, now: dt.datetime) -> OfferOver | SlotTaken:
    """Return the refusal of a yes that does not fit any more: taken, if that is why; a twin of it is looked at anew."""
    state = SlotOffer.objects.values_list("state", flat=True).get(pk=row.pk)
    if state == OfferState.ACCEPTED:
        return SlotTaken(TAKEN)
    if state == OfferState.TAKEN or stored.open_and_taken(now=now).filter(pk=row.pk).exists():
        return OfferOver(TAKEN, code="offer_taken")
    return OfferOver(f"That time doesn't fit any more: {why_not}. {KEPT}", code="does_not_fit")


def _claim(yes: _Yes) -> None:
    """Lock the entry and every offer of the place in one order, once resources and patient are locked.

    :raises OfferOver: somebody was quicker.
    :raises SlotTaken: this very yes was.
    """
    list(WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=yes.offer.entry_id).values_list("pk"))
    place = SlotOffer.objects.filter(resource=yes.offer.resource_id, starts_at=yes.offer.starts_at)
    states = dict(place.select_for_update(no_key=True).order_by("pk").values_list("pk", "state"))
    yes.offer.state = states[yes.offer.pk]
    if yes.offer.state == OfferState.ACCEPTED:
        raise SlotTaken(TAKEN)  # a twin of this very yes: looked at once more, it is done
    _check_open(yes.offer, yes.now)


def _bring(yes: _Yes, course: Course, session_id: int) -> Session:
    """Let a visit of a locked course come forward.

    :raises OfferOver: something that must be there first is not, or nothing pays for it there.
    """
    place, slot = yes.fit.planned, stored.slot_of(yes.offer)
    visits.lock(site=course.site, patient_id=course.patient_id, planned=[place])
    _claim(yes)
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    session.course = course
    visit = Visit(place, course.site.zone)
    check_open(course.site, [visit], yes.now)
    check_lists(course.site, definition_of(course.protocol), [(place.day, session.day)], yes.now)
    check_other_courses(course, [visit])
    if lacking := gates_before(course, session.pk, slot, now=yes.now):
        raise _misfit(yes.offer, gates.sentence(lacking[0]), yes.now)
    was_unpaid = bool(session.uncovered)
    change = ledger.header(course, "pulled_forward", yes.hand, data={"moved": 1, "offer": yes.offer.pk})
    ledger.write([edit_to(course, session, visit, note={"offer": yes.offer.pk})], yes.hand, change=change)
    if not was_unpaid:
        _check_paid(yes, session)
    return session


def _begin(yes: _Yes) -> Session:
    """Book a whole course and take its patient off the list.

    :raises OfferOver: something that must be there first is not, or nothing pays for its first visit.
    """
    assert yes.fit.proposal, "a course that begins has a plan"
    course_id = courses.book_within(request=yes.request, proposal=yes.fit.proposal, now=yes.now)
    _claim(yes)
    if lacking := gates_of_first(yes.fit.proposal, stored.slot_of(yes.offer), now=yes.now):
        raise _misfit(yes.offer, gates.sentence(lacking[0]), yes.now)
    first = Session.objects.filter(course=course_id).order_by("number")[0]
    _check_paid(yes, first)
    waitlist.close_booked(yes.offer.entry, "Booked", yes.now)
    return first


def _check_paid(yes: _Yes, session: Session) -> None:
    """Refuse what the recount under the locks found nobody pays for; without any authorisation nobody is asked."""
    uncovered = Session.objects.values_list("uncovered", flat=True).get(pk=session.pk)
    if uncovered:
        raise OfferOver(f"That time doesn't fit any more: the visit {uncovered}. {KEPT}", code="does_not_fit")


def _settle(yes: _Yes, session: Session) -> None:
    """Note the yes, and for everybody else who was asked for this time that it is taken."""
    row, done = yes.offer, {"answered_at": yes.now, "version": F("version") + 1}
    SlotOffer.objects.filter(pk=row.pk).update(state=OfferState.ACCEPTED, session=session, **done)
    others = SlotOffer.objects.filter(resource=row.resource_id, starts_at=row.starts_at, state=OfferState.OPEN)
    others.update(state=OfferState.TAKEN, **done)
