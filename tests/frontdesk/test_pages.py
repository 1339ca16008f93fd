import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Permission
from clinic.models import AuditEntry, StaffUser
from frontdesk import urls
from scheduling.models import Course, Session
from tests.factories import NOW, PASSWORD, World, make_patient

STATIC = Path(__file__).parents[2] / "frontdesk" / "static"
TOMORROW = dt.date(2026, 11, 17)


def as_user(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    return as_user(world.receptionist)


def test_every_page_declares_what_it_needs() -> None:
    undeclared = [
        p.name for p in urls.urlpatterns if not isinstance(getattr(p.callback, "permission", None), Permission)
    ]

    assert undeclared == []


def test_nobody_gets_in_unsigned(world: World, client: Client) -> None:
    course = world.book()
    paths = ["/", "/courses/new/", f"/courses/{course.pk}/", "/patients/", f"/patients/{world.maria.pk}/", "/messages/"]

    answers = [client.get(path) for path in paths]

    assert {(a.status_code, a["Location"].split("?")[0]) for a in answers} == {(302, "/accounts/login/")}


def test_an_htmx_request_of_somebody_signed_out_is_sent_to_the_door_as_a_whole(world: World, client: Client) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login/?next=%2F")


def test_another_sites_people_see_none_of_ours(world: World, clock: Any) -> None:
    course = world.book(start_on=TOMORROW)
    session = Session.objects.filter(course=course)[0]
    outsider = as_user(world.outsider)

    refused = [
        outsider.get(path).status_code
        for path in (
            f"/courses/{course.pk}/",
            f"/sessions/{session.pk}/",
            f"/patients/{world.maria.pk}/",
            f"/patients/{world.maria.pk}/choose/",
            "/?site=riverside",
            "/courses/new/?site=riverside",
        )
    ]
    recorded = outsider.post(f"/sessions/{session.pk}/arrive/", {"version": 1})
    pages = [
        *(outsider.get(path).content.decode() for path in ("/", "/patients/", "/messages/")),
        outsider.post("/patients/find/", {"q": "okafor"}).content.decode(),
    ]

    session.refresh_from_db()
    assert (refused, recorded.status_code, session.state) == ([404] * 6, 404, "booked")
    assert [page for page in pages if "Daniel" in page] == []
    assert "Garcia, Maria" in pages[1]  # their own Maria


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("technician", "/", 200),
        ("technician", "/courses/new/", 403),
        ("technician", "/messages/", 403),
        ("auditor", "/", 200),
        ("auditor", "/patients/", 403),
        ("auditor", "/messages/", 200),
    ],
)
def test_a_role_opens_what_it_needs(world: World, clock: Any, role: str, path: str, status: int) -> None:
    assert as_user(getattr(world, role)).get(path).status_code == status


def test_an_auditor_changes_nothing(world: World, clock: Any) -> None:
    session = world.visit(start_on=TOMORROW)

    answer = as_user(world.auditor).post(f"/sessions/{session.pk}/no-show/", {"version": 1})

    session.refresh_from_db()
    assert (answer.status_code, session.state) == (404, "booked")


@pytest.mark.parametrize("patients", [1, 3])
def test_the_day_costs_the_same_queries_whatever_it_holds(world: World, desk: Client, patients: int) -> None:
    for number in range(patients):
        patient = make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}")
        world.book(patient, start_on=TOMORROW)
    desk.get(f"/?day={TOMORROW}")  # whom it shows is noted once

    with CaptureQueriesContext(connection) as queries:
        page = desk.get(f"/?day={TOMORROW}")

    assert page.content.count(b"ck-visit is-booked") == patients
    assert len(queries) == 24


def test_an_unchanged_day_is_answered_304_without_an_audit_entry_and_a_changed_one_anew(
    world: World, desk: Client, clock: Any
) -> None:
    session = world.visit(start_on=TOMORROW)
    desk.get(f"/?day={TOMORROW}")
    clock(NOW + dt.timedelta(minutes=31))
    before = AuditEntry.objects.count()
    first = desk.get(f"/?day={TOMORROW}")
    noted = AuditEntry.objects.count()

    same = desk.get(f"/?day={TOMORROW}", headers={"If-None-Match": first["ETag"]})
    Session.objects.filter(pk=session.pk).update(version=2)
    changed = desk.get(f"/?day={TOMORROW}", headers={"If-None-Match": first["ETag"]})

    assert (same.status_code, same.content, changed.status_code) == (304, b"", 200)
    assert (noted, AuditEntry.objects.count()) == (before + 1, before + 1)


def test_every_record_opened_or_listed_leaves_one_audit_entry(world: World, desk: Client) -> None:
    course = world.book(start_on=TOMORROW)
    session = Session.objects.filter(course=course)[0]
    seen = AuditEntry.objects.count()

    for path in (
        f"/?day={TOMORROW}",
        f"/sessions/{session.pk}/",
        f"/courses/{course.pk}/",
        f"/patients/{world.maria.pk}/",
        "/patients/",
    ):
        desk.get(path)

    entries = AuditEntry.objects.order_by("pk")[seen:]
    assert [(entry.action, entry.patient_id) for entry in entries] == [
        ("day.listed", world.maria.pk),
        ("visit.opened", world.maria.pk),
        ("course.opened", world.maria.pk),
        ("patient.opened", world.maria.pk),
        ("patient.listed", world.maria.pk),
        ("patient.listed", world.daniel.pk),
    ]
    assert {entry.actor for entry in entries} == {world.receptionist}


