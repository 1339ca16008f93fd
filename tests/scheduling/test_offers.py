"""Offers of a freed time: a few at once, the first yes has it, nobody is asked too often, and what the clock does."""

import datetime as dt
from typing import Any

import pytest

from clinic.models import AuditEntry
from scheduling.actions import filling, offers, undoing
from scheduling.domain.operations import OfferState
from scheduling.errors import Conflict, NotFound, OfferOver, Rejected, SlotTaken
from scheduling.models import Course, CourseEvent, Reservation, Session, SlotOffer, WaitlistEntry
from scheduling.queries import refill
from scheduling.queries.history import history_of
from scheduling.queries.waitlist import open_entries
from tests.factories import NOW, World
from tests.scheduling.freed import DAY, HOUR, MINUTE, TAKEN, FreedDesk, days, states


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


def fourth(desk: FreedDesk, **asked: Any) -> WaitlistEntry:
    return desk.standby(desk.course(preferred_minute=780), **asked)


# Asking.


def test_a_time_is_offered_to_the_best_three_for_half_an_hour(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    fourth(desk, now=NOW + HOUR)

    rows = desk.offer(gone, now=now)

    assert [row.entry for row in rows] == three
    first = rows[0]
    assert (first.freed, first.resource, first.session) == (
        gone,
        desk.device(),
        desk.nth(three[0].course or Course(), 3),
    )
    assert (first.day, first.minute, first.starts_at) == (gone.day, gone.minute, gone.starts_at)
    assert (first.ends_at, first.state, first.why) == (gone.ends_at, "open", "comes sooner that day")
    assert (first.asked_at, first.asked_by, first.expires_at) == (now, desk.world.receptionist, now + 30 * MINUTE)
    assert (first.answered_at, first.is_by_phone, first.version) == (None, False, 1)
    seen = AuditEntry.objects.filter(action="offer.made").values_list("patient_id", flat=True)
    assert set(seen) == {entry.patient_id for entry in three}


def test_while_offers_are_open_the_list_says_how_many_and_until_when(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    desk.offer(gone, now=now)

    open_now, over = desk.freed(gone, now=now + 29 * MINUTE), desk.freed(gone, now=now + 30 * MINUTE)

    assert (open_now.offers, open_now.offered_until) == (3, now + 30 * MINUTE)
    assert (over.offers, over.offered_until) == (0, None)


def test_a_fourth_is_not_asked_as_long_as_three_think_about_it(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    entry = fourth(desk)
    rows = desk.offer(gone, *three, now=now)

    with pytest.raises(Conflict, match="3 are asked for this time already until 9am"):
        desk.offer(gone, now=now)
    with pytest.raises(Conflict, match="3 are asked"):
        desk.offer(gone, entry, now=now)
    offers.decline(request=desk.world.request, offer_id=rows[1].pk, now=now)

    assert desk.offer(gone, now=now)[-1].entry == entry


def test_who_was_asked_for_a_time_is_not_asked_for_it_again(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    desk.offer(gone, three[0], now=now)
    later = now + HOUR
    offers.close_offers(now=later)

    assert [row.entry for row in desk.offer(gone, now=later)] == three
    with pytest.raises(Rejected, match="was asked for this time already"):
        desk.offer(gone, three[0], now=later)


def test_nobody_is_asked_more_than_twice_on_one_day_of_the_clinic(desk: FreedDesk, now: dt.datetime) -> None:
    """Midnight in New York is five in the morning in London."""
    giving = [desk.course(preferred_minute=minute) for minute in (510, 600, 690)]
    freed = [desk.cancel(desk.nth(course, 3), now=now) for course in giving]
    entry = desk.standby(desk.course(preferred_minute=840))
    for visit in freed[:2]:
        desk.offer(visit, entry, now=now)
    midnight = dt.datetime(2026, 11, 26, 5, 0, tzinfo=dt.UTC)

    assert desk.why_not(freed[2], entry, now=midnight - MINUTE) == "was asked twice today"
    with pytest.raises(Rejected, match="was asked twice today"):
        desk.offer(freed[2], entry, now=midnight - MINUTE)
    assert desk.why_not(freed[2], entry, now=midnight) == ""


def test_twice_a_day_is_counted_by_person_not_by_entry(desk: FreedDesk, now: dt.datetime) -> None:
    giving = [desk.course(preferred_minute=minute) for minute in (510, 600, 690)]
    freed = [desk.cancel(desk.nth(course, 3), now=now) for course in giving]
    course = desk.course(preferred_minute=840)
    entry, other = desk.standby(course), desk.waiting(course.patient, "consult")
    desk.offer(freed[0], entry, now=now)
    SlotOffer.objects.update(entry=other)
    desk.offer(freed[1], entry, now=now)

    assert desk.why_not(freed[2], entry, now=now) == "was asked twice today"


def test_who_is_to_be_called_is_only_asked_by_name(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    WaitlistEntry.objects.filter(pk=three[0].pk).update(is_call_only=True)

    assert [each.entry for each in desk.found(gone, now=now).candidates] == three
    assert [row.entry for row in desk.offer(gone, now=now)] == three[1:]
    assert [row.entry for row in desk.offer(gone, three[0], now=now)][-1] == three[0]


def test_an_offer_ends_two_hours_before_the_visit_and_no_later_than_the_notice_it_takes(
    desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    far, near, _third = three
    WaitlistEntry.objects.filter(pk=far.pk).update(lead_minutes=140)
    asked = gone.starts_at - 145 * MINUTE

    rows = desk.offer(gone, far, near, now=asked)

    assert [row.expires_at for row in rows] == [gone.starts_at - 140 * MINUTE, gone.starts_at - 120 * MINUTE]


def test_where_no_time_is_left_to_wait_for_an_answer_people_call(
    desk: FreedDesk, gone: Session, three: list[WaitlistEntry]
) -> None:
    late = gone.starts_at - 2 * HOUR

    with pytest.raises(Rejected, match="Call somebody and book by phone") as refusal:
        desk.offer(gone, now=late)

    assert refusal.value.code == "too_late_to_ask"
    assert desk.by_phone(gone, three[0], now=late) == three[0].course


def test_nobody_who_does_not_fit_is_asked_by_name_or_at_all(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    WaitlistEntry.objects.update(from_minute=720)

    with pytest.raises(Rejected) as refusal:
        desk.offer(gone, three[0], three[1], now=now)
    with pytest.raises(Rejected, match="Nobody on the list fits"):
        desk.offer(gone, now=now)

    assert refusal.value.message == "This time doesn't fit: asked for afternoons. Pick somebody else."
    assert refusal.value.fields == {str(three[0].pk): "asked for afternoons", str(three[1].pk): "asked for afternoons"}
    assert SlotOffer.objects.count() == 0


def test_one_to_three_people_who_are_on_the_list_are_named(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    def offer(*ids: int) -> None:
        offers.offer(request=desk.world.request, site=desk.world.site, session_id=gone.pk, entry_ids=list(ids), now=now)

    with pytest.raises(Rejected, match="Name one to 3"):
        offer()
    with pytest.raises(Rejected, match="Name one to 3"):
        offer(*(entry.pk for entry in [*three, fourth(desk)]))
    with pytest.raises(NotFound):
        offer(three[0].pk, 0)

    assert SlotOffer.objects.count() == 0


def test_the_same_request_again_asks_nobody_twice(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    desk.offer(gone, now=now, key="k-1")

    assert len(desk.offer(gone, now=now, key="k-1")) == 3


def test_a_time_that_is_gone_is_not_offered(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    desk.course(counts={"acute": 1, "taper": 0}, start_on=gone.day, now=now)

    with pytest.raises(SlotTaken):
        desk.offer(gone, now=now)


# Yes.


def test_the_first_yes_brings_the_visit_forward_and_the_others_keep_their_place(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)
    course = three[1].course
    assert course
    moving_one = desk.nth(course, 3)
    before = days(course)

    booked = desk.accept(rows[1], now=now + MINUTE)

    moving_one.refresh_from_db()
    assert booked == course
    assert (moving_one.starts_at, moving_one.why, moving_one.version) == (
        gone.starts_at,
        "Came forward into a freed time.",
        2,
    )
    assert days(course) == [*before[:2], "27 8:30", *before[3:]]
    assert states(*rows) == [OfferState.TAKEN, OfferState.ACCEPTED, OfferState.TAKEN]
    rows[1].refresh_from_db()
    assert (rows[1].answered_at, rows[1].session, rows[1].version) == (now + MINUTE, moving_one, 2)
    assert set(open_entries([desk.world.site.pk])) == set(three)
    assert AuditEntry.objects.filter(action="offer.accepted", patient_id=course.patient_id).count() == 1


def test_who_comes_second_is_told_so_and_nothing_changes(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)
    desk.accept(rows[0], now=now)
    second = three[2].course
    assert second
    before = days(second)

    with pytest.raises(OfferOver) as refusal:
        desk.accept(rows[2], now=now)

    assert (refusal.value.message, refusal.value.code, refusal.value.status) == (TAKEN, "offer_taken", 409)
    assert days(second) == before


def test_a_yes_twice_is_one_yes(desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]) -> None:
    rows = desk.offer(gone, now=now)

    first = filling.accept(request=desk.world.request, offer_id=rows[0].pk, now=now)
    again = filling.accept(request=desk.world.request, offer_id=rows[0].pk, now=now + HOUR)

    assert (first, again) == ((three[0].course_id, False), (three[0].course_id, True))
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == 1


def test_the_change_names_its_offer_reads_well_and_is_taken_back_like_any_move(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    course = three[0].course
    assert course
    before = days(course)
    held = set(Reservation.objects.filter(session__course=course, is_active=True).values_list("pk", flat=True))
    desk.accept(offer, now=now)
    change = CourseEvent.objects.get(course=course, kind="pulled_forward")
    assert change.data == {"moved": 1, "offer": offer.pk}
    assert change.sessions.get().data["offer"] == offer.pk
    assert "A visit came forward into a freed time" in [line.text for line in history_of(course)]
    course.refresh_from_db()

    undoing.undo_change(request=desk.world.request, course_id=course.pk, version=course.version, now=now)

    assert days(course) == before
    assert set(Reservation.objects.filter(session__course=course, is_active=True).values_list("pk", flat=True)) == held
    freed = desk.freed(gone, now=now)
    assert freed.left_by == {gone.patient_id, course.patient_id}


def test_a_time_that_is_free_again_is_offered_to_the_others_and_not_to_who_gave_it_back(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    rows = desk.offer(gone, now=now)
    desk.accept(rows[0], now=now)
    visit = rows[0].session
    assert visit
    visit.refresh_from_db()
    undoing.undo(session_id=visit.pk, version=visit.version, now=now, by=desk.world.receptionist)

    again = desk.offer(gone, now=now)[3:]
    desk.accept(again[0], now=now)

    assert [row.entry for row in again] == three[1:]
    assert states(*again) == [OfferState.ACCEPTED, OfferState.TAKEN]


def test_the_time_a_visit_came_from_is_free_for_others_but_never_for_itself(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    [offer] = desk.offer(gone, three[0], now=now)
    left = offer.session
    assert left
    desk.accept(offer, now=now)

    [freed] = refill.freed_times(site_ids=[desk.world.site.pk], now=now)

    assert (freed.session_id, freed.why, freed.slot.starts_at) == (left.pk, "moved", left.starts_at)
    found = refill.candidates(freed, now=now)
    assert [each.entry for each in found.candidates] == three[1:]
    assert [(each.entry, each.why_not) for each in found.others] == [(three[0], "gave this time away")]


def test_who_came_forward_is_asked_after_the_others_next_time(
    desk: FreedDesk, gone: Session, now: dt.datetime, three: list[WaitlistEntry]
) -> None:
    desk.accept(desk.offer(gone, three[0], now=now)[0], now=now)
    monday = desk.cancel(desk.nth(gone.course, 3), now=now)

    found = desk.found(monday, now=now)

    assert [each.entry for each in found.candidates] == [three[1], three[2], three[0]]


def test_a_yes_books_the_whole_course_that_was_waited_for(desk: FreedDesk, gone: Session, now: dt.datetime) -> None:
    patient = desk.person()
    entry = desk.waiting(patient, "tms_itbs_36")
    desk.authorize(patient, ["90867", "90868", "90869"], 40)
    [offer] = desk.offer(gone, entry, now=now)
    assert offer.session is None

    course = desk.accept(offer, now=now)

    first = desk.nth(course, 1)
    assert (course.patient, course.state, course.prescribed) == (patient, "active", 36)
    assert (first.starts_at, first.reservations.get(resource__kind="tms_device").resource) == (
        gone.starts_at,
        desk.device(),
    )
    offer.refresh_from_db()
    entry.refresh_from_db()
    assert (offer.state, offer.session_id) == (OfferState.ACCEPTED, first.pk)
    assert (entry.closed_at, entry.closed_because) == (now, "Booked")
