"""What a card shows before it is opened: the menu of what can be done now, and a glance that is written down."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic import preferences
from clinic.models import AuditEntry, StaffUser
from scheduling.actions import attendance
from scheduling.models import Session
from tests.factories import World, prepare_visit

HTMX = {"HX-Request": "true"}
DAY = dt.date(2026, 11, 17)


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    return signed_in(world.receptionist)


@pytest.fixture
def session(world: World) -> Session:
    course = world.book(start_on=DAY, preferred_minute=600, counts={"acute": 10, "taper": 3})
    return Session.objects.get(course=course, number=1)


def signed_in(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


def menu(client: Client, session: Session) -> list[str]:
    """Return the words of a visit's menu."""
    answer = client.get(f"/sessions/{session.pk}/menu/", headers=HTMX)
    assert answer.status_code == 200
    lines = re.findall(r'role="menuitem".*?</(?:a|button)>', answer.content.decode())
    return [re.sub(r"<kbd.*?</kbd>|<[^>]+>", "", line).rpartition(">")[2] for line in lines]


def peek(client: Client, session: Session) -> str:
    answer = client.get(f"/sessions/{session.pk}/peek/", headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def take(session: Session, world: World, *verbs: Any) -> None:
    for verb in verbs:
        session.refresh_from_db()
        prepare_visit(session)
        verb(session_id=session.pk, version=session.version, now=session.starts_at, by=world.receptionist)


REST = ["Note", "Open visit", "Open course"]


def test_the_menu_of_a_visit_of_another_day_moves_it_and_records_nobody_yet(desk: Client, session: Session) -> None:
    assert menu(desk, session) == ["Move", "Cancel visit", *REST]


@pytest.mark.parametrize(
    ("verbs", "lines"),
    [
        ([], ["Arrive", "No-show", "Turned away", "Cancel visit", *REST]),
        ([attendance.arrive], ["Start", "Turned away", "Cancel visit", *REST]),
        ([attendance.arrive, attendance.start], ["Complete", "Stopped early", *REST]),
        ([attendance.mark_no_show], ["Came late", *REST]),
    ],
)
def test_the_menu_holds_what_may_be_done_now_and_nothing_else(
    desk: Client, world: World, session: Session, clock: Any, verbs: list[Any], lines: list[str]
) -> None:
    take(session, world, *verbs)
    clock(session.starts_at + dt.timedelta(minutes=12))

    assert menu(desk, session) == lines


def test_each_role_sees_its_own_menu(world: World, session: Session, clock: Any) -> None:
    clock(session.starts_at - dt.timedelta(minutes=12))

    found = {user.name: menu(signed_in(user), session) for user in (world.technician, world.auditor)}

    assert found == {
        world.technician.name: ["Arrive", "Turned away", "Cancel visit", *REST],
        world.auditor.name: ["Open visit", "Open course"],
    }


def test_the_menu_shows_verbs_alone_and_nobody_is_noted_as_looked_at(desk: Client, session: Session) -> None:
    before = AuditEntry.objects.count()

    text = desk.get(f"/sessions/{session.pk}/menu/", headers=HTMX).content.decode()

    assert [word for word in ("Garcia", "Maria", "010-2040") if word in text] == []
    assert AuditEntry.objects.count() == before


def test_a_glance_holds_phone_note_and_course_and_nothing_that_the_panel_does_not(
    desk: Client, session: Session
) -> None:
    Session.objects.filter(pk=session.pk).update(note="Left headrest")

    text = peek(desk, session)
    panel = desk.get(f"/sessions/{session.pk}/", headers=HTMX).content.decode()

    said = re.findall(r">([^<>]{3,})<", text)
    assert [words for words in said if words.strip() and words not in panel] == ["Garcia, M."]
    assert ("(555) 010-2040" in text, "Left headrest" in text, text.count('class="ck-dot ')) == (True, True, 13)


def test_without_names_a_glance_has_initials_and_no_number(desk: Client, world: World, session: Session) -> None:
    preferences.set_preference(user=world.receptionist, name="is_private", value=True)

    text = peek(desk, session)

    assert [word for word in ("Garcia", "Maria", "010-2040") if word in text] == []
    assert "G. M." in text


def test_a_glance_is_noted_once_in_half_an_hour(desk: Client, world: World, session: Session, clock: Any) -> None:
    for minutes in (0, 1, 29, 31):
        clock(session.starts_at + dt.timedelta(minutes=minutes))
        peek(desk, session)

    noted = AuditEntry.objects.filter(action="visit.peeked", patient_id=world.maria.pk, actor=world.receptionist)
    assert noted.count() == 2


def test_a_glance_costs_few_statements_whatever_its_course_holds(desk: Client, session: Session) -> None:
    peek(desk, session)

    with CaptureQueriesContext(connection) as queries:
        peek(desk, session)

    assert len(queries) == 7


@pytest.mark.parametrize("what", ["menu", "peek"])
def test_without_scripts_both_lead_to_the_visit_and_at_another_site_to_nothing(
    desk: Client, world: World, session: Session, what: str
) -> None:
    path = f"/sessions/{session.pk}/{what}/"

    plain, foreign = desk.get(path), signed_in(world.outsider).get(path, headers=HTMX)

    assert (plain.status_code, plain["Location"]) == (302, f"/sessions/{session.pk}/")
    assert (foreign.status_code, AuditEntry.objects.filter(action="visit.peeked").count()) == (404, 0)
