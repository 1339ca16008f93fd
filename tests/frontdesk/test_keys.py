from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from clinic.domain.permissions import ALLOWED, Permission, Role
from clinic.models import AuditEntry, StaffUser
from frontdesk import commands
from frontdesk.keys import KEYS, groups
from tests.factories import World

# screens.md 2.6, each cell of the table.
MAP = {
    "ctrl+k": "Do anything by name",
    "a": "Arrive",
    "/": "Find a patient",
    "s": "Start, in the chair",
    "b": "Book a course",
    "c": "Complete",
    "v": "Book a single visit",
    "x": "No-show",
    "t": "Today",
    "m": "Move",
    "[": "Previous, next day",
    "]": "Previous, next day",
    "delete": "Cancel, with a reason",
    "d": "Day",
    "w": "Week",
    "e": "Note; in the queue: done",
    "h": "In the queue: hold until",
    "q": "Needs attention",
    "enter": "Open beside the board",
    "l": "Waiting list",
    "escape": "Close, back to the same card",
    "p": "Initials only, or names",
    "j": "Next, previous card or row",
    "k": "Next, previous card or row",
    "ctrl+p": "Print the day sheet",
    "u": "Undo, for 3 minutes",
    "ctrl+z": "Undo, for 3 minutes",
    "?": "This list",
    "arrows": "Move in the board or list",
    "1": "Take a suggestion, 1 to 5",
    "5": "Take a suggestion, 1 to 5",
    "ctrl+shift+l": "Lock the screen",
    "shift+f10": "Menu of the card or row",  # S1: the rest of a card
}


def desk(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_key_of_the_map_is_in_the_table_once() -> None:
    assert {name: key.words for key in KEYS for name in key.names} == MAP
    assert sum(len(key.names) for key in KEYS) == len(MAP)


def test_the_help_sheet_of_the_page_lists_every_key_of_the_role(world: World, clock: Any) -> None:
    page = desk(world.receptionist).get("/").content.decode()
    sheet = page[page.index('id="help"') : page.index('id="palette"')]

    shown = [key.words for key in KEYS if f">{key.words}</a>" in sheet or f"<dd>{key.words}</dd>" in sheet]

    assert shown == [key.words for key in KEYS]


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        (Role.FRONT_DESK, set()),
        (Role.TECHNICIAN, {"b", "v", "m", "delete"}),
        (Role.AUDITOR, {"b", "v", "m", "delete", "a", "s", "c", "x", "e", "h", "/", "l", "q"}),
    ],
)
def test_a_role_is_shown_only_its_keys(role: Role, hidden: set[str]) -> None:
    may = {permission.value for permission in ALLOWED[role]}

    shown = {name for _group, keys in groups(may) for key in keys for name in key.names}

    assert shown == set(MAP) - hidden


def test_a_key_says_what_stands_on_the_keyboard() -> None:
    caps = {key.words: key.caps for key in KEYS}

    assert (caps["Undo, for 3 minutes"], caps["Previous, next day"], caps["Lock the screen"]) == (
        ("U", "Ctrl+Z"),
        ("[", "]"),
        ("Ctrl+Shift+L",),
    )


def test_single_keys_are_switched_off_for_the_person_and_not_for_others(world: World, clock: Any) -> None:
    here, there = desk(world.receptionist), desk(world.technician)

    answer = here.post("/me/keys/", {"switch": "off", "back": "/patients/"})
    pages = [client.get("/me/").content.decode() for client in (here, there)]
    here.post("/me/keys/", {"switch": "on"})
    again = here.get("/me/").content.decode()

    assert (answer.status_code, answer["Location"]) == (302, "/patients/")
    assert ['data-keys="off"' in page for page in (*pages, again)] == [True, False, False]


def test_a_switch_leads_back_into_this_product_only(world: World, clock: Any) -> None:
    answer = desk(world.receptionist).post("/me/keys/", {"switch": "on", "back": "https://elsewhere.example/"})

    assert answer["Location"] == "/"


