"""Offers that are over: too late, declined, taken, not fitting any more, closed by the clock; answers on the phone."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.actions import filling, gates, offers, setup, visits
from scheduling.domain.operations import GateKind, OfferState, Urgency
from scheduling.domain.refill import LEAST_OFFERS
from scheduling.errors import NotFound, OfferOver
from scheduling.models import CourseEvent, Prerequisite, Reservation, Session, SlotOffer, WaitlistEntry
from scheduling.queries.waitlist import open_entries, rate_of
from tests.factories import NOW, World
from tests.scheduling.freed import DAY, MINUTE, FreedDesk, days, load_protocol, states


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def gone(desk: FreedDesk) -> Session:
    return desk.gone()


@pytest.fixture
def now(gone: Session) -> dt.datetime:
    return gone.starts_at - 2 * DAY


@pytest.fixture
def three(desk: FreedDesk, gone: Session) -> list[WaitlistEntry]:
    return desk.three()


# Too late, or not any more.


def test_a_yes_after_its_time_is_refused_with_the_hour_and_the_place_is_kept(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)

    with pytest.raises(OfferOver) as refusal:
        desk.accept(offer, now=now + 30 * MINUTE)

    assert refusal.value.message == "This offer ran out at 9am. You keep your place."
    assert refusal.value.code == "offer_expired"
    assert states(offer) == [OfferState.EXPIRED]
    assert set(open_entries([desk.world.site.pk])) == set(three)


def test_a_yes_in_the_last_second_counts(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)

    assert desk.accept(offer, now=offer.expires_at - dt.timedelta(seconds=1)) == three[0].course


def test_a_no_is_a_no_and_says_nothing_about_the_others(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)

    for _twice in range(2):
        offers.decline(request=desk.world.request, offer_id=rows[0].pk, now=now)

    assert states(*rows) == [OfferState.DECLINED, OfferState.OPEN, OfferState.OPEN]
    with pytest.raises(OfferOver, match="This offer was declined"):
        desk.accept(rows[0], now=now)
    assert AuditEntry.objects.filter(action="offer.declined").count() == 1


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        (OfferState.DECLINED, "offer_declined"),
        (OfferState.EXPIRED, "offer_expired"),
        (OfferState.TAKEN, "offer_taken"),
    ],
)
def test_what_is_said_while_a_yes_waits_for_its_locks_counts(
    desk: FreedDesk,
    gone: Session,
    now: dt.datetime,
    three: list[WaitlistEntry],
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: OfferState,
    code: str,
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    lock = visits.lock

    def waits(**names: Any) -> None:
        lock(**names)
        SlotOffer.objects.filter(pk=offer.pk).update(state=meanwhile)

    monkeypatch.setattr(visits, "lock", waits)

    with pytest.raises(OfferOver) as refusal:
        desk.accept(offer, now=now)

    assert refusal.value.code == code
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == 0


def test_a_no_to_what_is_over_changes_nothing(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)
    desk.accept(rows[0], now=now)

    for row in rows:
        offers.decline(request=desk.world.request, offer_id=row.pk, now=now)

    assert states(*rows) == [OfferState.ACCEPTED, OfferState.TAKEN, OfferState.TAKEN]


def test_when_the_desk_takes_the_time_a_yes_is_refused_and_every_offer_closed(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, now=now)

    with pytest.raises(OfferOver, match="That time is taken"):
        desk.accept(rows[1], now=now)

    assert states(*rows) == [OfferState.TAKEN] * 3


def test_when_the_device_goes_out_of_service_the_time_is_gone(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)
    setup.take_out_of_service(
        site=desk.world.site, resource_name="NeuroStar 1", starts_at=now, ends_at=now + 9 * DAY, reason="Coil"
    )

    with pytest.raises(OfferOver, match="That time is taken"):
        desk.accept(rows[0], now=now)

    assert states(*rows) == [OfferState.TAKEN] * 3


def test_a_gate_that_turned_red_meanwhile_stops_the_yes(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    consent = Prerequisite.objects.get(course=three[0].course, kind="consent", withdrawn_at=None)
    gates.withdraw_gate(request=desk.world.request, row_id=consent.pk, kind=GateKind.CONSENT, now=now)

    with pytest.raises(OfferOver) as refusal:
        desk.accept(offer, now=now)

    assert refusal.value.message == "That time doesn't fit any more: Consent: missing. You keep your place."
    assert refusal.value.code == "does_not_fit"
    assert states(offer) == [OfferState.OPEN]


def test_a_visit_that_was_moved_elsewhere_meanwhile_is_not_what_was_offered(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    visit = offer.session
    assert visit
    desk.cancel(visit, now=now)

    with pytest.raises(OfferOver, match="the visit it was offered for has changed"):
        desk.accept(offer, now=now)


def test_an_offer_that_is_not_there_is_not_answered(desk: FreedDesk) -> None:
    with pytest.raises(NotFound):
        filling.accept(request=desk.world.request, offer_id=0, now=NOW)
    with pytest.raises(NotFound):
        offers.decline(request=desk.world.request, offer_id=0, now=NOW)


def test_if_only_the_operator_went_another_one_is_found(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    """The visit beside it takes the operator the planner likes best; two more are there."""
    [offer] = desk.offer(gone, three[0], now=now)
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, pins={"tms_device": desk.device(2).pk}, now=now)

    desk.accept(offer, now=now)

    held = Reservation.objects.filter(starts_at=gone.starts_at, resource__kind="operator", is_active=True)
    assert held.values("resource").distinct().count() == held.count() == 2


# By phone.


def test_a_yes_on_the_phone_is_offer_and_yes_in_one(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, three[0], three[1], now=now)

    course = desk.by_phone(gone, three[2], now=now)

    assert course == three[2].course
    phone = SlotOffer.objects.get(entry=three[2])
    assert (phone.state, phone.is_by_phone, phone.asked_at, phone.answered_at) == ("accepted", True, now, now)
    assert states(*rows) == [OfferState.TAKEN] * 2
    assert desk.nth(course, 3).starts_at == gone.starts_at


def test_who_was_asked_by_text_may_call(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)

    desk.by_phone(gone, three[0], now=now + 45 * MINUTE)

    offer.refresh_from_db()
    assert (offer.state, offer.is_by_phone) == (OfferState.ACCEPTED, True)


def test_on_the_phone_how_often_somebody_was_asked_does_not_matter_but_the_rules_do(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    offers.decline(request=desk.world.request, offer_id=offer.pk, now=now)
    consent = Prerequisite.objects.get(course=three[1].course, kind="consent")
    gates.withdraw_gate(request=desk.world.request, row_id=consent.pk, kind=GateKind.CONSENT, now=now)

    with pytest.raises(OfferOver, match="This time doesn't fit: Consent: missing"):
        desk.by_phone(gone, three[1], now=now)
    with pytest.raises(NotFound):
        filling.book_by_phone(request=desk.world.request, site=desk.world.site, session_id=gone.pk, entry_id=0, now=now)

    assert desk.by_phone(gone, three[0], now=now) == three[0].course


def test_on_the_phone_a_time_that_is_gone_is_gone(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    desk.by_phone(gone, three[0], now=now)

    with pytest.raises(OfferOver, match="That time is taken"):
        desk.by_phone(gone, three[1], now=now)


# The clock.


def test_the_clock_closes_what_nobody_answered_and_what_is_taken_and_again_changes_nothing(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, three[0], now=now)
    later = now + 10 * MINUTE
    rows = desk.offer(gone, three[1], now=later)
    assert offers.close_offers(now=now + 29 * MINUTE) == 0

    assert offers.close_offers(now=now + 30 * MINUTE) == 1
    assert states(*rows) == [OfferState.EXPIRED, OfferState.OPEN]
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, now=now)

    assert offers.close_offers(now=now + 31 * MINUTE) == 1
    assert states(*rows) == [OfferState.EXPIRED, OfferState.TAKEN]
    assert SlotOffer.objects.get(pk=rows[1].pk).answered_at == now + 31 * MINUTE
    assert offers.close_offers(now=now + 31 * MINUTE) == 0


def test_a_visit_that_would_come_forward_over_its_own_time_does_not_take_it(
    desk: FreedDesk, gone: Session, now: dt.datetime, tmp_path: Path
) -> None:
    """An hour from nine on goes to half past eight, on the same device."""
    code = load_protocol(tmp_path, "hourly", minutes=60)
    hourly = desk.course(protocol_code=code, counts={}, preferred_minute=540, start_on=dt.date(2026, 11, 25))
    assert "27 9:00" in days(hourly)
    [offer] = desk.offer(gone, desk.standby(hourly), now=now)

    assert offers.close_offers(now=now) == 0

    desk.accept(offer, now=now)
    assert states(offer) == [OfferState.ACCEPTED]


def test_the_clock_costs_two_looks_where_nothing_is_due_however_many_are_open(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            offers.close_offers(now=now)
        return len([one for one in seen if "SAVEPOINT" not in one["sql"]])

    before = cost()
    desk.offer(gone, now=now)

    assert (before, cost()) == (2, 2)


# How often people say yes.


def test_the_clinics_own_rate_is_told_once_there_are_fifty_answers(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    pk = offer.pk

    def more(count: int, state: OfferState) -> None:
        for _each in range(count):
            offer.pk, offer.state, offer.starts_at = None, state, offer.starts_at - MINUTE
            offer.save(force_insert=True)

    more(10, OfferState.TAKEN)
    more(12, OfferState.ACCEPTED)
    more(LEAST_OFFERS - 13, OfferState.DECLINED)
    site = [desk.world.site.pk]
    before = rate_of(site)
    SlotOffer.objects.filter(pk=pk).update(state=OfferState.EXPIRED)

    after = rate_of(site)

    assert (before.of, before.share, before.chance(3)) == (49, None, None)
    assert (after.accepted, after.of, after.share) == (12, 50, 0.24)
    assert after.chance(3) == pytest.approx(1 - 0.76**3)
    assert rate_of([desk.world.other_site.pk]).of == 0


def test_urgency_goes_before_the_time_somebody_waits(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    entry = desk.standby(desk.course(preferred_minute=780), urgency=Urgency.URGENT, now=NOW + DAY)

    assert [row.entry for row in desk.offer(gone, now=now)] == [entry, *three[:2]]
