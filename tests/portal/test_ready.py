"""Get ready: steps of one visit behind the birth date, ticked by a tap, on no page a stranger may read."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from portal.urls import PAGES
from portal.words.ready import WORDS
from scheduling.actions import cancelling, prep
from scheduling.domain.states import CancelledBy
from scheduling.models import PrepTick, Session
from scheduling.queries.prep import prep_of
from tests.factories import NOW, World, make_staff
from tests.portal.phone import BANNED, banned_in, check, fields_in, path_of, seen, text_of

READY = "/my/ready/"
STEPS = [
    "Take off all metal on your head: earrings, pins, glasses.",
    "Tell us if you changed a medicine.",
    "Tell us if you slept badly or drank alcohol.",
]
WHEN = "Tuesday, November 24 8:30am"


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    return Session.objects.get(course=world.book(counts={"acute": 10, "taper": 3}), number=1)


@pytest.fixture
def phone(world: World, visit: Session) -> Client:
    """A phone on which Maria gave her birth date."""
    client = Client()
    check(client, world)
    return client


def boxes(answer: Any) -> list[tuple[str, bool]]:
    """Return the boxes of the page, and which of them are ticked."""
    found = re.findall(r'aria-pressed="(true|false)".*?</svg></span><span>(.*?)</span></button>', text_of(answer))
    return [(words, pressed == "true") for pressed, words in found]


def tap(client: Client, place: int, **fields: str) -> Any:
    """Tap a box as the page has it."""
    page = text_of(client.get(READY))
    form = re.findall(r"<form.*?</form>", page, flags=re.DOTALL)[place]
    sent = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', form))
    return client.post(READY, sent | fields)


def ticked(answer: Any) -> list[bool]:
    return [is_ticked for _words, is_ticked in boxes(answer)]


def test_the_page_says_what_to_do_before_which_visit(phone: Client) -> None:
    page = phone.get(READY)

    assert boxes(page) == [(step, False) for step in STEPS]
    assert seen(page) == (
        f"Riverside Clinic Español A+ Back Get ready {WHEN} Tap each step when it is done. Tap again if it is not. "
        f"{' '.join(STEPS)} Not sure about a step? Call us. Print this list: use the print button of your browser. "
        "Call us (555) 010-2000 Not for emergencies. Call 911. In crisis, call or text 988. "
        "Text settings Privacy Not you? Tell us"
    )


def test_it_says_the_same_in_spanish(phone: Client) -> None:
    page = phone.get(f"{READY}?lang=es")

    assert [words for words, _is_ticked in boxes(page)] == [
        "Quítese todo el metal de la cabeza: aretes, pasadores, lentes.",
        "Díganos si cambió una medicina.",
        "Díganos si durmió mal o bebió alcohol.",
    ]
    assert "Cómo prepararse Martes 24 de noviembre 8:30 a.m. Toque cada paso" in seen(page)


def test_a_tap_ticks_a_step_and_another_takes_it_back(phone: Client, visit: Session) -> None:
    answer = tap(phone, 1)
    after = ticked(phone.get(READY))
    tap(phone, 1)

    step = prep_of(visit.pk).steps[1].id  # type: ignore[union-attr]
    assert (answer.status_code, answer["Location"]) == (303, f"{READY}#{step}")
    assert f'<li id="{step}">' in text_of(phone.get(READY))
    assert (after, ticked(phone.get(READY))) == ([False, True, False], [False] * 3)
    mine = AuditEntry.objects.filter(role="patient", actor=None, action__startswith="prep.").order_by("pk")
    assert list(mine.values_list("action", flat=True)) == ["prep.ticked", "prep.unticked"]


def test_a_tick_that_is_sent_again_changes_nothing(phone: Client) -> None:
    for _time in range(2):
        tap(phone, 0, do="tick")

    assert PrepTick.objects.count() == 1


def test_language_and_large_text_stay_after_a_tap(phone: Client) -> None:
    page = text_of(phone.get(f"{READY}?lang=es&text=large"))
    form = re.findall(r"<form.*?</form>", page, flags=re.DOTALL)[0]

    answer = phone.post(READY, dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', form)))

    assert answer["Location"].partition("#")[0] == f"{READY}?lang=es&text=large"


def test_when_all_is_done_the_page_says_so(phone: Client) -> None:
    for place in range(3):
        tap(phone, place)

    page = phone.get(READY)

    assert ticked(page) == [True] * 3
    assert ("All done. See you Tuesday." in seen(page), "Tap each step" in seen(page)) == (True, False)


def test_looking_ticks_nothing(phone: Client, visit: Session) -> None:
    step = prep_of(visit.pk).steps[0].id  # type: ignore[union-attr]
    rows = AuditEntry.objects.count()

    statuses = [call(f"{READY}?do=tick&visit={visit.pk}&step={step}").status_code for call in (phone.get, phone.head)]

    assert (statuses, PrepTick.objects.count(), AuditEntry.objects.count()) == ([200, 200], 0, rows)


@pytest.mark.parametrize("fields", [{"form": "forged"}, {"form": ""}])
def test_a_form_that_is_not_the_pages_own_ticks_nothing(phone: Client, fields: dict[str, str]) -> None:
    answer = tap(phone, 0, **fields)

    assert (answer.status_code, answer["Location"], PrepTick.objects.count()) == (303, READY, 0)


@pytest.mark.parametrize("fields", [{"step": "x"}, {"step": ""}, {"visit": "0"}, {"visit": "x"}])
def test_what_is_not_on_the_list_ticks_nothing_and_says_that_it_changed(phone: Client, fields: dict[str, str]) -> None:
    answer = tap(phone, 0, **fields)

    assert (answer["Location"], PrepTick.objects.count()) == (f"{READY}?changed=1", 0)
    assert "This changed while you were reading." in seen(phone.get(answer["Location"]))


def test_nobody_ticks_for_somebody_else(world: World, phone: Client) -> None:
    theirs = Session.objects.get(
        course=world.book(world.daniel, counts={"acute": 10, "taper": 3}, preferred_minute=780), number=1
    )

    tap(phone, 0, visit=str(theirs.pk))

    assert PrepTick.objects.count() == 0


def test_a_step_the_clinic_changed_meanwhile_is_not_ticked_unread(world: World, phone: Client) -> None:
    page = text_of(phone.get(READY))
    old = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', re.findall(r"<form.*?</form>", page, re.DOTALL)[0]))
    manager = Request(user=make_staff("dana@example.com", Role.MANAGER, world.site))
    prep.publish_sheet(
        request=manager, site=world.site, code="tms_mdd_36", en="Come early.", es="Venga antes.", version=0, now=NOW
    )

    answer = phone.post(READY, old)

    assert (answer["Location"], PrepTick.objects.count()) == (f"{READY}?changed=1", 0)
    assert boxes(phone.get(READY)) == [("Come early.", False)]


def test_a_visit_that_asks_for_nothing_says_so(world: World) -> None:
    world.visit(start_on=dt.date(2026, 11, 18))
    client = Client()
    check(client, world)

    page = client.get(READY)

    assert "Get ready Wednesday, November 18 8:30am You don’t have to do anything before this visit." in seen(page)
    assert "Get ready" not in seen(client.get("/my/"))


def test_without_a_visit_ahead_there_is_nothing_to_get_ready_for(world: World) -> None:
    visit = world.visit(start_on=dt.date(2026, 11, 18))
    client = Client()
    check(client, world)
    cancelling.cancel_sessions(
        request=world.request,
        session_id=visit.pk,
        version=visit.version,
        reason="Ill",
        by_whom=CancelledBy.PATIENT,
        now=NOW,
    )

    assert "Get ready No visit is booked right now." in seen(client.get(READY))


def test_during_the_visit_the_list_can_still_be_ticked(phone: Client, visit: Session, clock: Any) -> None:
    clock(visit.starts_at + dt.timedelta(minutes=10))

    tap(phone, 0)

    assert ticked(phone.get(READY)) == [True, False, False]


def test_the_first_page_says_how_far_somebody_got(phone: Client) -> None:
    before = seen(phone.get("/my/"))
    tap(phone, 0)
    tap(phone, 2)

    assert "Get ready 3 steps" in before
    assert "Get ready 2 of 3 done" in seen(phone.get("/my/"))
    assert "Cómo prepararse 2 de 3 hechos" in seen(phone.get("/my/?lang=es"))
    assert 'href="/my/ready/"' in text_of(phone.get("/my/"))


def test_before_the_birth_date_no_page_holds_a_step(world: World, visit: Session, phone: Client) -> None:
    for place in range(3):
        tap(phone, place)
    stranger, path = Client(), path_of(world)
    pages = []
    for at in (re.sub("<int:[a-z]+>", "1", at) for at, _view, _name in PAGES):
        cache.clear()  # nobody is slowed down who looks at all there is
        pages += [stranger.get(f"{path}{at}?visit={visit.pk}&lang={each}", follow=True) for each in ("en", "es")]
    found = prep_of(visit.pk)

    assert found is not None
    said = [words for each in found.steps for words in (each.en, each.es, each.id)]
    assert [words for page in pages for words in said if words in text_of(page)] == []
    assert [word for page in pages for word in banned_in(page, path)] == []
    assert {page.status_code for page in pages} == {200}


def test_a_stranger_is_asked_for_the_birth_date_and_then_goes_on_to_the_list(world: World, visit: Session) -> None:
    stranger, path = Client(), path_of(world)

    asked = stranger.get(f"{path}ready/")
    posted = stranger.post(f"{path}ready/", {"do": "tick"})

    assert [answer["Location"] for answer in (asked, posted)] == [f"{path}check/?to=ready%2F"] * 2
    form = fields_in(stranger.get(asked["Location"]))
    born = {"year": 1984, "month": 3, "day": 7}
    assert stranger.post(f"{path}check/", form | born)["Location"] == READY


def test_the_page_asks_a_fixed_number_of_statements(world: World, phone: Client) -> None:
    def cost(path: str) -> int:
        phone.get(path)
        with CaptureQueriesContext(connection) as statements:
            phone.get(path)
        return len(statements)

    before = cost(READY), cost("/my/")
    for place in range(3):
        tap(phone, place)

    assert (cost(READY), cost("/my/")) == before
    assert before[0] == 5


def test_the_page_names_no_patient_and_no_treatment(phone: Client) -> None:
    page = phone.get(READY)

    assert [word for word in BANNED if word in seen(page)] == []
    assert re.findall("<title>(.*)</title>", text_of(page)) == ["Get ready"]


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["en"].keys() == WORDS["es"].keys()
