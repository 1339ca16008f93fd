"""Answers that meet: three yes within a second, a yes while the desk books, a yes in the moment an offer runs out."""

import datetime as dt
import os
from collections import Counter
from typing import Any

import pytest
from django.db import connections

from clinic.clock import now
from scheduling.actions import filling, offers
from scheduling.domain.operations import OfferState
from scheduling.errors import OfferOver
from scheduling.models import Course, CourseEvent, Session, SlotOffer, WaitlistEntry
from tests.races.conftest import Answer, Crowd, overlaps
from tests.races.edits import Desk, unexplained
from tests.scheduling.freed import DAY, TAKEN, FreedDesk, days, states

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ROUNDS = int(os.environ.get("OFFER_ROUNDS", "4"))
EVE = dt.datetime(2026, 11, 24, 21, 0, tzinfo=dt.UTC)  # Tuesday, 4pm


@pytest.fixture
def desk(crowd: Crowd, clock: Any) -> FreedDesk:
    clock(EVE)
    return FreedDesk(crowd.world)


def phone(crowd: Crowd) -> Desk:
    return Desk(crowd.host, "Rosa", crowd.token)


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(status for status, _body, _headers in answers)


def standby(desk: FreedDesk) -> list[WaitlistEntry]:
    """Three courses that come later on the same days, on the same device."""
    return [desk.standby(desk.course(preferred_minute=minute)) for minute in (600, 660, 720)]


def test_three_yes_within_a_second_are_one_booking(crowd: Crowd, desk: FreedDesk, clock: Any) -> None:
    giving, three, post = desk.course(), standby(desk), phone(crowd)
    visits = [desk.nth(giving, number) for number in range(2, 2 + min(ROUNDS, 5))]
    for visit in visits:
        clock(visit.starts_at - DAY)
        desk.cancel(visit, now=visit.starts_at - DAY)
        rows = desk.offer(visit, *three, now=visit.starts_at - DAY)
        before = {entry.pk: days(entry.course or Course()) for entry in three}

        answers = crowd.at_once(*(lambda row=row: post.post(f"offers/{row.pk}/accept/") for row in rows))

        assert statuses(answers) == {200: 1, 409: 2}
        told = [(body["code"], body["message"]) for status, body, _headers in answers if status == 409]
        assert told == [("offer_taken", TAKEN)] * 2
        assert sorted(states(*rows)) == [OfferState.ACCEPTED, OfferState.TAKEN, OfferState.TAKEN]
        won = next(row for row, state in zip(rows, states(*rows), strict=True) if state == OfferState.ACCEPTED)
        here = Session.objects.get(starts_at=visit.starts_at, is_active=True)
        assert (here.pk, here.course_id) == (won.session_id, won.entry.course_id)
        assert unexplained(here.pk) == []
        losers = [entry for entry in three if entry.pk != won.entry_id]
        assert all(days(entry.course or Course()) == before[entry.pk] for entry in losers)
    assert WaitlistEntry.objects.filter(closed_at=None).count() == 3
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == len(visits)
    assert overlaps() == 0


def test_a_double_tap_is_one_yes(crowd: Crowd, desk: FreedDesk, clock: Any) -> None:
    visit, three, post = desk.nth(desk.course(), 2), standby(desk), phone(crowd)
    desk.cancel(visit, now=EVE)
    [row] = desk.offer(visit, three[0], now=EVE)

    answers = crowd.at_once(*(lambda: post.post(f"offers/{row.pk}/accept/") for _tap in range(6)))

    assert statuses(answers) == {200: 6}
    assert {body["id"] for _status, body, _headers in answers} == {three[0].course_id}
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == 1
    assert overlaps() == 0


