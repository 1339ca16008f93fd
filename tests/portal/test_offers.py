"""A time that is free, on the patient's page: one tap takes it, the first has it, the others are told kindly."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.actions import filling, offers
from scheduling.domain.operations import OfferState
from scheduling.models import CourseEvent, Session, SlotOffer, WaitlistEntry
from scheduling.queries.history import history_of
from tests.factories import World
from tests.portal.phone import banned_in, fields_in, path_for, seen, text_of
from tests.scheduling.freed import DAY, MINUTE, FreedDesk, days, states

KEPT = "You keep your place and your own visits."


@pytest.fixture
def desk(world: World) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def gone(desk: FreedDesk) -> Session:
    """Friday, November 27, 8:30am."""
    return desk.gone()


@pytest.fixture
def now(gone: Session, clock: Any) -> dt.datetime:
    """It is Wednesday, 8:30am."""
    at = gone.starts_at - 2 * DAY
    clock(at)
    return at


@pytest.fixture
def three(desk: FreedDesk, gone: Session, now: dt.datetime) -> list[SlotOffer]:
    """Three are asked who come later on that Friday: at 10, 11 and noon."""
    return desk.offer(gone, *desk.three(), now=now)


def waiting(desk: FreedDesk) -> WaitlistEntry:
    patient = desk.person()
    desk.authorize(patient, ["90867", "90868", "90869"], 40)
    return desk.waiting(patient, "tms_itbs_36")


def tap(client: Client, offer: SlotOffer, answer: str = "yes", **more: Any) -> Any:
    """Open the page of whoever was asked, answer, and return the page that follows."""
    path = path_for(offer.patient)
    page = more.pop("page", None) or client.get(path)
    return client.post(f"{path}offer/", fields_in(page, "offer/") | {"answer": answer}, follow=True, **more)


def opened(client: Client, offer: SlotOffer, query: str = "") -> Any:
    return client.get(f"{path_for(offer.patient)}{query}")


def test_the_page_says_which_time_is_free_what_it_replaces_and_until_when_to_answer(
    client: Client, three: list[SlotOffer]
) -> None:
    assert (
        "A time is free Friday, November 27 8:30am about 30 minutes It would replace Friday, November 27, 10am. "
        "Please answer by Wednesday, 9am. Yes, I’ll take it No, thanks Your next visit"
    ) in seen(opened(client, three[0]))


def test_it_says_so_in_spanish(client: Client, three: list[SlotOffer]) -> None:
    assert (
        "Hay una hora libre Viernes 27 de noviembre 8:30 a.m. unos 30 minutos "
        "Sería en lugar de la visita del viernes 27 de noviembre, 10 a.m. "
        "Por favor, responda antes del miércoles, 9 a.m. Sí, la quiero No, gracias"
    ) in seen(opened(client, three[0], "?lang=es"))


def test_it_says_nothing_a_stranger_may_not_read(client: Client, three: list[SlotOffer]) -> None:
    path = path_for(three[0].patient)
    pages = [client.get(path), client.get(f"{path}?lang=es"), tap(client, three[0])]

    assert [word for page in pages for word in banned_in(page, path)] == []


def test_one_tap_takes_it_and_the_page_says_thank_you(client: Client, three: list[SlotOffer]) -> None:
    course = three[1].entry.course
    assert course
    before = days(course)

    page = tap(client, three[1])

    assert "Thank you. See you Friday." in seen(page)
    assert "A time is free" not in seen(page)
    assert days(course) == [*before[:2], "27 8:30", *before[3:]]
    assert states(*three) == [OfferState.TAKEN, OfferState.ACCEPTED, OfferState.TAKEN]


def test_what_was_taken_is_given_back_with_one_tap(client: Client, three: list[SlotOffer]) -> None:
    course, path = three[0].entry.course, path_for(three[0].patient)
    assert course
    before = days(course)
    page = tap(client, three[0])

    client.post(f"{path}back/", fields_in(page, "back/"))

    assert days(course) == before
    assert "See you Friday" not in seen(client.get(f"{path}?offer={three[0].pk}"))


def test_who_has_just_taken_a_time_is_not_asked_whether_they_come(
    client: Client, desk: FreedDesk, gone: Session, now: dt.datetime
) -> None:
    [offer] = desk.offer(gone, waiting(desk), now=now)

    page = tap(client, offer)

    assert ("I’ll be there" in seen(page), "I can’t make it" in seen(page)) == (False, True)
    assert "I’ll be there" in seen(opened(client, offer))


def test_the_history_says_that_the_patient_did_it(client: Client, three: list[SlotOffer]) -> None:
    course = three[0].entry.course
    assert course

    tap(client, three[0])

    [line] = [line for line in history_of(course) if line.text == "A visit came forward into a freed time"]
    entry = AuditEntry.objects.get(action="offer.accepted")
    assert (line.by, line.data["actor"]) == (None, "patient")
    assert (entry.actor, entry.role, entry.patient_id) == (None, "patient", course.patient_id)


def test_a_second_tap_changes_nothing_and_says_the_same(client: Client, three: list[SlotOffer]) -> None:
    page = opened(client, three[0])

    answers = [tap(client, three[0], page=page) for _time in range(2)]

    assert ["See you Friday." in seen(answer) for answer in answers] == [True, True]
    assert CourseEvent.objects.filter(kind="pulled_forward").count() == 1


def test_who_comes_second_is_told_kindly_and_keeps_everything(client: Client, three: list[SlotOffer]) -> None:
    page, course = opened(client, three[2]), three[2].entry.course
    assert course
    before = days(course)
    tap(client, three[0])

    second = tap(client, three[2], page=page)
    later = opened(client, three[2])

    words = f"That time has just been taken. {KEPT}"
    assert (words in seen(second), words in seen(later)) == (True, True)
    assert "Yes, I’ll take it" not in seen(second)
    assert (second.status_code, days(course)) == (200, before)


def test_no_keeps_the_place_and_is_said_once(client: Client, three: list[SlotOffer]) -> None:
    page = opened(client, three[0])

    answers = [tap(client, three[0], "no", page=page) for _time in range(2)]

    assert [
        f"Thank you for telling us. If you change your mind, call us. {KEPT}" in seen(each) for each in answers
    ] == [
        True,
        True,
    ]
    assert states(three[0]) == [OfferState.DECLINED]
    assert "Thank you for telling us" not in seen(opened(client, three[0]))
    assert WaitlistEntry.objects.get(pk=three[0].entry_id).closed_at is None
    assert AuditEntry.objects.filter(action="offer.declined", role="patient").count() == 1


def test_a_yes_after_the_time_to_answer_is_told_so(client: Client, three: list[SlotOffer], clock: Any) -> None:
    page = opened(client, three[0])
    clock(three[0].expires_at)

    answer = tap(client, three[0], page=page)

    assert f"The time to answer is over. {KEPT}" in seen(answer)
    assert states(three[0]) == [OfferState.EXPIRED]


def test_a_time_the_clinic_took_back_is_not_said_to_be_taken(
    client: Client, desk: FreedDesk, gone: Session, three: list[SlotOffer], now: dt.datetime
) -> None:
    page = opened(client, three[0])
    offers.withdraw(
        request=desk.world.request, site=desk.world.site, session_id=gone.pk, starts_at=gone.starts_at, now=now
    )

    assert f"That time can’t be had any more. {KEPT}" in seen(tap(client, three[0], page=page))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", f"That time doesn’t fit with your visits any more. {KEPT}"),
        ("es", "Esa hora ya no va bien con sus visitas. Usted conserva su lugar y sus visitas."),
    ],
)
def test_a_time_that_does_not_fit_any_more_is_no_reason_in_words_of_the_desk(
    client: Client, three: list[SlotOffer], language: str, words: str
) -> None:
    page = opened(client, three[0], f"?lang={language}")
    WaitlistEntry.objects.filter(pk=three[0].entry_id).update(lead_minutes=24 * 60)
    course = three[0].entry.course
    assert course
    course.state = "on_hold"
    course.save()

    answer = tap(client, three[0], page=page)

    assert words in seen(answer)
    assert ("on hold" in seen(answer), "Yes, I’ll take it" in seen(answer), "Sí, la quiero" in seen(answer)) == (
        False,
        False,
        False,
    )


def test_who_waits_for_a_first_visit_begins_with_a_yes(
    client: Client, desk: FreedDesk, gone: Session, now: dt.datetime
) -> None:
    [offer] = desk.offer(gone, waiting(desk), now=now)

    page = opened(client, offer)
    answer = tap(client, offer)

    assert "Your visits would begin then." in seen(page)
    assert "Thank you. See you Friday. Your next visit Friday, November 27 8:30am" in seen(answer)


def test_who_waits_for_a_first_visit_and_comes_second_finds_their_page_open(
    client: Client, desk: FreedDesk, gone: Session, now: dt.datetime
) -> None:
    rows = desk.offer(gone, desk.three()[0], waiting(desk), now=now)
    page = opened(client, rows[1])
    filling.accept(request=desk.world.request, offer_id=rows[0].pk, now=now)

    answer = tap(client, rows[1], page=page)

    assert "That time has just been taken. You keep your place." in seen(answer)
    assert (answer.status_code, "own visits" in seen(answer)) == (200, False)


def test_an_old_text_about_a_free_time_says_that_it_is_gone_for_a_day(
    client: Client, three: list[SlotOffer], now: dt.datetime, clock: Any
) -> None:
    tap(client, three[0])
    pages = []
    for later in (DAY - MINUTE, DAY):
        clock(now + later)
        pages.append("That time has just been taken." in seen(opened(client, three[1])))

    assert pages == [True, False]


def test_nobody_answers_what_somebody_else_was_asked(client: Client, three: list[SlotOffer]) -> None:
    mine, theirs = three[:2]
    path = path_for(mine.patient)

    client.post(f"{path}offer/", fields_in(client.get(path), "offer/") | {"answer": "yes", "offer": str(theirs.pk)})

    assert states(*three) == [OfferState.OPEN] * 3


def test_a_time_offered_on_the_phone_is_not_asked_about_here(client: Client, three: list[SlotOffer]) -> None:
    SlotOffer.objects.update(is_by_phone=True)

    assert "A time is free" not in seen(opened(client, three[0]))


def test_looking_takes_nothing(client: Client, three: list[SlotOffer]) -> None:
    path = path_for(three[0].patient)
    fields = fields_in(client.get(path), "offer/")
    rows = [list(model.objects.order_by("pk").values()) for model in (SlotOffer, Session, WaitlistEntry)]

    statuses = [call(f"{path}offer/", {**fields, "answer": "yes"}).status_code for call in (client.get, client.head)]
    forged = client.post(f"{path}offer/", {**fields, "form": "forged", "answer": "yes"})

    assert (statuses, forged.status_code) == ([303, 303], 303)
    assert [list(model.objects.order_by("pk").values()) for model in (SlotOffer, Session, WaitlistEntry)] == rows


def test_the_page_asks_few_statements_and_carries_no_script(client: Client, three: list[SlotOffer]) -> None:
    path = path_for(three[0].patient)

    with CaptureQueriesContext(connection) as asked:
        page = client.get(path)

    assert len(asked) == 12  # four of them ask which forms there are to fill in
    assert ("<script" in text_of(page), re.findall("<h1.*?>", text_of(page))) == (False, ["<h1>"])
