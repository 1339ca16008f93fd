"""The page behind a link: neutral, private, answered with one tap, and closed without a hint."""

import datetime as dt
import logging
import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from patients import links
from patients.models import PatientLink
from portal.throttling import RATE
from scheduling.actions import cancelling, moving
from scheduling.domain.states import CancelledBy
from scheduling.models import Session, SessionEvent
from tests.factories import NOW, World
from tests.portal.phone import banned_in, check, fields_in, path_of, say, seen, text_of

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
UNKNOWN = "A" * 22


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    return world.visit(start_on=dt.date(2026, 11, 18))


def fresh(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def test_the_page_says_when_where_and_how_to_reach_the_clinic(world: World, visit: Session, client: Client) -> None:
    answer = client.get(path_of(world))

    assert answer.status_code == 200
    assert seen(answer) == (
        "Riverside Clinic Español A+ Your next visit Wednesday, November 18 8:30am about 1 hour 12 Main St "
        "Show on a map I’ll be there I can’t make it Add to my calendar Call us (555) 010-2000 "
        "Not for emergencies. Call 911. In crisis, call or text 988. Text settings Privacy Not you? Tell us"
    )
    assert 'href="tel:+15550102000"' in text_of(answer)


@pytest.mark.parametrize(("region", "is_named"), [("PR", True), ("ES", False)])
def test_it_names_the_numbers_of_one_country_only_where_they_are_answered(
    world: World, visit: Session, client: Client, region: str, is_named: bool
) -> None:
    world.site.region = region
    world.site.save()

    pages = [seen(client.get(f"{path_of(world)}?lang={language}")) for language in ("en", "es")]

    assert ["911" in page and "988" in page for page in pages] == [is_named, is_named]
    assert ["Not for emergencies." in pages[0], "No es para emergencias." in pages[1]] == [True, True]


@pytest.mark.parametrize(
    ("region", "way"),
    [
        ("US", "llame al 988 y oprima 2, o envíe AYUDA al 988."),
        ("CA", "llame o escriba al 988."),  # its line speaks no Spanish
    ],
)
def test_in_spanish_its_foot_says_how_to_reach_somebody_who_speaks_it(
    world: World, visit: Session, client: Client, region: str, way: str
) -> None:
    world.site.region = region
    world.site.save()

    page = seen(client.get(f"{path_of(world)}?lang=es"))

    assert f"No es para emergencias. Llame al 911. En una crisis, {way} Mensajes" in page


def test_it_speaks_the_patients_language_and_the_other_at_a_tap(world: World, visit: Session, client: Client) -> None:
    world.maria.language = "es"
    world.maria.save()
    path = path_of(world)

    spanish, english = client.get(path), client.get(f"{path}?lang=en")

    assert ('<html lang="es">' in text_of(spanish), '<html lang="en">' in text_of(english)) == (True, True)
    assert "Su siguiente visita Miércoles 18 de noviembre 8:30 a.m. una hora" in seen(spanish)
    assert "Your next visit" in seen(english)


def test_the_coming_visits_are_listed_by_day_and_time_and_not_counted(world: World, client: Client) -> None:
    course = world.book()
    sessions = list(Session.objects.filter(course=course).order_by("starts_at"))

    path = f"{path_of(world)}visits/"
    page = client.get(path)

    assert text_of(page).count("<li>") == len(sessions)
    assert "Wed, November 25 8:30am" in seen(page)
    assert banned_in(page, path) == []


def test_no_page_holds_a_name_a_number_of_the_patient_or_a_treatment(
    world: World, visit: Session, client: Client
) -> None:
    path = path_of(world)
    pages = [client.get(path), client.get(f"{path}?lang=es"), say(client, path, "yes", follow=True)]

    assert [word for page in pages for word in banned_in(page, path)] == []
    assert [re.findall("<title>(.*)</title>", text_of(page)) for page in pages] == [
        ["Your visit"],
        ["Su visita"],
        ["Your visit"],
    ]


def test_no_answer_may_be_kept_indexed_or_told_to_other_sites(world: World, visit: Session, client: Client) -> None:
    path = path_of(world)
    answers = [client.get(path), client.head(path), client.get(f"/v/{UNKNOWN}/"), say(client, path, "yes")]

    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert answer.cookies == {}


def test_the_page_is_light_and_asks_nobody_else(world: World, client: Client) -> None:
    world.book()

    page = text_of(client.get(path_of(world)))

    assert len(page.encode()) < 25_000
    assert set(re.findall(r'(?:src|href|action)="(?!/static/|/v/|tel:|\?|#i-)([^"?]*)', page)) == {
        "data:,",
        "https://www.google.com/maps/search/",
    }
    assert "<script" not in page


def test_ill_be_there_is_one_event_of_the_patients_own(world: World, visit: Session, client: Client) -> None:
    path = path_of(world)

    answer = say(client, path, "yes", headers={"User-Agent": "Phone/1"})

    event = SessionEvent.objects.filter(session=visit).latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, path)
    assert (fresh(visit).confirmed_at, event.kind, event.by) == (NOW, "confirmed", None)
    assert (event.data["actor"], event.data["via"], event.data["agent"]) == ("patient", "link", "Phone/1")
    assert "Thank you. See you Wednesday. Change my answer" in seen(client.get(path))


