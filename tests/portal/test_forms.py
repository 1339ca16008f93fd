"""Forms by link: only for the right person, one question a page, kept at every tap."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patients import life_actions
from patients.domain.clinical import Instrument
from patients.domain.questions import FORMS
from patients.models import FormRun, MeasureResult
from portal.throttling import OWN_RATE
from scheduling.models import Protocol, Session
from tests.attention.desk import deliver
from tests.factories import FIRST_DAY, World
from tests.portal.filling import DAY, MINE, THEN, begin, fill, tap
from tests.portal.phone import check, fields_in, path_of, seen, text_of

WORDS = FORMS[Instrument.PHQ9].words


@pytest.fixture(autouse=True)
def due(world: World, clock: Any) -> None:
    """A daily course begins tomorrow and asks for the PHQ-9 before its first visit."""
    world.book()
    clock(THEN)


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    """A phone on which the birth date was given."""
    check(client, world)
    return client


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (FormRun, MeasureResult)]


def test_the_first_page_leads_to_the_form_that_is_due_and_the_text_says_no_more_than_that(
    world: World, client: Client
) -> None:
    page = client.get(path_of(world))

    assert "A short form About 3 minutes" in seen(page)
    assert f'href="{path_of(world)}form/1/"' in text_of(page)


def test_the_first_page_leads_to_a_form_that_was_begun_for_a_week_whatever_is_due(
    world: World, phone: Client, clock: Any
) -> None:
    clock(THEN - DAY)
    begin(phone)
    life_actions.record_measure(
        request=world.request,
        patient=world.maria,
        instrument=Instrument.PHQ9,
        score=9,
        measured_on=THEN.date(),
        now=THEN,
    )

    clock(THEN)

    assert f'href="{MINE}"' in text_of(phone.get("/my/"))


def test_the_first_page_leads_to_the_form_after_a_visit_however_far_the_next_one_is(
    world: World, client: Client, clock: Any
) -> None:
    friday = FIRST_DAY + 10 * DAY
    visits = list(Session.objects.filter(patient=world.maria, day__lte=friday).order_by("number"))
    deliver(visits)
    clock(visits[-1].ends_at + dt.timedelta(hours=1))

    page = client.get(path_of(world))

    assert "Monday, December 7" in seen(page)
    assert "A short form About 3 minutes" in seen(page)


def test_nothing_of_a_form_is_shown_before_the_birth_date(world: World, client: Client) -> None:
    base = path_of(world)
    begin(check(client, world).client)
    client.cookies.clear()

    answers = [client.get(f"{base}form/1/{at}") for at in ("", "1/", "help/")]
    posted = client.post(f"{base}form/1/1/", fields_in(client.get(base)) | {"answer": "3"})

    assert [answer["Location"].partition("?")[0] for answer in [*answers, posted]] == [f"{base}check/"] * 4
    assert FormRun.objects.get().answers == {}


def test_it_says_what_it_is_for_and_who_reads_it(phone: Client) -> None:
    page = phone.get(MINE)

    assert "Your answers go to your care team. Nobody reads them right away. Each answer is saved." in seen(page)
    assert re.findall("<title>(.*)</title>", text_of(page)) == ["A short form"]


def test_each_question_is_a_page_with_four_answers_and_the_line_of_its_authors(phone: Client) -> None:
    begin(phone)
    fill(phone, 1, 1)

    page = phone.get(f"{MINE}3/")

    said = "Question 3 of 10 Over the last 2 weeks, how often have you been bothered by any of the following problems? "
    said += "Trouble falling or staying asleep, or sleeping too much "
    said += "Not at all Several days More than half the days Nearly every day Back one question"
    assert said in seen(page)
    assert WORDS["en"].attribution in seen(page)
    assert re.findall(r'name="answer" value="(\d)"', text_of(page)) == ["0", "1", "2", "3"]


def test_a_form_left_after_the_fourth_question_goes_on_at_the_fifth_on_another_phone(
    world: World, phone: Client
) -> None:
    begin(phone)
    left = fill(phone, 1, 2, 0, 3)
    other = Client()
    check(other, world)

    page = other.get(MINE)

    assert left["Location"] == f"{MINE}5/"
    assert "You stopped at question 5 of 10." in seen(page)
    assert f'href="{MINE}5/"' in text_of(page)
    assert FormRun.objects.get().answers == {"1": 1, "2": 2, "3": 0, "4": 3}


def test_with_which_browser_it_was_filled_in_is_kept(phone: Client) -> None:
    begin(phone)

    phone.post(
        f"{MINE}1/", fields_in(phone.get(f"{MINE}1/")) | {"answer": "1"}, headers={"User-Agent": f"Phone/1{'x' * 300}"}
    )

    assert FormRun.objects.get().agent == f"Phone/1{'x' * 193}"


def test_an_answer_is_seen_and_changed_until_the_form_is_sent(phone: Client) -> None:
    begin(phone)
    fill(phone, 1, 2)
    before = re.findall(r'value="(\d)" aria-pressed="true"', text_of(phone.get(f"{MINE}2/")))

    tap(phone, f"{MINE}2/", answer="0")

    assert (before, FormRun.objects.get().answers) == (["2"], {"1": 1, "2": 0})


def test_sent_it_is_a_score_thanked_for_and_not_told(phone: Client) -> None:
    begin(phone)
    at_end = fill(phone, 1, 2, 3, 0, 1, 2, 3, 0, 0, 3)
    asked = seen(phone.get(MINE))

    sent = tap(phone, MINE, do="send")
    page = phone.get(sent["Location"])

    assert (at_end["Location"], sent["Location"]) == (MINE, MINE)
    assert "That was the last question. Send your answers now" in asked
    assert "Thank you. Your answers are with your care team." in seen(page)
    assert re.findall(r"\b12\b", seen(page).replace("12 Main St", "")) == []
    result = MeasureResult.objects.get()
    assert (result.score, result.measured_on, result.recorded_by) == (12, THEN.date(), None)
    assert "A short form" not in seen(phone.get("/my/"))


def test_a_form_that_is_not_due_can_not_be_begun(phone: Client, clock: Any) -> None:
    clock(THEN - 3 * DAY)

    page, answer = phone.get(MINE), phone.post(MINE, fields_in(phone.get("/my/")) | {"do": "begin"})

    assert "There is no form to fill in right now. When there is one, you will find it here." in seen(page)
    assert (answer.status_code, FormRun.objects.count()) == (303, 0)


@pytest.mark.parametrize("path", ["/my/form/9/", "/my/form/9/1/", "/my/form/1/11/", "/my/form/1/0/", "/my/form/1/7/"])
def test_a_page_that_is_not_there_leads_to_one_that_is(phone: Client, path: str) -> None:
    begin(phone)

    answer = phone.get(path)

    assert (answer.status_code, answer["Location"]) == (303, "/my/" if "/9/" in path else MINE)


@pytest.mark.parametrize("given", ["4", "-1", "", "three", "²"])
def test_what_is_no_answer_changes_nothing(phone: Client, given: str) -> None:
    begin(phone)

    tap(phone, f"{MINE}1/", answer=given)

    assert FormRun.objects.get().answers == {}


def test_looking_changes_nothing(phone: Client) -> None:
    begin(phone)
    fill(phone, 1)
    before = rows()

    for path in (MINE, f"{MINE}1/?answer=3", f"{MINE}2/?answer=3", f"{MINE}help/", f"{MINE}?do=send"):
        phone.get(path)
        phone.head(path)

    assert rows() == before


def test_a_form_that_is_not_the_pages_own_changes_nothing(phone: Client) -> None:
    begin(phone)

    answer = phone.post(f"{MINE}1/", {"form": "forged", "answer": "3"})

    assert (answer.status_code, FormRun.objects.get().answers) == (303, {})


def test_it_speaks_spanish_and_keeps_the_words_the_answers_were_given_to(world: World, phone: Client) -> None:
    world.maria.language = "es"
    world.maria.save()

    begin(phone)
    fill(phone, 2)

    page = seen(phone.get(f"{MINE}2/"))
    assert "Pregunta 2 de 10" in page
    assert "Se ha sentido decaído(a), deprimido(a) o sin esperanzas" in page
    assert "Ningún día Varios días Más de la mitad de los días Casi todos los días" in page
    assert WORDS["es"].attribution in page
    assert FormRun.objects.get().language == "es"


def test_the_other_form_has_seven_questions_and_alarms_nobody(world: World, phone: Client) -> None:
    protocol = Protocol.objects.get(code="tms_mdd_36", is_current=True)
    protocol.definition["measures"] = {"gad7": [0]}
    protocol.definition["sources"] = {"measures": "default"} | {
        path: source for path, source in protocol.definition["sources"].items() if not path.startswith("measures")
    }
    protocol.digest = "anxious"
    protocol.save()

    tap(phone, "/my/form/2/", do="begin")
    for number in range(1, 8):
        last = tap(phone, f"/my/form/2/{number}/", answer="3")
    tap(phone, "/my/form/2/", do="send")

    assert last["Location"] == "/my/form/2/"
    assert list(MeasureResult.objects.values_list("instrument", "score")) == [("gad7", 21)]


def test_a_quick_thumb_is_not_held_up(phone: Client) -> None:
    begin(phone)

    answers = [fill(phone, *[0] * 10) for _time in range(2)]

    assert OWN_RATE == "120/min"
    assert [answer.status_code for answer in answers] == [303, 303]


@pytest.mark.parametrize(("path", "most"), [(MINE, 3), (f"{MINE}1/", 3), (f"{MINE}?lang=es", 3)])
def test_a_page_asks_few_statements(phone: Client, path: str, most: int) -> None:
    begin(phone)

    with CaptureQueriesContext(connection) as statements:
        assert phone.get(path).status_code == 200

    assert len(statements) <= most, [each["sql"][:120] for each in statements]