def test_a_yes_that_begins_a_course_and_one_that_brings_a_visit_forward_are_one_booking(
    crowd: Crowd, desk: FreedDesk, clock: Any
) -> None:
    """A course of one visit and a course under way."""
    clock(EVE)
    visit, post = desk.nth(desk.course(), 2), phone(crowd)
    entry, other = desk.standby(desk.course(preferred_minute=660)), desk.waiting(protocol="single", now=EVE - DAY)
    desk.cancel(visit, now=EVE)
    rows = desk.offer(visit, entry, other, now=EVE)
    assert len(rows) == 2

    answers = crowd.at_once(*(lambda row=row: post.post(f"offers/{row.pk}/accept/") for row in rows))

    assert statuses(answers) == {200: 1, 409: 1}
    assert sorted(states(*rows)) == [OfferState.ACCEPTED, OfferState.TAKEN]
    is_booked = Course.objects.filter(patient=other.patient).exists()
    other.refresh_from_db()
    assert is_booked == (other.closed_at is not None) == (states(rows[1]) == [OfferState.ACCEPTED])
    assert overlaps() == 0


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_a_yes_while_the_desk_books_the_time(crowd: Crowd, desk: FreedDesk, clock: Any, attempt: int) -> None:
    visit, three, post = desk.nth(desk.course(), 2), standby(desk), phone(crowd)
    desk.cancel(visit, now=EVE)
    rows = desk.offer(visit, *three, now=EVE)
    wish = {"protocol": "single", "start_on": str(visit.day), "preferred_time": "08:30"}
    plan = crowd.plan(desk.person(), pins={"tms_device": desk.device().pk}, **wish)

    yes, booked = crowd.at_once(
        lambda: post.post(f"offers/{rows[0].pk}/accept/"), lambda: post.post("courses/", {"plan": plan})
    )

    assert (yes[0], booked[0]) in {(200, 409), (409, 201)}
    assert Session.objects.filter(starts_at=visit.starts_at, is_active=True).count() == 1
    assert overlaps() == 0
    if yes[0] == 409:
        assert yes[1]["message"] == TAKEN
        assert states(*rows) == [OfferState.TAKEN] * 3
    else:
        assert sorted(states(*rows)) == [OfferState.ACCEPTED, OfferState.TAKEN, OfferState.TAKEN]


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_a_yes_in_the_moment_an_offer_runs_out(crowd: Crowd, desk: FreedDesk, clock: Any, attempt: int) -> None:
    visit, three = desk.nth(desk.course(), 2), standby(desk)
    desk.cancel(visit, now=EVE)
    [row] = desk.offer(visit, three[0], now=EVE)
    course = three[0].course
    assert course
    before = days(course)

    def answer() -> str:
        try:
            filling.accept(
                request=desk.world.request, offer_id=row.pk, now=row.expires_at - dt.timedelta(milliseconds=1)
            )
        except OfferOver as over:
            return over.code
        finally:
            connections.close_all()
        return "booked"

    def clocks() -> int:
        try:
            return offers.close_offers(now=row.expires_at)
        finally:
            connections.close_all()

    said, _closed = crowd.at_once(answer, clocks)
    offers.close_offers(now=row.expires_at)

    row.refresh_from_db()
    if said == "booked":
        assert (row.state, days(course)) == (OfferState.ACCEPTED, [before[0], "25 8:30", *before[2:]])
    else:
        assert (said, row.state, days(course)) == ("offer_expired", OfferState.EXPIRED, before)


def test_two_desks_that_offer_one_time_ask_three_people_at_the_most(crowd: Crowd, desk: FreedDesk, clock: Any) -> None:
    visit, three, post = desk.nth(desk.course(), 2), standby(desk), phone(crowd)
    others = [desk.standby(desk.course(preferred_minute=minute)) for minute in (780, 840, 900)]
    desk.cancel(visit, now=EVE)

    answers = crowd.at_once(
        *(
            lambda named=named: post.post(f"freed-times/{visit.pk}/offers/", {"entries": [each.pk for each in named]})
            for named in (three, others)
        )
    )

    assert statuses(answers) == {201: 1, 409: 1}
    assert SlotOffer.objects.filter(state=OfferState.OPEN).count() == 3


def test_three_desks_that_ask_one_person_for_three_times_ask_twice(crowd: Crowd, desk: FreedDesk, clock: Any) -> None:
    gone = [desk.nth(desk.course(preferred_minute=minute), 2) for minute in (510, 600, 690)]
    entry, post = desk.standby(desk.course(preferred_minute=900)), phone(crowd)
    for visit in gone:
        desk.cancel(visit, now=EVE)
    assert now() == EVE

    answers = crowd.at_once(
        *(lambda visit=visit: post.post(f"freed-times/{visit.pk}/offers/", {"entries": [entry.pk]}) for visit in gone)
    )

    assert statuses(answers) == {201: 2, 409: 1}
    assert SlotOffer.objects.filter(patient=entry.patient).count() == 2
