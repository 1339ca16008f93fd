"""One chair as a page: who is in hand, what to mind, what each button does, who may see it."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attention import queries as attention
from clinic.models import AuditEntry
from patients.models import MeasureResult
from scheduling.actions import attendance, setup
from scheduling.models import Prerequisite, Resource, Session
from tests.factories import FIRST_DAY, World, make_patient, prepare_visit
from tests.scheduling.living.clinic import ROOMS

pytestmark = pytest.mark.once
HTMX = {"HX-Request": "true"}
NINE = "2026-11-24T14:00:00+00:00"


@pytest.fixture
def session(world: World) -> Session:
    return Session.objects.get(course=world.book(preferred_minute=540), number=1)


@pytest.fixture
def device(world: World, session: Session) -> Resource:
    return Resource.objects.get(reservations__session=session, group="TMS")


@pytest.fixture
def tech(world: World, clock: Any) -> Client:
    clock(NINE)
    client = Client()
    client.force_login(world.technician)
    return client


def text(client: Client, path: str, **headers: str) -> str:
    return html.unescape(client.get(path, headers=headers).content.decode())


def do(client: Client, device: Resource, session: Session, deed: str, **fields: Any) -> Any:
    session.refresh_from_db()
    body = {"session": session.pk, "version": session.version, **fields}
    answer = client.post(f"/chair/{device.pk}/{deed}/", body, headers=HTMX)
    session.refresh_from_db()
    return answer


def test_a_chair_is_chosen_once(world: World, tech: Client, device: Resource) -> None:
    page = text(tech, "/chair/")
    assert re.findall(r'href="/chair/(\d+)/"', page) == [
        str(pk) for pk in Resource.objects.filter(site=world.site, group="TMS").values_list("pk", flat=True)
    ]

    tech.get(f"/chair/{device.pk}/")

    assert tech.get("/chair/")["Location"] == f"/chair/{device.pk}/"
    assert "Which chair is yours?" in text(tech, "/chair/?pick=1")


def test_who_comes_first_is_in_hand_with_full_name_birth_date_count_and_what_to_mind(
    world: World, tech: Client, device: Resource, session: Session
) -> None:
    later = world.visit(world.daniel, preferred_minute=900)
    page = text(tech, f"/chair/{device.pk}/")

    now = page.partition('id="chair-now"')[2].partition('id="after-head"')[0]
    found = [
        each in now for each in ("Maria Garcia", "Mar 7, 1984", "TMS 1/36", "9am to", "Metal check", "First visit.")
    ]
    assert found == [True] * 6
    assert f'id="after-{later.pk}"' not in page  # another place
    assert "Arrive" in now


def test_two_who_look_alike_are_told_apart_by_birth_date(
    world: World, tech: Client, device: Resource, session: Session
) -> None:
    other = make_patient(world.site, world.receptionist, "Mario", "García", phone="+15550107001")
    world.visit(other, preferred_minute=900)

    assert "2 people look alike today. Check date of birth." in text(tech, f"/chair/{device.pk}/")


def test_a_person_in_privacy_mode_reads_initials_and_no_birth_date(
    world: World, tech: Client, device: Resource, session: Session
) -> None:
    tech.post("/me/privacy/", {"back": "/"})

    page = text(tech, f"/chair/{device.pk}/")

    assert ("Garcia" in page, "1984" in page, "G. M." in page) == (False, False, True)


def test_each_step_is_one_deed_and_the_next_patient_follows(
    world: World, tech: Client, device: Resource, session: Session, clock: Any
) -> None:
    said = []
    for verb in ("arrive", "start", "complete"):
        answer = do(tech, device, session, verb)
        said.append((answer.status_code, session.state))

    assert said == [(200, "arrived"), (200, "in_treatment"), (200, "completed")]
    assert f"No more patients on {device.name} today." in html.unescape(answer.content.decode())
    assert 'name="kind" value="session"' in answer.content.decode()  # the way back


def test_a_second_tap_of_the_same_button_changes_nothing(
    world: World, tech: Client, device: Resource, session: Session
) -> None:
    body = {"session": session.pk, "version": 1}

    answers = [tech.post(f"/chair/{device.pk}/arrive/", body, headers=HTMX).status_code for _ in range(2)]

    session.refresh_from_db()
    assert (answers, session.state, session.version) == ([200, 412], "arrived", 2)


def test_without_scripts_a_deed_leads_back_to_the_chair(tech: Client, device: Resource, session: Session) -> None:
    answer = tech.post(f"/chair/{device.pk}/arrive/", {"session": session.pk, "version": 1})

    assert (answer.status_code, answer["Location"]) == (302, f"/chair/{device.pk}/")
    assert "is here." in text(tech, f"/chair/{device.pk}/")


def test_left_early_takes_a_reason_and_who_goes_says_which(tech: Client, device: Resource, session: Session) -> None:
    do(tech, device, session, "arrive")
    do(tech, device, session, "start")
    page = text(tech, f"/chair/{device.pk}/")
    assert re.findall(r'name="code" value="(\w+)"', page) == [
        "patient_asked",
        "pain",
        "seizure",
        "reaction",
        "device_down",
        "other",
    ]

    refused = do(tech, device, session, "stop-early", code="other")
    answer = do(tech, device, session, "stop-early", code="pain")

    assert (refused.status_code, answer.status_code) == (422, 200)
    assert (session.state, session.reason, session.is_counted) == ("partial", "Pain", False)


def test_a_note_and_a_total_are_kept_beside_a_step_of_somebody_else(
    world: World, tech: Client, device: Resource, session: Session
) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=world.receptionist)

    noted = tech.post(
        f"/chair/{device.pk}/note/",
        {"session": session.pk, "version": 1, "note": "Left headrest", "note_version": 1},
        headers=HTMX,
    )
    scored = do(tech, device, session, "measure", instrument="phq9", score="17")

    session.refresh_from_db()
    [result] = MeasureResult.objects.filter(patient=world.maria)
    assert (noted.status_code, scored.status_code) == (200, 200)
    assert (session.note, session.state, result.score) == ("Left headrest", "arrived", 17)
    assert "Left headrest" in html.unescape(noted.content.decode())
    assert do(tech, device, session, "measure", instrument="mood", score="17").status_code == 400

    undone = tech.post("/undo/", {"kind": "measure", "id": f"{world.maria.pk}.{result.pk}", "version": 1})
    assert (undone.status_code, MeasureResult.objects.filter(patient=world.maria).count()) == (302, 0)


def test_a_call_for_help_stands_at_the_desk_until_somebody_is_there(
    world: World, tech: Client, device: Resource, session: Session, clock: Any
) -> None:
    called = do(tech, device, session, "help")
    now = dt.datetime.fromisoformat(NINE) + dt.timedelta(minutes=1)
    desk = Client()
    desk.force_login(world.receptionist)
    clock(now.isoformat())

    item = attention.items(site_ids=[world.site.pk], now=now)[0]
    side = text(desk, "/day/side/", **HTMX)
    assert "Help is here" in called.content.decode()
    assert (item.kind, item.title, item.patient_id) == ("help_asked", f"{device.name} needs help", None)
    assert f"{device.name} needs help" in side

    done = desk.post("/attention/do/help-given/", {"key": item.key, "session": session.pk}, headers=HTMX)

    assert done.status_code == 200
    assert "Need help" in text(tech, f"/chair/{device.pk}/")


@pytest.mark.parametrize("others", [0, 3])
def test_a_chair_costs_the_same_statements_whatever_its_day_holds(
    world: World, tech: Client, device: Resource, session: Session, others: int
) -> None:
    for number in range(others):
        patient = make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}")
        world.book(patient, preferred_minute=660 + 60 * number, pins={"tms_device": device.pk})
    tech.get(f"/chair/{device.pk}/")

    with CaptureQueriesContext(connection) as queries:
        page = tech.get(f"/chair/{device.pk}/").content.decode()

    assert len(re.findall(r'id="after-\d', page)) == others
    assert len(queries) == 16


def test_whom_a_chair_shows_is_noted_and_unchanged_news_is_none(
    tech: Client, world: World, device: Resource, session: Session
) -> None:
    tech.get(f"/chair/{device.pk}/")
    first = tech.get(f"/chair/{device.pk}/", headers=HTMX)

    same = tech.get(f"/chair/{device.pk}/", headers=HTMX | {"If-None-Match": first["ETag"]})

    assert (same.status_code, same.content, same["X-Clock"]) == (304, b"", "9am")
    seen = AuditEntry.objects.filter(action="chair.listed")
    assert [entry.patient_id for entry in seen] == [world.maria.pk]


def test_who_only_looks_has_no_buttons_and_another_site_sees_nothing(
    world: World, device: Resource, session: Session, clock: Any
) -> None:
    clock(NINE)
    auditor, outsider = Client(), Client()
    auditor.force_login(world.auditor)
    outsider.force_login(world.outsider)

    page = text(auditor, f"/chair/{device.pk}/")
    refused = [
        auditor.post(f"/chair/{device.pk}/arrive/", {"session": session.pk, "version": 1}).status_code,
        outsider.get(f"/chair/{device.pk}/").status_code,
        outsider.post(f"/chair/{device.pk}/help/", {"session": session.pk, "version": 1}).status_code,
    ]

    session.refresh_from_db()
    assert ("Maria Garcia" in page, "chair-do" in page, "Arrive" in page) == (True, False, False)
    assert (refused, session.state) == ([404, 404, 404], "booked")


def test_a_person_is_no_chair(world: World, tech: Client) -> None:
    operator = Resource.objects.filter(site=world.site, group="")[0]

    assert tech.get(f"/chair/{operator.pk}/").status_code == 404


@pytest.fixture
def spravato(world: World) -> Session:
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    return Session.objects.get(course=course, number=1)


def test_what_must_be_there_first_stands_in_the_way_of_the_start(tech: Client, spravato: Session) -> None:
    chair = Resource.objects.filter(reservations__session=spravato).exclude(group="")[0]
    do(tech, chair, spravato, "arrive")

    page = text(tech, f"/chair/{chair.pk}/")

    assert ("See what is missing" in page, 'data-verb="start"' in page) == (True, False)
    assert "Blood pressure before it begins." in page


def test_a_watch_says_when_it_ends_and_who_leaves_before_is_let_go_by_a_name(
    tech: Client, spravato: Session, clock: Any
) -> None:
    chair = Resource.objects.filter(reservations__session=spravato).exclude(group="")[0]
    Prerequisite.objects.filter(session=spravato).delete()
    prepare_visit(spravato)
    do(tech, chair, spravato, "arrive")
    do(tech, chair, spravato, "start", dose_mg="56")
    started = text(tech, f"/chair/{chair.pk}/")
    clock("2026-11-24T14:45:00+00:00")
    do(tech, chair, spravato, "monitor")
    watched = text(tech, f"/chair/{chair.pk}/")

    refused = do(tech, chair, spravato, "complete")
    state = spravato.state
    let_go = do(tech, chair, spravato, "complete", let_go_by="Dr. Weiss")

    assert "Blood pressure at 9:40am (40 min)." in started
    found = (
        "Blood pressure now (40 min)." in watched,
        "2:00 left" in watched,
        "Can leave at 11:45am if well." in watched,
    )
    assert found == (True, True, True)
    assert "Under 2 hours. Who says it's fine?" in watched
    assert (refused.status_code, state, let_go.status_code, spravato.state) == (422, "monitoring", 200, "completed")
