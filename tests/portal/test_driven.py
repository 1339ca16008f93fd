"""The page of who drives: when and where, and yes or no; never whom, never why, and gone when the visit is over."""

import datetime as dt
import logging
import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from attention import queries as attention
from clinic.actions import Request
from clinic.models import AuditEntry
from patients import driver_links, life_actions, link_actions, links
from patients.models import DriverLink, Patient, RelatedPerson
from portal.throttling import RATE
from scheduling.actions import cancelling, drivers, moving, setup
from scheduling.actions.drivers import Driver
from scheduling.domain.operations import GateKind
from scheduling.domain.states import CancelledBy
from scheduling.models import CourseEvent, Prerequisite, Session
from tests import canary
from tests.factories import FIRST_DAY, NOW, World
from tests.portal.phone import BANNED, fields_in, path_of, seen, text_of
from tests.scheduling.living.clinic import ROOMS

SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)
EVE = dt.datetime(2026, 11, 23, 20, 30, tzinfo=dt.UTC)  # the day before, half past three in the afternoon
UNKNOWN = "/d/AAAAAAAAAAAAAAAAAAAAAA/"
NEVER = (*BANNED, "Ivy", "Spravato", "ketamine", "esk_trd", "Chair", "Observer", "2049")


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    """A visit nobody may drive home from, Tue Nov 24, from nine to twelve."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


def name(world: World, visit: Session, who: str = "Ivy", phone: str = "(555) 010-2049") -> RelatedPerson:
    person_id = drivers.name_driver(
        request=Request(user=None, actor="patient"),
        patient_id=world.maria.pk,
        session_id=visit.pk,
        timing=visit.timing_version,
        driver=Driver(name=who, phone=phone, read="2026-11"),
        now=NOW,
    )
    return RelatedPerson.objects.get(pk=person_id)


@pytest.fixture
def ivy(world: World, visit: Session) -> RelatedPerson:
    return name(world, visit)


@pytest.fixture
def path(ivy: RelatedPerson) -> str:
    link = driver_links.link_of(ivy.pk)
    assert link
    return f"/d/{driver_links.token_of(link)}/"


def say(client: Client, path: str, what: str, clock: Any, *, now: dt.datetime = NOW, **more: Any) -> Any:
    """Read the page, think, and tap."""
    clock(now)
    fields = fields_in(client.get(path)) | {"answer": what} | more.pop("fields", {})
    clock(now + 5 * SECOND)
    return client.post(path, fields, **more)


def named(visit: Session) -> list[tuple[int | None, bool]]:
    rows = Prerequisite.objects.filter(session=visit, kind=GateKind.RIDE, withdrawn_at=None)
    return list(rows.values_list("person", "is_confirmed"))


def asked_for(world: World, now: dt.datetime) -> list[str]:
    return [
        item.title for item in attention.items(site_ids=[world.site.pk], now=now) if item.kind == "ride_not_confirmed"
    ]


def test_it_says_the_day_about_when_where_and_whom_to_call(path: str, client: Client) -> None:
    assert seen(client.get(path)) == (
        "Riverside Clinic Español A+ You are listed to pick someone up Tuesday, November 24 about 12pm 12 Main St "
        "Show on a map Yes, I’ll be there I can’t Call us (555) 010-2000 "
        "Not for emergencies. Call 911. In crisis, call or text 988."
    )


def test_it_names_nobody_and_no_treatment_in_either_language(
    world: World, visit: Session, path: str, client: Client, clock: Any
) -> None:
    Patient.objects.filter(pk=world.maria.pk).update(preferred_name="Treatment Spravato")
    pages = [client.get(path), client.get(f"{path}?lang=es"), client.get(f"{path}?changed=1")]
    pages += [client.get(say(client, path, what, clock)["Location"]) for what in ("yes", "no")]

    words = [re.sub(r'value="[^"]*"', "", text_of(page).replace(path, "")) for page in pages]
    assert [word for page in words for word in NEVER if word in page] == []
    assert {re.findall("<title>(.*)</title>", text_of(page))[0] for page in pages} == {
        "Pick someone up",
        "Recoger a alguien",
    }
    canary.told("a page", " ".join(words))


def test_it_speaks_the_language_of_who_drives(ivy: RelatedPerson, path: str, client: Client) -> None:
    RelatedPerson.objects.filter(pk=ivy.pk).update(language="es")

    page = seen(client.get(path))

    assert "Usted está en la lista para recoger a una persona Martes 24 de noviembre hacia las 12 p.m." in page
    assert "You are listed" in seen(client.get(f"{path}?lang=en"))


def test_yes_is_their_own_word_and_the_desk_is_asked_no_more(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client, clock: Any
) -> None:
    before = asked_for(world, EVE)

    answer = say(client, path, "yes", clock, now=EVE, headers={"User-Agent": "Phone/2"})

    assert (answer.status_code, answer["Location"]) == (303, f"{path}?lang=en")
    assert (named(visit), before, asked_for(world, EVE + HOUR)) == ([(ivy.pk, True)], ["Ride home not confirmed"], [])
    assert "Thank you. See you Tuesday. I can’t come after all" in seen(client.get(path))
    event = CourseEvent.objects.filter(course=visit.course).latest("pk")
    assert (event.kind, event.by, event.data["actor"], event.data["agent"]) == ("gate_met", None, "driver", "Phone/2")
    assert AuditEntry.objects.latest("pk").role == "driver"


def test_no_is_asked_about_at_the_desk_at_once_and_may_be_taken_back(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client, clock: Any
) -> None:
    quiet = asked_for(world, NOW)
    say(client, path, "no", clock)
    asked, page = asked_for(world, NOW + HOUR), seen(client.get(path))
    say(client, path, "yes", clock, now=NOW + HOUR)

    assert (quiet, asked, asked_for(world, NOW + 2 * HOUR)) == ([], ["Ride home not confirmed"], [])
    assert "Thank you for telling us. We will look for somebody else. I can come after all" in page
    assert named(visit) == [(ivy.pk, True)]


def test_a_yes_that_becomes_a_no_opens_it_again(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client, clock: Any
) -> None:
    say(client, path, "yes", clock)
    say(client, path, "no", clock, now=NOW + HOUR)

    assert (named(visit), asked_for(world, NOW + 2 * HOUR)) == ([(ivy.pk, False)], ["Ride home not confirmed"])


@pytest.mark.parametrize("what", ["yes", "no"])
def test_saying_it_twice_is_saying_it_once(visit: Session, path: str, client: Client, clock: Any, what: str) -> None:
    fields = fields_in(client.get(path)) | {"answer": what}
    clock(NOW + 5 * SECOND)

    for _time in range(2):
        client.post(path, fields)

    assert CourseEvent.objects.filter(course=visit.course, data__actor="driver").count() == 1


def test_looking_changes_nothing(path: str, client: Client) -> None:
    models = [model for model in apps.get_models() if model._meta.app_label in ("patients", "scheduling", "clinic")]
    before = [list(model._default_manager.order_by("pk").values()) for model in models]

    statuses = [call(f"{path}?answer=yes").status_code for call in (client.get, client.head)]
    other = [call(path).status_code for call in (client.put, client.delete, client.options)]

    assert (statuses, other) == ([200, 200], [405, 405, 405])
    assert [list(model._default_manager.order_by("pk").values()) for model in models] == before


def test_a_scanner_that_sends_the_form_at_once_says_nothing(visit: Session, path: str, client: Client) -> None:
    answer = client.post(path, fields_in(client.get(path)) | {"answer": "yes"}, follow=True)
    empty = client.post(path)

    assert [confirmed for _person, confirmed in named(visit)] == [False]
    assert ("Please tap once more" in seen(answer), empty.status_code) == (True, 303)


@pytest.mark.parametrize(
    "more",
    [
        {"fields": {"form": "forged"}},
        {"fields": {"form": ""}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
    ],
)
def test_a_form_that_is_not_the_pages_own_says_nothing(
    visit: Session, path: str, client: Client, clock: Any, more: dict[str, Any]
) -> None:
    answer = say(client, path, "yes", clock, **more)

    assert (answer.status_code, [confirmed for _person, confirmed in named(visit)]) == (303, [False])


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_a_form_without_an_answer_is_no_no(visit: Session, path: str, client: Client, clock: Any, answer: str) -> None:
    say(client, path, answer, clock)

    row = Prerequisite.objects.get(session=visit, kind=GateKind.RIDE, withdrawn_at=None)
    assert (row.is_confirmed, row.evidence) == (False, drivers.NAMED_BY_PATIENT)


def test_a_form_of_the_patients_page_is_not_good_here(
    world: World, visit: Session, path: str, client: Client, clock: Any
) -> None:
    theirs = fields_in(client.get(path_of(world)))

    say(client, path, "yes", clock, fields={"form": theirs["form"]})

    assert [confirmed for _person, confirmed in named(visit)] == [False]


def test_nobody_says_yes_to_a_time_the_page_no_longer_shows(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client, clock: Any
) -> None:
    fields = fields_in(client.get(path)) | {"answer": "yes"}
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )
    name(world, Session.objects.get(pk=visit.pk))
    clock(NOW + 5 * SECOND)

    page = client.post(path, fields, follow=True)

    assert "This changed while you were reading." in seen(page)
    assert not any(confirmed for _person, confirmed in named(visit))


OFF = "This pick-up has changed. You are not needed on Tue, November 24, about 12pm."


def test_who_said_yes_reads_that_the_visit_has_another_time(
    world: World, visit: Session, path: str, client: Client, clock: Any
) -> None:
    say(client, path, "yes", clock)
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )

    page, spanish = client.get(path), client.get(f"{path}?lang=es")

    assert (OFF in seen(page), "<form" in text_of(page)) == (True, False)
    assert "recogida ha cambiado. El mar 24 de noviembre, hacia las 12 p.m., no hace falta que venga." in seen(spanish)
    assert [word for each in (page, spanish) for word in NEVER if word in seen(each)] == []


def test_who_is_named_for_the_new_time_reads_that_time(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client
) -> None:
    moving.move_to(
        request=world.request, session_id=visit.pk, version=visit.version, day=visit.day, minute=660, now=NOW
    )
    name(world, Session.objects.get(pk=visit.pk))

    assert ("about 2pm" in seen(client.get(path)), OFF in seen(client.get(path))) == (True, False)


def test_who_said_yes_reads_that_the_visit_is_off_and_can_answer_no_more(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client, clock: Any
) -> None:
    say(client, path, "yes", clock)
    fields = fields_in(client.get(path)) | {"answer": "no"}
    cancelling.cancel_sessions(
        request=world.request,
        session_id=visit.pk,
        version=visit.version,
        reason="Ill",
        by_whom=CancelledBy.PATIENT,
        now=NOW,
    )
    clock(NOW + 9 * SECOND)

    posted = client.post(path, fields, follow=True)

    assert (OFF in seen(client.get(path)), OFF in seen(posted), named(visit)) == (True, True, [(ivy.pk, True)])


def test_large_text_is_kept_from_tap_to_tap(path: str, client: Client, clock: Any) -> None:
    large = client.get(f"{path}?text=large")
    answer = say(client, f"{path}?text=large", "yes", clock)

    assert ('class="pt-large"' in text_of(large), 'class="pt-large"' in text_of(client.get(path))) == (True, False)
    assert (answer["Location"], "?lang=es&text=large" in text_of(large)) == (f"{path}?lang=en&text=large", True)


def test_a_page_of_who_drives_ends_with_the_patients_link(
    world: World, visit: Session, path: str, client: Client
) -> None:
    links.link_of(patient_id=world.maria.pk, now=NOW)
    before = client.get(path).status_code

    link_actions.end_link(request=world.request, patient_id=world.maria.pk, now=NOW)

    assert (before, client.get(path).status_code) == (200, 404)


def test_while_the_visit_is_under_way_it_is_still_read_and_not_asked(
    visit: Session, path: str, client: Client, clock: Any
) -> None:
    clock(visit.starts_at + HOUR)

    page = client.get(path)

    assert ("about 12pm" in seen(page), "<form" in text_of(page)) == (True, False)


def test_every_link_that_leads_nowhere_is_the_one_closed_page(
    world: World, visit: Session, ivy: RelatedPerson, path: str, client: Client, clock: Any
) -> None:
    unknown = client.get(UNKNOWN)
    clock(visit.ends_at)
    over = client.get(path)
    clock(NOW)
    Patient.objects.filter(pk=world.maria.pk).update(state="inactive")
    no_patient = client.get(path)
    Patient.objects.filter(pk=world.maria.pk).update(state="active")
    life_actions.retire_related_person(request=world.request, patient=world.maria, person_id=ivy.pk, now=NOW)
    retired = client.get(path)
    life_actions.restore_related_person(request=world.request, patient=world.maria, person_id=ivy.pk, now=NOW)
    back = client.get(path)
    name(world, visit, "Tom", "(555) 010-2050")
    replaced = client.get(path)
    posted = client.post(path, {"answer": "yes"})

    answers = [unknown, over, no_patient, retired, replaced, posted, client.get("/d/x/")]
    assert back.status_code == 200
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, unknown.content)}
    assert "Riverside" not in text_of(unknown)


def test_its_token_opens_no_page_of_a_patient_and_theirs_not_this(world: World, path: str, client: Client) -> None:
    token, theirs = path.split("/")[2], links.token_of(links.link_of(patient_id=world.maria.pk, now=NOW))

    crossed = [f"/v/{token}/", f"/c/{token}.ics", f"/d/{theirs}/", f"/d/{DriverLink.objects.get().token_hash}/"]

    assert [client.get(each).status_code for each in crossed] == [404] * 4


def test_no_answer_may_be_kept_or_told_to_other_sites(path: str, client: Client, clock: Any) -> None:
    answers = [client.get(path), client.head(path), client.get(UNKNOWN), say(client, path, "yes", clock)]

    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert answer.cookies == {}


def test_it_is_light_and_asks_nobody_else(path: str, client: Client) -> None:
    page = text_of(client.get(path))

    assert len(page.encode()) < 25_000
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!/static/|data:|tel:|\?|#|https://www\.google\.com/maps)[^"]*"', page) == []


def test_a_forged_host_is_nowhere_in_what_is_shared(
    world: World, path: str, client: Client, clock: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    clock(NOW + 5 * SECOND)

    answers = [client.get(path, HTTP_HOST="evil.example"), client.post(path, HTTP_HOST="evil.example")]

    assert [answer for answer in answers if "evil" in text_of(answer) + answer.get("Location", "")] == []
    assert driver_links.address_of(DriverLink.objects.get()) == f"{settings.LINK_URL}{path}"


def test_it_is_asked_for_thirty_times_a_minute_at_most(path: str, client: Client) -> None:
    statuses = [client.get(path).status_code for _time in range(31)]

    assert (RATE, statuses) == ("30/min", [200] * 30 + [429])


def test_its_token_reaches_no_log(path: str, client: Client, clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    say(client, path, "yes", clock)
    client.put(path)
    DriverLink.objects.update(ended_at=NOW)
    client.get(path)

    assert [record.getMessage() for record in caplog.records if path.split("/")[2] in record.getMessage()] == []


def test_reading_it_asks_two_things(path: str, client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        client.get(path)
