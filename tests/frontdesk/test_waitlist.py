"""Freed times and who waits for one, as the desk sees them: asked, taken back, booked by phone, joined and left."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from notifications.models import Message
from scheduling.models import Course, Session, SlotOffer, WaitlistEntry
from tests.factories import World
from tests.frontdesk.test_attention import HTMX, as_user
from tests.scheduling.freed import DAY, FreedDesk, states

pytestmark = pytest.mark.once
PAGE = 17


@pytest.fixture
def desk(world: World, clock: Any) -> FreedDesk:
    return FreedDesk(world)


@pytest.fixture
def page(world: World) -> Client:
    return as_user(world.receptionist)


@pytest.fixture
def slot(desk: FreedDesk, clock: Any) -> Session:
    """A visit on Friday, 8:30am, given away on Wednesday; it is Wednesday, 8:30am."""
    visit = desk.gone()
    clock(visit.starts_at - 2 * DAY)
    return visit


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return html.unescape(answer.content.decode())


def test_a_freed_time_and_whoever_waits_are_shown(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.standby(desk.course(preferred_minute=600), weekdays=[5], to_minute=720, is_call_only=True)

    text = read(page.get("/waitlist/"))

    assert "Fri Nov 27, 8:30am" in text
    assert "NeuroStar 1. Cancelled." in text
    assert "In 2 d 0 h" in text
    assert ("Mornings, Fridays" in text, "Call only" in text, "Waiting 8 days" in text) == (True, True, True)


def test_three_are_asked_with_one_press_and_asked_no_more_when_it_is_taken_back(
    desk: FreedDesk, slot: Session, page: Client
) -> None:
    desk.three()

    said = read(page.post(f"/waitlist/freed/{slot.pk}/offer/", {"once": "a"}, headers=HTMX))
    undo = dict(re.findall(r'name="(kind|id|version)" value="([^"]*)"', said.partition('id="latest"')[2]))
    offers = list(SlotOffer.objects.order_by("pk"))
    page.post("/undo/", undo)

    assert "Offered to 3 until 9am. Texts go out now. About 1 in 10 offers is taken elsewhere." in said
    assert undo["kind"] == "offer"
    assert (len(offers), states(*offers)) == (3, ["taken"] * 3)
    assert AuditEntry.objects.filter(action="offer.withdrawn").count() == 3


def test_a_double_click_asks_once(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.three()

    for _click in range(2):
        page.post(f"/waitlist/freed/{slot.pk}/offer/", {"once": "twice"}, headers=HTMX)

    assert SlotOffer.objects.count() == 3


def test_the_best_are_shown_with_why_and_the_others_with_why_not(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.three()
    desk.standby(desk.course(preferred_minute=780), weekdays=[1])

    text = read(page.get(f"/waitlist/freed/{slot.pk}/", headers=HTMX))

    assert text.count("Book by phone") == 3
    assert text.count(" checked") == 3
    assert "asked for Mondays" in text.partition("Who else, and why not: 1")[2]
    assert AuditEntry.objects.filter(action="waitlist.candidates_listed").count() == 4


def test_without_javascript_the_matches_stand_on_the_page(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.three()

    answer = page.get(f"/waitlist/freed/{slot.pk}/")
    text = read(page.get(answer["Location"]))

    assert (answer.status_code, text.count("Book by phone")) == (302, 3)


def test_where_nobody_would_come_it_says_so_with_the_way_on(desk: FreedDesk, slot: Session, page: Client) -> None:
    alone = read(page.get("/waitlist/"))
    desk.standby(desk.course(preferred_minute=600), weekdays=[1])
    unwanted = read(page.get("/waitlist/"))
    asked = read(page.get(f"/waitlist/freed/{slot.pk}/", headers=HTMX))

    way = "/courses/new/?site=riverside&start_on=2026-11-27&preferred_time=08%3A30&device="
    for text in (alone, unwanted, asked):
        assert ("Nobody waiting fits" in text, way in text, "Offer to 3" in text) == (True, True, False)
    assert f'id="slot-{slot.pk}-fill" hx-swap-oob="true"' in asked


def test_where_somebody_would_come_the_time_is_offered(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.three()

    text = read(page.get("/waitlist/"))
    matches = read(page.get(f"/waitlist/freed/{slot.pk}/", headers=HTMX))

    assert ("Offer to 3" in text, "Nobody waiting fits" in text + matches) == (True, False)


def test_somebody_says_yes_on_the_phone(desk: FreedDesk, slot: Session, page: Client) -> None:
    first, *_others = desk.three()

    said = read(page.post(f"/waitlist/freed/{slot.pk}/book/", {"entry": first.pk, "once": "b"}, headers=HTMX))

    assert "Booked by phone: Fri Nov 27, 8:30am." in said
    assert Session.objects.filter(course=first.course_id, starts_at=slot.starts_at, is_active=True).count() == 1


def test_what_somebody_answers_to_an_offer_is_noted(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.three()
    page.post(f"/waitlist/freed/{slot.pk}/offer/", {"once": "a"})
    no, yes, late = SlotOffer.objects.order_by("pk")

    page.post(f"/waitlist/offers/{no.pk}/decline/", headers=HTMX)
    page.post(f"/waitlist/offers/{yes.pk}/accept/", headers=HTMX)
    refused = page.post(f"/waitlist/offers/{late.pk}/accept/", headers=HTMX)

    assert states(no, yes, late) == ["declined", "accepted", "taken"]
    assert "That time is taken. You keep your place." in html.unescape(refused.content.decode())


def test_an_offer_whose_text_never_came_goes_to_the_next(desk: FreedDesk, slot: Session, page: Client) -> None:
    desk.three()
    page.post(f"/waitlist/freed/{slot.pk}/offer/", {"once": "a"})
    fourth = desk.standby(desk.course(preferred_minute=840))
    lost = SlotOffer.objects.order_by("pk")[0]
    Message.objects.create(site=desk.world.site, patient_id=lost.patient_id, offer=lost, **sent_in_vain(lost))

    text = read(page.get("/waitlist/"))
    page.post(f"/waitlist/freed/{slot.pk}/offer/", {"once": "n", "next_after": lost.pk}, headers=HTMX)

    assert text.count("The offer's text didn't arrive.") == 1
    assert text.count("Offer to next") == 1
    assert states(lost) == ["declined"]
    assert SlotOffer.objects.filter(entry=fourth, state="open").count() == 1


def sent_in_vain(offer: SlotOffer) -> dict[str, Any]:
    return {
        "kind": "opening",
        "dedupe_key": f"offer:{offer.pk}",
        "channel": "sms",
        "state": "undelivered",
        "due_at": offer.asked_at,
        "send_by": offer.expires_at,
        "created_at": offer.asked_at,
    }


def test_a_patient_is_put_on_the_list_changed_and_taken_off(world: World, page: Client, clock: Any) -> None:
    course = world.book()

    form = read(page.get(f"/waitlist/add/?course={course.pk}"))
    page.post("/waitlist/add/", {"course": course.pk, "weekdays": ["2", "4"], "times": "am", "once": "c"})
    [row] = WaitlistEntry.objects.all()
    asked = (row.weekdays, row.from_minute, row.to_minute, row.urgency)
    page.post(f"/waitlist/{row.pk}/change/", {"version": row.version, "times": "pm", "urgency": "urgent"})
    row.refresh_from_db()
    stale = page.post(f"/waitlist/{row.pk}/change/", {"version": row.version - 1, "times": "am"}, headers=HTMX)
    page.post(f"/waitlist/{row.pk}/close/", {"version": row.version, "reason": "Moved away"})

    row_after = WaitlistEntry.objects.get()
    assert "Add" in form
    assert asked == ([2, 4], 0, 720, "routine")
    assert (row.from_minute, row.to_minute, row.urgency, stale.status_code) == (720, 1440, "urgent", 412)
    assert row_after.closed_because == "Moved away"


def test_somebody_on_the_list_already_is_not_put_on_it_twice(world: World, page: Client, clock: Any) -> None:
    course = world.book()
    page.post("/waitlist/add/", {"course": course.pk, "once": "c"})

    again = page.post("/waitlist/add/", {"course": course.pk, "once": "d"})

    assert again.status_code == 409
    assert "on the list for it already" in html.unescape(again.content.decode())


def test_a_new_course_is_waited_for(world: World, page: Client, clock: Any) -> None:
    page.post("/waitlist/add/", {"patient": world.maria.pk, "protocol": "tms_mdd_36", "once": "e", "call_only": "1"})

    [row] = WaitlistEntry.objects.all()
    assert (row.kind, row.patient_id, row.is_call_only, row.course) == ("waiting", world.maria.pk, True, None)


def test_nobody_is_asked_for_by_a_site_that_is_not_theirs(desk: FreedDesk, slot: Session, world: World) -> None:
    [entry, *_] = desk.three()
    outsider = as_user(world.outsider)

    answers = [
        outsider.get(f"/waitlist/freed/{slot.pk}/", headers=HTMX),
        outsider.post(f"/waitlist/freed/{slot.pk}/offer/"),
        outsider.post(f"/waitlist/{entry.pk}/close/", {"version": 0, "reason": "x"}),
        outsider.get(f"/waitlist/add/?course={entry.course_id}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert (SlotOffer.objects.count(), "No one is waiting." in read(outsider.get("/waitlist/"))) == (0, True)


@pytest.mark.parametrize("role", ["technician", "auditor"])
def test_who_may_not_book_sees_no_list(world: World, clock: Any, role: str) -> None:
    assert as_user(getattr(world, role)).get("/waitlist/").status_code == 403


@pytest.mark.parametrize("more", [0, 2])
def test_the_page_costs_the_same_statements_whatever_it_holds(
    desk: FreedDesk, slot: Session, page: Client, more: int
) -> None:
    desk.standby(desk.course(preferred_minute=600))
    for number in range(more):
        desk.standby(desk.course(preferred_minute=660 + 60 * number))
    page.post(f"/waitlist/freed/{slot.pk}/offer/", {"once": "a"})
    page.get("/waitlist/")

    with CaptureQueriesContext(connection) as statements:
        text = read(page.get("/waitlist/"))

    assert text.count('class="ck-wait"') == 1 + more
    assert len(statements) == PAGE


def test_empty_it_says_what_to_do(world: World, page: Client, clock: Any) -> None:
    text = read(page.get("/waitlist/"))

    assert "No one is waiting." in text
    assert "No free times in the next 5 days." in text
    assert Course.objects.count() == 0