def test_saying_it_twice_is_saying_it_once_and_it_can_be_taken_back(
    world: World, visit: Session, client: Client
) -> None:
    path = path_of(world)
    for _time in range(2):
        say(client, path, "yes")
    said = SessionEvent.objects.filter(session=visit, kind="confirmed").count()

    say(client, path, "back")

    assert (said, fresh(visit).confirmed_at, fresh(visit).state) == (1, None, "booked")
    assert "I’ll be there" in seen(client.get(path))


def test_looking_changes_nothing(world: World, visit: Session, client: Client) -> None:
    path = path_of(world)
    rows = [list(model.objects.order_by("pk").values()) for model in (Session, SessionEvent, PatientLink)]

    statuses = [call(f"{path}?answer=yes&visit={visit.pk}&timing=1").status_code for call in (client.get, client.head)]
    other = [call(path).status_code for call in (client.put, client.delete, client.options)]

    assert (statuses, other) == ([200, 200], [405, 405, 405])
    assert [list(model.objects.order_by("pk").values()) for model in (Session, SessionEvent, PatientLink)] == rows


@pytest.mark.parametrize(
    "more",
    [
        {"fields": {"form": "forged"}},
        {"fields": {"form": ""}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
    ],
)
def test_a_form_that_is_not_the_pages_own_does_nothing(
    world: World, visit: Session, client: Client, more: dict[str, Any]
) -> None:
    answer = say(client, path_of(world), "yes", **more)

    assert (answer.status_code, fresh(visit).confirmed_at) == (303, None)


def test_a_form_of_one_link_is_not_good_for_another(world: World, visit: Session, client: Client) -> None:
    other = links.link_of(patient_id=world.daniel.pk, now=NOW)
    world.visit(world.daniel, start_on=dt.date(2026, 11, 18), preferred_minute=780)
    path = f"/v/{links.token_of(other)}/"

    mine = fields_in(client.get(path_of(world))) | {"answer": "yes"}
    foreign = client.post(f"{path}answer/", mine)
    theirs = say(client, path, "yes", fields={"visit": str(visit.pk), "timing": "1"})

    assert (foreign.status_code, theirs["Location"]) == (303, f"{path}?changed=1")
    assert fresh(visit).confirmed_at is None


def test_nobody_confirms_a_time_the_page_no_longer_shows(world: World, visit: Session, client: Client) -> None:
    path = path_of(world)
    old = fields_in(client.get(path)) | {"answer": "yes"}
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    page = client.post(f"{path}answer/", old, follow=True)

    assert fresh(visit).confirmed_at is None
    assert "This changed while you were reading" in seen(page)
    assert "11am" in seen(page)


def test_a_visit_under_way_is_shown_without_a_question(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    path = path_of(world)
    old = fields_in(client.get(path)) | {"answer": "yes"}
    clock(visit.starts_at + dt.timedelta(minutes=10))

    page = client.get(path)
    client.post(f"{path}answer/", old)

    assert ("Wednesday, November 18" in seen(page), "I’ll be there" in seen(page)) == (True, False)
    assert fresh(visit).confirmed_at is None


def test_without_a_visit_ahead_the_page_still_says_how_to_call(world: World, visit: Session, client: Client) -> None:
    path = path_of(world)
    cancelling.cancel_sessions(
        request=world.request,
        session_id=visit.pk,
        version=visit.version,
        reason="Ill",
        by_whom=CancelledBy.PATIENT,
        now=NOW,
    )

    page = client.get(path)

    assert page.status_code == 200
    assert "No visit is booked right now." in seen(page)
    assert "(555) 010-2000" in seen(page)


def test_ended_and_unknown_links_are_the_same_page_to_the_letter(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    path = path_of(world)
    unknown = client.get(f"/v/{UNKNOWN}/")
    clock(visit.ends_at + 31 * DAY)
    late = client.get(path)
    clock(NOW)
    PatientLink.objects.update(ended_at=NOW)
    ended = client.get(path)
    odd = client.get("/v/x/")
    posted = client.post(path, {"answer": "yes"})

    answers = [unknown, late, ended, odd, posted]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, unknown.content)}
    assert seen(unknown).startswith("This link has ended. Call the clinic and we will text you a new one.")
    assert "Riverside" not in text_of(unknown)


def test_a_link_lives_thirty_days_after_the_last_visit(
    world: World, visit: Session, client: Client, clock: Any
) -> None:
    path = path_of(world)
    clock(visit.ends_at + 30 * DAY - HOUR)

    assert client.get(path).status_code == 200


@pytest.mark.parametrize("state", ["inactive", "deceased"])
def test_a_record_that_is_closed_has_no_page(world: World, visit: Session, client: Client, state: str) -> None:
    world.maria.state = state
    world.maria.save()

    assert client.get(path_of(world)).status_code == 404


def test_a_new_generation_ends_the_old_link(world: World, visit: Session, client: Client) -> None:
    old = path_of(world)
    link = PatientLink.objects.get()
    PatientLink.objects.filter(pk=link.pk).update(ended_at=NOW)

    new = path_of(world)

    assert (client.get(old).status_code, client.get(new).status_code, new == old) == (404, 200, False)


def test_nobody_asks_more_than_thirty_times_a_minute(world: World, visit: Session, client: Client) -> None:
    path = path_of(world)

    statuses = [client.get(path).status_code for _time in range(31)]
    refused = client.get(path)

    assert (RATE, statuses) == ("30/min", [200] * 30 + [429])
    assert (refused["Retry-After"], refused["Cache-Control"]) == ("60", "no-store")


def test_guessing_tokens_is_counted_by_sender_and_one_link_by_whoever_asks(
    world: World, visit: Session, client: Client
) -> None:
    guesses = [client.get(f"/v/{number:022}/").status_code for number in range(31)]
    path = path_of(world)
    shared = [client.get(path, REMOTE_ADDR=f"10.0.0.{number}").status_code for number in range(31)]

    assert (guesses, shared) == ([404] * 30 + [429], [200] * 30 + [429])


def test_a_forged_host_is_nowhere_in_the_answer(world: World, visit: Session, client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    path = path_of(world)

    answers = [client.get(path, HTTP_HOST="evil.example"), say(client, path, "yes", HTTP_HOST="evil.example")]

    assert [answer for answer in answers if "evil" in text_of(answer) + answer.get("Location", "")] == []
    assert links.address_of(PatientLink.objects.get()) == f"{settings.LINK_URL}{path}"


def test_the_token_reaches_no_log(
    world: World, visit: Session, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    path = path_of(world)
    token = path.split("/")[2]
    caplog.set_level(logging.DEBUG)

    say(client, path, "yes", fields={"form": "forged"})
    client.put(path)
    for _time in range(31):
        client.get(path)
    PatientLink.objects.update(ended_at=NOW)
    client.get(path, REMOTE_ADDR="10.0.0.9")

    assert [record.getMessage() for record in caplog.records if token in record.getMessage()] == []


def test_a_page_that_breaks_keeps_the_token_out_of_the_log_file(settings: Any) -> None:
    formatter: Any = __import__("config.logs", fromlist=["Scrubbed"]).Scrubbed("%(message)s")
    record = logging.LogRecord("django.request", 40, "", 0, "%s: %s", ("Not Found", f"/v/{UNKNOWN}/x?a=1"), None)

    assert formatter.format(record) == "Not Found: /v/…/x?a=1"


@pytest.mark.parametrize("path", [f"/c/{UNKNOWN}.ics", f"/d/{UNKNOWN}"])
def test_a_log_file_keeps_no_token_of_a_calendar_or_of_who_drives(path: str) -> None:
    formatter: Any = __import__("config.logs", fromlist=["Scrubbed"]).Scrubbed("%(message)s")
    line = logging.LogRecord("x", 40, "", 0, f"GET {path} 200", (), None)

    assert formatter.format(line) == f"GET {path[:3]}… 200"


def test_a_dump_of_every_table_holds_no_token_and_what_it_holds_opens_nothing(
    world: World, visit: Session, client: Client
) -> None:
    path = path_of(world)
    say(client, path, "yes")
    check(client, world)

    dump = "\n".join(str(row) for model in apps.get_models() for row in model._default_manager.values_list())
    kept = PatientLink.objects.get()

    assert path.split("/")[2] not in dump
    assert [Client().get(f"/v/{word}/").status_code for word in (kept.token_hash, kept.token_hash[:22])] == [404, 404]


def test_without_the_key_nobody_makes_a_token_of_a_dump(world: World, visit: Session, settings: Any) -> None:
    path = path_of(world)
    settings.LINK_KEY = "another key that is long enough to be one"

    assert f"/v/{links.token_of(PatientLink.objects.get())}/" != path
