"""A list of patients brought in by the pages: looked at, mended, imported as a whole, taken back within a day."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.domain.permissions import Role
from clinic.models import AuditEntry, StaffUser
from frontdesk.tasks import forget_imports
from notifications.models import Message
from patients.models import Consent, ContactPoint, ImportDraft, Patient
from scheduling.models import Protocol, WaitlistEntry
from tests.factories import NOW, World, make_staff

IMPORT = "/settings/import/"
HEAD = "MRN,First name,Last name,DOB,Mobile,sms_consent\n"
GOOD = HEAD + "A-1,Ana,Cole,1984-03-07,(555) 010-6001,yes\nA-2,Ben,Day,3/8/1984,,\n"
BAD = GOOD + "A-3,Cy,Evans,31/02/84,,\nA-4,,Frey,1990-01-01,,\nA-5,Di,Gray,1990-01-01,12,\n"


@pytest.fixture
def maya(world: World, clock: Any) -> StaffUser:
    return make_staff("maya@example.com", Role.MANAGER, world.site)


@pytest.fixture
def manager(maya: StaffUser) -> Client:
    client = Client()
    client.force_login(maya)
    return client


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def begun(client: Client, text: str) -> ImportDraft:
    answer = client.post(IMPORT, {"rows": text})
    assert answer.status_code == 302, page_of(answer)
    return ImportDraft.objects.latest("pk")


def at(draft: ImportDraft, name: str = "import-draft") -> str:
    return reverse(name, args=[draft.pk])


def faults_in(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<div class="what"><b>(.*?)</b> <span[^>]*>(.*?)</span>', page)
    return [(where, words.replace("&quot;", '"').replace("&#x27;", "'")) for where, words in found]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_but_a_manager_gets_in(world: World, manager: Client, role: Role) -> None:
    draft, client = begun(manager, GOOD), Client()
    client.force_login(make_staff("nina@example.com", role, world.site))

    answers = [client.get(IMPORT), client.post(IMPORT, {"rows": GOOD}), client.get(at(draft)), client.post(at(draft))]
    answers += [client.get(at(draft, "import-faults")), client.post(at(draft, "import-undo"))]

    assert ({answer.status_code for answer in answers}, ImportDraft.objects.count()) == ({403}, 1)


def test_another_sites_manager_sees_nothing_of_it(world: World, manager: Client) -> None:
    draft, olga = begun(manager, GOOD), Client()
    olga.force_login(make_staff("olga@example.com", Role.MANAGER, world.other_site))

    assert (olga.get(at(draft)).status_code, olga.post(at(draft), {"do": "import"}).status_code) == (404, 404)
    assert olga.post("/undo/", {"kind": "import", "id": draft.pk, "version": 0}).status_code == 404
    assert Patient.objects.filter(record_number="A-1").count() == 0


def test_a_sound_list_comes_in_with_who_imported_it_and_nobody_is_written_to(world: World, manager: Client) -> None:
    draft = begun(manager, GOOD)
    page = page_of(manager.get(at(draft)))
    assert ("<b>2 new patients</b>." in page, faults_in(page)) == (True, [])

    answer = manager.post(at(draft), {"do": "import"})

    assert (answer.status_code, answer["Location"]) == (302, "/settings/import/?site=riverside")
    ana, ben = Patient.objects.filter(record_number__startswith="A-").order_by("record_number")
    assert (ana.last_name, ben.birth_date, ana.site) == ("Cole", dt.date(1984, 3, 8), world.site)
    assert list(Consent.objects.filter(patient=ana).values_list("recorded_by__name", flat=True)) == ["Maya"]
    entries = AuditEntry.objects.filter(action="patient.imported")
    assert list(entries.values_list("actor__name", "patient_id")) == [("Maya", ana.pk), ("Maya", ben.pk)]
    assert Message.objects.count() == 0
    draft.refresh_from_db()
    assert (draft.text, draft.fixes, draft.added, draft.done_at) == ("", {}, [ana.pk, ben.pk], NOW)


def test_every_row_that_needs_a_look_says_why_with_what_stands_in_it(manager: Client) -> None:
    page = page_of(manager.get(at(begun(manager, BAD))))

    assert faults_in(page) == [
        ("Row 4", 'Date of birth: "31/02/84" is not a date. Type it like 3/7/1984.'),
        ("Row 5", "First name: Type the first name."),
        ("Row 6", "Phone: This phone number has too few or too many digits."),
    ]
    assert 'name="fix-4-birth_date" value="31/02/84"' in page
    assert "3 need a look" in page


def test_what_is_typed_mends_a_row_and_a_row_can_be_left_out(manager: Client) -> None:
    draft = begun(manager, BAD)
    typed = {"fix-4-birth_date": "2/3/1984", "fix-5-first_name": "", "fix-6-phone": "12", "shown": ["4", "5", "6"]}

    refused = manager.post(at(draft), typed | {"skip": ["5"], "do": "import"})
    assert (refused.status_code, "1 row needs a look first. Nothing was imported." in page_of(refused)) == (422, True)
    assert faults_in(page_of(refused)) == [("Row 6", "Phone: This phone number has too few or too many digits.")]
    done = manager.post(at(draft), {"fix-6-phone": "(555) 010-6002", "shown": ["6"], "do": "import"})

    assert done.status_code == 302
    assert list(Patient.objects.filter(record_number__startswith="A-").values_list("record_number", flat=True)) == [
        "A-1",
        "A-2",
        "A-3",
        "A-5",
    ]


def test_typing_is_answered_in_place(manager: Client) -> None:
    draft = begun(manager, BAD)
    typed = {"fix-4-birth_date": "2/3/1984", "fix-5-first_name": "", "fix-6-phone": "12", "skip": "5"}

    part = page_of(manager.post(at(draft), typed | {"shown": ["4", "5", "6"]}, headers={"HX-Request": "true"}))

    assert "<html" not in part
    said = dict(re.findall(r'<span id="w-([^"]+)" hx-swap-oob="innerHTML">(?:<svg.*?</svg>)?(.*?)</span>', part))
    assert said == {
        "fix-4-birth_date": "Fine now.",
        "fix-5-first_name": "Left out.",
        "fix-6-phone": "Phone: This phone number has too few or too many digits.",
    }
    assert "Import 3 patients" in part


def test_all_rows_with_faults_are_left_out_at_once_and_brought_back(manager: Client) -> None:
    draft = begun(manager, BAD)

    manager.post(at(draft), {"do": "skip-all"})
    without = page_of(manager.get(at(draft)))
    manager.post(at(draft), {"do": "bring-back"})

    assert ("3 left out" in without, faults_in(without)) == (True, [])
    assert len(faults_in(page_of(manager.get(at(draft))))) == 3


def test_a_column_nobody_knows_is_named_or_left_out(manager: Client) -> None:
    draft = begun(manager, "mrn,first,surname,born,shoe\nA-1,Ana,Cole,1984-03-07,38\n")
    assert faults_in(page_of(manager.get(at(draft)))) == [("Heading", "Shoe: is no column of this list.")]

    assert manager.post(at(draft), {"fix-1-shoe": "", "do": "import"}).status_code == 302
    assert Patient.objects.filter(record_number="A-1").count() == 1


def test_who_is_here_already_is_left_alone_and_who_differs_needs_a_look(world: World, manager: Client) -> None:
    manager.post(at(begun(manager, GOOD)), {"do": "import"})

    page = page_of(manager.get(at(begun(manager, GOOD.replace("Ben", "Bob") + "A-9,New,Body,1990-01-01,,\n"))))

    assert faults_in(page) == [
        ("Row 3", "First name: differs from the stored record. Change it there, or remove the row.")
    ]
    assert ("<b>1 new patient</b>, 1 here already" in page, 'name="fix-3-' in page) == (True, False)


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b"])
def test_what_is_no_list_is_refused_in_words(manager: Client, text: str) -> None:
    answer = manager.post(IMPORT, {"rows": text})

    assert (answer.status_code, ImportDraft.objects.count()) == (422, 0)


def test_a_file_is_read_and_one_in_another_encoding_is_refused(manager: Client) -> None:
    fine = manager.post(IMPORT, {"file": SimpleUploadedFile("a.csv", "\ufeff".encode() + GOOD.encode())})
    wrong = manager.post(IMPORT, {"file": SimpleUploadedFile("a.csv", "Núñez".encode("latin-1"))})

    assert (fine.status_code, wrong.status_code) == (302, 422)
    assert "This file is not UTF-8. Save it as &quot;CSV UTF-8&quot; and choose it again." in page_of(wrong)


def test_a_large_file_is_let_through_here_and_nowhere_else(manager: Client) -> None:
    large = SimpleUploadedFile("a.csv", (GOOD + "\n" * 2_000_000).encode())

    assert manager.post(IMPORT, {"file": large}).status_code == 302
    large.seek(0)
    assert manager.post("/settings/site/", {"file": large}).status_code == 413
    huge = SimpleUploadedFile("a.csv", b"x" * 9_000_000)
    assert manager.post(IMPORT, {"file": huge}).status_code == 413


def test_looking_costs_the_same_statements_for_one_and_for_many(manager: Client) -> None:
    one, rows = begun(manager, GOOD), "".join(f"B-{n},First{n},Last{n},1990-01-01,,\n" for n in range(300))
    many = begun(manager, GOOD + rows)
    manager.get(at(one))
    with CaptureQueriesContext(connection) as few:
        manager.get(at(one))
    with CaptureQueriesContext(connection) as more:
        manager.get(at(many))

    assert len(more) == len(few)


def test_an_import_is_taken_back_and_whoever_has_visits_by_then_stays(world: World, manager: Client) -> None:
    before = (Patient.objects.count(), ContactPoint.objects.count(), Consent.objects.count())
    draft = begun(manager, GOOD)
    manager.post(at(draft), {"do": "import"})
    world.visit(Patient.objects.get(record_number="A-2"))

    answer = manager.post(at(draft, "import-undo"), follow=True)

    assert "1 patient taken out again. 1 stays: something was entered since." in page_of(answer)
    assert Patient.objects.filter(record_number__startswith="A-").get().record_number == "A-2"
    assert (Patient.objects.count(), ContactPoint.objects.count(), Consent.objects.count()) == (
        before[0] + 1,
        before[1],
        before[2],
    )
    assert manager.post(at(draft, "import-undo")).status_code == 409


def test_whoever_waits_for_a_time_stays_though_no_log_says_so(world: World, manager: Client) -> None:
    draft = begun(manager, GOOD)
    manager.post(at(draft), {"do": "import"})
    ana = Patient.objects.get(record_number="A-1")
    protocol = Protocol.objects.get(code="consult")
    WaitlistEntry.objects.create(
        site=world.site, patient=ana, kind="waiting", protocol=protocol, urgency="routine", since=NOW
    )

    manager.post(at(draft, "import-undo"))

    assert list(Patient.objects.filter(record_number__startswith="A-")) == [ana]
    assert (ana.contact_points.count(), ana.consents.count()) == (1, 1)


def test_the_toast_takes_it_back_and_after_a_day_nothing_does(manager: Client, clock: Any) -> None:
    first, second = begun(manager, GOOD), begun(manager, GOOD.replace("A-", "B-"))
    manager.post(at(second), {"do": "import"})
    manager.post(at(first), {"do": "import"})

    manager.post("/undo/", {"kind": "import", "id": first.pk, "version": 0})
    clock(NOW + dt.timedelta(hours=24))

    assert Patient.objects.filter(record_number__startswith="A-").count() == 0
    assert manager.post(at(second, "import-undo")).status_code == 409
    assert Patient.objects.filter(record_number__startswith="B-").count() == 2


def test_a_list_is_thrown_away_and_one_of_last_week_goes_by_itself(manager: Client) -> None:
    old, kept, draft = begun(manager, GOOD), begun(manager, GOOD), begun(manager, GOOD)
    manager.post(at(draft), {"do": "drop"})
    ImportDraft.objects.filter(pk=old.pk).update(made_at=NOW - dt.timedelta(days=8))

    forget_imports()

    assert [row.pk for row in ImportDraft.objects.all()] == [kept.pk]


def test_the_rows_to_look_at_are_taken_along_without_a_name_in_them(manager: Client) -> None:
    answer = manager.get(at(begun(manager, BAD), "import-faults"))

    assert page_of(answer).splitlines() == [
        "row,column,what",
        '4,date of birth,"""31/02/84"" is not a date. Type it like 3/7/1984."',
        "5,first name,Type the first name.",
        "6,phone,This phone number has too few or too many digits.",
    ]