def test_looking_changes_nothing_but_the_audit_log(world: World, desk: Client) -> None:
    course = world.book(start_on=TOMORROW)
    before = list(Session.objects.order_by("pk").values())

    for path in (
        "/",
        f"/?day={TOMORROW}",
        "/courses/new/",
        f"/courses/{course.pk}/",
        "/courses/preview/?protocol=tms_mdd_36&start_on=2026-11-24",
    ):
        assert desk.get(path).status_code == 200

    assert (list(Session.objects.order_by("pk").values()), Course.objects.count()) == (before, 1)


def test_no_page_may_be_kept_and_every_page_has_a_strict_policy(world: World, desk: Client) -> None:
    for path in ("/", "/patients/", "/accounts/login/", "/nowhere/"):
        answer = desk.get(path)
        assert "no-store" in answer["Cache-Control"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_a_name_is_text_and_never_markup(world: World, desk: Client) -> None:
    marker = '<script>alert("x")</script>'
    patient = make_patient(world.site, world.receptionist, marker, "O'Neill", phone="+15550107001")
    course = world.book(patient, start_on=TOMORROW)
    session = Session.objects.filter(course=course)[0]

    pages = [
        desk.get(path).content.decode()
        for path in (
            f"/?day={TOMORROW}",
            f"/sessions/{session.pk}/",
            f"/courses/{course.pk}/",
            f"/patients/{patient.pk}/",
            f"/courses/new/?patient={patient.pk}",
        )
    ]
    pages += [desk.post(path, {"q": "neill"}).content.decode() for path in ("/patients/", "/patients/find/")]

    assert [page for page in pages if marker in page] == []


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0"])
def test_what_is_no_day_is_refused_in_words(desk: Client, day: str) -> None:
    answer = desk.get(f"/?day={day}")

    assert (answer.status_code, "is not a day" in answer.content.decode()) == (400, True)


def test_a_closed_day_says_why(desk: Client) -> None:
    assert "Closed: Thanksgiving" in desk.get("/?day=2026-11-26").content.decode()


def test_an_empty_day_points_to_the_next_one_with_visits(world: World, desk: Client) -> None:
    world.visit(start_on=dt.date(2026, 11, 24))

    assert "Go to Tue Nov 24" in desk.get("/").content.decode()


def test_care_7_a_visit_late_in_the_clinics_day_stands_on_that_day(world: World, desk: Client, clock: Any) -> None:
    session = world.visit(start_on=TOMORROW, preferred_minute=990)  # 4:30pm in New York
    clock("2026-11-18T03:30:00+00:00")  # 10:30pm there, already tomorrow in London

    assert f"/sessions/{session.pk}/" in desk.get("/").content.decode()


def test_a_patient_is_added_and_a_mistake_comes_back_beside_its_field(world: World, desk: Client) -> None:
    typed = {"first_name": "Nadia", "last_name": "", "birth_date": "31/02/84", "phone": "12"}

    answer = desk.post("/patients/add/", typed, headers={"HX-Request": "true"}).content.decode()

    assert ["Type the last name." in answer, "is not a date" in answer, "too few or too many" in answer] == [True] * 3
    assert 'value="Nadia"' in answer


def test_a_look_alike_is_offered_instead_of_a_second_record(world: World, desk: Client) -> None:
    typed = {"first_name": "Maria", "last_name": "Garcia", "birth_date": "3/7/1984", "phone": "5550102040"}

    answer = desk.post("/patients/add/", typed, headers={"HX-Request": "true"}).content.decode()

    assert "<b><bdi>Maria Garcia</bdi>, Mar 7, 1984</b> already exists" in answer
    assert f"/patients/{world.maria.pk}/choose/" in answer


def test_a_taken_plan_is_refused_with_the_next_best_in_place(world: World, desk: Client) -> None:
    page = desk.get(f"/courses/new/?patient={world.maria.pk}&start_on=2026-11-24&preferred_time=08:30")
    form = {
        "patient": world.maria.pk,
        "plan": page.context["token"],
        "key": "k",
        "protocol": "tms_mdd_36",
        "start_on": "2026-11-24",
    }
    world.book(world.daniel)

    answer = desk.post("/courses/new/", form | {"preferred_time": "08:30"})

    assert (answer.status_code, Course.objects.count()) == (409, 1)
    assert "Just taken: 8:30am on Tue Nov 24 on NeuroStar 1" in answer.content.decode()
    assert "all on NeuroStar 2" in answer.content.decode()


def test_booking_without_a_patient_is_refused_in_words(desk: Client) -> None:
    answer = desk.post("/courses/new/", {"plan": "x"})

    assert (answer.status_code, "Choose a patient first" in answer.content.decode()) == (400, True)


def test_wrong_passwords_run_out(world: World, client: Client) -> None:
    tries = [
        client.post("/accounts/login/", {"login": "rosa@example.com", "password": f"wrong-{n}"}).status_code
        for n in range(12)
    ]
    right = client.post("/accounts/login/", {"login": "rosa@example.com", "password": PASSWORD})

    assert tries[0] == 200
    assert 429 in tries or right.status_code != 302


def test_nobody_can_sign_up(world: World, client: Client) -> None:
    answer = client.post("/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD})

    assert StaffUser.objects.filter(email="x@example.com").count() == 0
    assert answer.status_code in (200, 302, 403, 404)


def test_a_theme_is_remembered_and_never_leads_away(world: World, desk: Client) -> None:
    answer = desk.post("/me/theme/", {"theme": "dark", "back": "https://elsewhere.example/"})

    world.receptionist.refresh_from_db()
    assert (answer["Location"], world.receptionist.theme) == ("/", "dark")


def test_vendored_files_are_what_the_list_says() -> None:
    listed = json.loads((STATIC / "vendor" / "vendor.json").read_text())

    for entry in listed:
        assert hashlib.sha256((STATIC / "vendor" / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
