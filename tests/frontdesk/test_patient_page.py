"""A patient's page: who, how to reach, what was agreed, who comes along, when they can't come; put right in place."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from patients import life
from patients.models import Absence, Consent, ContactPoint, Patient, RelatedPerson, ScreeningFlag
from scheduling.models import Session
from tests.factories import World, make_staff

TODAY = dt.date(2026, 11, 23)
NASTY = "<script>alert(1)</script>"
STATEMENTS = 21


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    return as_user(world.receptionist)


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path(world: World, rest: str = "") -> str:
    return f"/patients/{world.maria.pk}/{rest}"


def page_of(client: Client, world: World) -> str:
    return client.get(path(world)).content.decode()


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def undo(desk: Client, world: World) -> str:
    page = page_of(desk, world)
    form = page[page.index('<form id="undo"') :]
    fields = dict(re.findall(r'name="(kind|id|version)" value="([^"]*)"', form[: form.index("</form>")]))
    assert desk.post("/undo/", fields).status_code == 302
    return page_of(desk, world)


def edited(world: World, **more: str) -> dict[str, str]:
    return {
        "version": "1",
        "first_name": "Maria",
        "last_name": "Garcia",
        "birth_date": "3/7/1984",
        "language": "en",
    } | more


def test_a_name_is_put_right_and_the_page_says_so(desk: Client, world: World) -> None:
    answer = desk.post(path(world, "edit/"), edited(world, last_name="Gómez", interpreter="Spanish"))

    row = Patient.objects.get(pk=world.maria.pk)
    assert (answer.status_code, row.last_name, row.interpreter) == (302, "Gómez", "spanish")
    assert "Gómez" in page_of(desk, world)


def test_a_record_that_was_corrected_meanwhile_offers_both_ways(desk: Client, world: World) -> None:
    desk.post(path(world, "edit/"), edited(world, last_name="Gómez"))

    answer = desk.post(
        path(world, "edit/"),
        edited(world, last_name="Gomes"),
        headers={"HX-Request": "true", "X-Here": "#identity-said"},
    )

    words = words_of(answer.content.decode())
    assert (answer.status_code, answer["HX-Retarget"]) == (412, "#identity-said")
    assert f"{world.receptionist.name} corrected this record" in words
    assert ("Keep" in words, "Use mine" in words) == (True, True)
    assert Patient.objects.get(pk=world.maria.pk).last_name == "Gómez"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("first_name", " ", "Type the first name."),
        ("last_name", "x" * 61, "The last name is longer than 60 letters."),
        ("birth_date", "tomorrow", "is not a date"),
        ("language", "tlh", "Choose a language."),
    ],
)
def test_what_can_not_be_is_refused_in_words(desk: Client, world: World, field: str, value: str, said: str) -> None:
    answer = desk.post(path(world, "edit/"), edited(world, **{field: value}))

    assert (answer.status_code, Patient.objects.get(pk=world.maria.pk).version) == (422, 1)
    assert said in answer.content.decode()


@pytest.mark.parametrize("name", [NASTY, "x" * 60, "محمد", "👩🏽‍⚕️", "Li"])
def test_a_name_of_any_script_is_shown_as_text(desk: Client, world: World, name: str) -> None:
    desk.post(path(world, "edit/"), edited(world, last_name=name, preferred_name=name))

    page = page_of(desk, world)
    shown = name.replace("<", "&lt;").replace(">", "&gt;")
    assert f"<bdi>{shown} {shown}</bdi></h1>" in page
    assert "<script>alert" not in page


def test_a_new_number_is_used_and_the_old_one_can_be_believed_again(desk: Client, world: World) -> None:
    desk.post(path(world, "addresses/"), {"value": "(555) 010-7777"})
    point = ContactPoint.objects.get(patient=world.maria, value="+15550107777")

    desk.post(path(world, f"addresses/{point.pk}/wrong/"))
    point.refresh_from_db()
    wrong = point.is_usable
    undo(desk, world)
    point.refresh_from_db()

    assert (point.is_preferred, wrong, point.is_usable) == (True, False, True)


def test_an_e_mail_address_is_told_from_a_number(desk: Client, world: World) -> None:
    assert desk.post(path(world, "addresses/"), {"value": "maria@example.com"}).status_code == 302
    assert desk.post(path(world, "addresses/"), {"value": "call me"}).status_code == 422

    assert ContactPoint.objects.filter(patient=world.maria, value="maria@example.com", kind="email").count() == 1


def test_a_yes_is_noted_in_the_words_read_aloud_ended_and_undone(desk: Client, world: World) -> None:
    page = page_of(desk, world)
    asked = {"channel": "sms", "purpose": "offers", "how": "on the phone"}

    desk.post(path(world, "consents/"), asked)
    row = Consent.objects.get(patient=world.maria, purpose="offers")
    undone = undo(desk, world)
    row.refresh_from_db()

    assert f"You agree to get texts about your visits from {world.site.name}" in page
    assert (row.how, row.revoked_at is not None) == ("on the phone", True)
    assert "about times that become free" not in words_of(undone).partition("They said yes")[0]


def test_a_consent_ends_from_the_page(desk: Client, world: World) -> None:
    desk.post(path(world, "consents/"), {"channel": "sms", "purpose": "forms"})

    answer = desk.post(path(world, "consents/end/"), {"channel": "sms", "purpose": "forms", "person": "0"})

    assert answer.status_code == 302
    assert Consent.objects.filter(patient=world.maria, purpose="forms", revoked_at=None).count() == 0


def test_an_absence_names_the_booked_visits_that_fall_into_it(desk: Client, world: World) -> None:
    course = world.book()
    rows = list(Session.objects.filter(course=course).order_by("starts_at")[:3])

    desk.post(path(world, "absences/"), {"starts_on": str(rows[0].day), "ends_on": str(rows[2].day)})
    page = page_of(desk, world)

    assert "3 booked visits fall into it:" in words_of(page)
    assert f'href="/sessions/{rows[0].pk}/move/?scope=rest">Move them</a>' in page
    assert "No absences." in undo(desk, world)


def test_an_absence_of_other_hours_leaves_the_visits_alone(desk: Client, world: World) -> None:
    course = world.book()
    first = Session.objects.filter(course=course).order_by("starts_at")[0]

    desk.post(path(world, "absences/"), {"starts_on": str(first.day), "from": "17:00", "to": "18:00"})

    assert Absence.objects.get().from_minute == 17 * 60
    assert "fall" not in words_of(page_of(desk, world)).partition("Can't come")[2].partition("Add an absence")[0]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"starts_on": "soon"}, 400),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, 422),
        ({"starts_on": "2026-12-02", "from": "noonish"}, 400),
    ],
)
def test_an_absence_that_can_not_be_is_refused(desk: Client, world: World, fields: dict[str, str], status: int) -> None:
    assert desk.post(path(world, "absences/"), fields).status_code == status
    assert Absence.objects.count() == 0


def test_a_repeated_absence_is_removed_again(desk: Client, world: World) -> None:
    desk.post(path(world, "absences/"), {"starts_on": str(TODAY), "weekday": "2"})
    row = Absence.objects.get()

    assert "Tuesdays from Nov 23 on" in words_of(page_of(desk, world))
    desk.post(path(world, f"absences/{row.pk}/remove/"))
    assert Absence.objects.count() == 0


def test_who_comes_along_is_added_taken_off_and_back(desk: Client, world: World) -> None:
    desk.post(path(world, "people/"), {"role": "escort", "name": "Ana Garcia", "phone": "(555) 010-3333"})
    row = RelatedPerson.objects.get(patient=world.maria)
    shown = "Ana Garcia" in page_of(desk, world)

    desk.post(path(world, f"people/{row.pk}/retire/"))
    gone = life.related_people_of(world.maria.pk)
    undo(desk, world)

    assert (shown, gone) == (True, [])
    assert [each.pk for each in life.related_people_of(world.maria.pk)] == [row.pk]


def test_a_finding_stands_until_a_clinician_clears_it(desk: Client, world: World) -> None:
    desk.post(path(world, "flags/"), {"code": "pacemaker"})
    row = ScreeningFlag.objects.get()

    refused = desk.post(path(world, f"flags/{row.pk}/clear/"), {"because": "Checked"})
    stands = "until a clinician clears it" in page_of(desk, world)
    clinician = make_staff("weiss@example.com", Role.CLINICIAN, world.site)
    as_user(clinician).post(path(world, f"flags/{row.pk}/clear/"), {"because": "Device is off"})

    assert (refused.status_code, stands) == (404, True)
    assert "Cleared: Device is off" in words_of(page_of(desk, world))


def test_reminders_asked_for_are_kept_and_undone(desk: Client, world: World) -> None:
    desk.post(path(world, "reminders/"), {"kinds": ["same_day"]})
    on = re.findall(r'value="(\w+)" checked', page_of(desk, world))

    undone = undo(desk, world)

    assert on == ["same_day"]
    assert re.findall(r'name="kinds" value="(\w+)" checked', undone) == []


def test_l_leads_to_the_waiting_list_and_the_entry_is_shown(desk: Client, world: World) -> None:
    page = page_of(desk, world)
    desk.post("/waitlist/add/", {"patient": str(world.maria.pk), "protocol": "tms_mdd_36", "once": "k1"})

    assert f'data-key="l" href="/waitlist/add/?patient={world.maria.pk}"' in page
    assert "A new course:" in page_of(desk, world)


def test_who_is_not_active_can_not_be_booked(desk: Client, world: World) -> None:
    Patient.objects.filter(pk=world.maria.pk).update(state="deceased")

    page = page_of(desk, world)

    assert "This patient has died." in page
    assert "/courses/new/?site=riverside&amp;patient=" not in page


DEEDS = [
    "edit/",
    "addresses/",
    "addresses/1/wrong/",
    "consents/",
    "consents/end/",
    "absences/",
    "absences/1/remove/",
    "people/",
    "people/1/retire/",
    "flags/",
    "flags/1/clear/",
    "reminders/",
]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("user", ["outsider", "technician"])
def test_who_may_not_change_a_patient_finds_nothing_there(world: World, clock: Any, user: str, deed: str) -> None:
    assert as_user(getattr(world, user)).post(path(world, deed), {}).status_code in (403, 404)


def test_a_technician_reads_and_has_no_forms(world: World, clock: Any) -> None:
    page = page_of(as_user(world.technician), world)

    assert "Garcia" in page
    assert "/edit/" not in page


@pytest.mark.parametrize("visits", [4, 16])
def test_a_patient_costs_the_same_statements_whatever_there_is(world: World, desk: Client, visits: int) -> None:
    world.book(counts={"acute": visits - 3, "taper": 3})
    page_of(desk, world)

    with CaptureQueriesContext(connection) as queries:
        page = page_of(desk, world)

    assert f"TMS {visits}" in words_of(page)
    assert len(queries) == STATEMENTS
