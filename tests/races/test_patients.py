"""Two patients who tap at once on their own pages: one has the opening, and everybody gets a page."""

import datetime as dt
import html
import http.client
import os
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from patients.models import Consent, Patient
from scheduling.domain.operations import OfferState
from scheduling.models import CourseEvent, Session, SlotOffer, WaitlistEntry
from tests.portal.phone import fields_in, path_for
from tests.races.conftest import SECONDS, Crowd, overlaps
from tests.scheduling.freed import FreedDesk, states

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ROUNDS = int(os.environ.get("OFFER_ROUNDS", "4"))
EVE = dt.datetime(2026, 11, 24, 21, 0, tzinfo=dt.UTC)  # Tuesday, 4pm
THANKS = "Thank you. See you Wednesday."
GONE = "That time has just been taken. You keep your place and your own visits."


@pytest.fixture
def desk(crowd: Crowd, clock: Any) -> FreedDesk:
    clock(EVE)
    return FreedDesk(crowd.world)


@pytest.fixture
def offers(desk: FreedDesk) -> list[SlotOffer]:
    """Wednesday, 8:30am is free; two are asked who come later that day."""
    two = [desk.standby(desk.course(preferred_minute=minute)) for minute in (600, 660)]
    visit = desk.cancel(desk.nth(desk.course(), 2), now=EVE)
    return desk.offer(visit, *two, now=EVE)


class Phone:
    """A page somebody has open, and its form."""

    def __init__(self, crowd: Crowd, patient: Patient, page: str = "", to: str = "offer/") -> None:
        self.host, self.path, self.to = crowd.host, path_for(patient), to
        self.fields = fields_in(Client().get(f"{self.path}{page}"), to)

    def tap(self, more: str = "", **fields: str) -> tuple[int, str]:
        """Send the form and return the status of the answer and the words of the page that follows."""
        status, _page, there = self._ask("POST", f"{self.path}{self.to}", f"{urlencode(self.fields | fields)}&{more}")
        assert there, "a form is answered with the way to a page"
        return status, self._ask("GET", there)[1]

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        line = http.client.HTTPConnection(self.host, timeout=SECONDS)
        try:
            line.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = line.getresponse()
            return answer.status, html.unescape(answer.read().decode()), answer.headers.get("Location", "")
        finally:
            line.close()


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_two_patients_tap_the_same_opening_within_a_second(
    crowd: Crowd, desk: FreedDesk, offers: list[SlotOffer], attempt: int
) -> None:
    phones = [Phone(crowd, offer.patient) for offer in offers]

    answers = crowd.at_once(*(lambda phone=phone: phone.tap(answer="yes") for phone in phones))

    won = states(*offers).index(OfferState.ACCEPTED)
    assert [status for status, _page in answers] == [303, 303]
    assert [(THANKS in page, GONE in page) for _status, page in answers] == [
        (place == won, place != won) for place in range(2)
    ]
    assert sorted(states(*offers)) == [OfferState.ACCEPTED, OfferState.TAKEN]
    assert Session.objects.get(starts_at=offers[0].starts_at, is_active=True).patient_id == offers[won].patient_id
    assert WaitlistEntry.objects.filter(closed_at=None).count() == 2
    assert overlaps() == 0


def test_one_patients_many_taps_are_one_yes(crowd: Crowd, desk: FreedDesk, offers: list[SlotOffer]) -> None:
    phone = Phone(crowd, offers[0].patient)

    answers = crowd.at_once(*(lambda: phone.tap(answer="yes") for _tap in range(5)))

    assert [(status, THANKS in page) for status, page in answers] == [(303, True)] * 5
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == 1


def test_a_yes_and_a_no_of_one_patient_end_as_one_of_them(
    crowd: Crowd, desk: FreedDesk, offers: list[SlotOffer]
) -> None:
    phone = Phone(crowd, offers[0].patient)

    answers = crowd.at_once(lambda: phone.tap(answer="yes"), lambda: phone.tap(answer="no"))

    [state] = states(offers[0])
    assert [status for status, _page in answers] == [303, 303]
    assert state in (OfferState.ACCEPTED, OfferState.DECLINED)
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == (state == OfferState.ACCEPTED)


def test_many_taps_put_a_patient_on_the_list_once(crowd: Crowd, desk: FreedDesk) -> None:
    phone = Phone(crowd, desk.course().patient, "waitlist/", "waitlist/")

    answers = crowd.at_once(*(lambda: phone.tap(do="save", times="morning") for _tap in range(5)))

    assert [(status, "You are on the list." in page) for status, page in answers] == [(303, True)] * 5
    assert WaitlistEntry.objects.count() == 1


def test_many_taps_are_one_yes_to_texts_about_free_times(crowd: Crowd, desk: FreedDesk) -> None:
    patient = desk.course().patient
    phone = Phone(crowd, patient, "settings/", "settings/")
    agreed = urlencode([("sms", "reminders"), ("sms", "offers")])

    answers = crowd.at_once(*(lambda: phone.tap(agreed, do="messages") for _tap in range(5)))

    assert [(status, "Saved." in page) for status, page in answers] == [(303, True)] * 5
    given = Consent.objects.filter(patient=patient, revoked_at=None).order_by("pk").values_list("purpose", flat=True)
    assert list(given) == ["reminders", "offers"]