def test_the_rail_leaves_out_what_a_role_may_not_open(world: World, clock: Any) -> None:
    words = ("Book a course (B)", ">Patients<", ">Messages<")
    pages = [desk(user).get("/me/").content.decode() for user in (world.receptionist, world.technician, world.auditor)]
    rails = [page[page.index("ck-rail") : page.index("</nav>")] for page in pages]

    assert [[word in rail for word in words] for rail in rails] == [
        [True, True, True],
        [False, True, False],
        [False, False, True],
    ]


@pytest.mark.parametrize(
    ("typed", "verbs", "rest"),
    [
        ("bo gar", ["book"], "gar"),
        ("Book  Garcia Maria", ["book"], "garcia maria"),
        ("si gar", ["single"], "gar"),
        ("b gar", [], ""),
        ("bo", [], ""),
        ("gar mar", [], "mar"),
    ],
)
def test_a_verb_before_a_name_is_read_from_its_beginning(typed: str, verbs: list[str], rest: str) -> None:
    may = {Permission.BOOK_COURSE.value, Permission.VIEW_PATIENT.value}

    assert commands.verbs(typed, may) == (verbs, rest)


def found(client: Client, text: str) -> str:
    return client.post("/palette/", {"q": text}).content.decode()


def test_the_palette_books_for_a_person_by_the_beginning_of_a_name(world: World, clock: Any) -> None:
    page = found(desk(world.receptionist), "bo gar")

    assert f'href="/courses/new/?patient={world.maria.pk}"' in page
    assert "Book course for <bdi>Garcia, Maria</bdi>" in page
    assert "Okafor" not in page


def test_the_palette_offers_a_role_only_what_it_may_and_another_clinic_nothing(world: World, clock: Any) -> None:
    technician, outsider, auditor = desk(world.technician), desk(world.outsider), desk(world.auditor)

    assert found(technician, "bo gar") == "\n"
    assert f'href="/patients/{world.maria.pk}/"' in found(technician, "gar")
    assert "Okafor" not in found(outsider, "oka")
    assert auditor.post("/palette/", {"q": "gar"}).content == b"\n"


def test_the_palette_keeps_the_last_five_records_as_numbers_and_names_them_when_asked(world: World, clock: Any) -> None:
    client = desk(world.receptionist)
    course = world.book()
    for path in (f"/patients/{world.daniel.pk}/", f"/courses/{course.pk}/", f"/patients/{world.daniel.pk}/"):
        client.get(path)

    page = found(client, "")

    assert client.session["recent"] == [["patient", world.daniel.pk], ["course", course.pk]]
    assert page.index("Okafor, D.") < page.index("Garcia, M.")
    assert f'href="/courses/{course.pk}/"' in page


def test_a_record_that_moved_out_of_reach_is_left_out_of_the_latest(world: World, clock: Any) -> None:
    client = desk(world.receptionist)
    session = client.session
    session["recent"] = [["patient", world.foreign.pk], ["patient", world.maria.pk]]
    session.save()

    page = found(client, "")

    assert (page.count('role="option"'), f'href="/patients/{world.maria.pk}/"' in page) == (1, True)


def test_what_the_palette_shows_is_in_the_audit_log_and_what_was_typed_is_not(world: World, clock: Any) -> None:
    found(desk(world.receptionist), "bo oka")

    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.patient_id, entry.actor_id) == (
        "patient.listed",
        world.daniel.pk,
        world.receptionist.pk,
    )


def test_a_page_that_is_not_there_is_no_command(world: World, clock: Any) -> None:
    rows = [commands.Command("Go to", "Nowhere", page="no such page"), commands.Command("Settings", "Lock", press="l")]
    context = {"commands": rows, "may": set(), "csrf_token": "x"}

    page = render_to_string("frontdesk/palette/_palette.html", context)

    assert ("Nowhere" in page, ">Lock</a>" in page) == (False, True)
