"""Gates on the pages: cards say what lacks, a panel and tomorrow's list solve it in one click; no way around."""

import datetime as dt
import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from patients.models import RelatedPerson
from scheduling.actions import setup
from scheduling.domain.operations import GateKind
from scheduling.models import Course, Prerequisite, Session
from tests.factories import FIRST_DAY, NOW, World, make_patient, prepare_visit
from tests.scheduling.gatehouse import BEFORE, Gatehouse, make_gatehouse
from tests.scheduling.living.clinic import ROOMS

EVE = dt.datetime(2026, 11, 23, 20, 30, tzinfo=dt.UTC)  # Monday, half past three in New York
HTMX = {"HX-Request": "true"}


@pytest.fixture
def house(world: World, tmp_path: Path) -> Gatehouse:
    return make_gatehouse(world, tmp_path)


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


def page(client: Client, path: str, **more: Any) -> str:
    answer = client.get(path, **more)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def card(board: str, session: Session) -> str:
    """Return one card of the board."""
    return board.partition(f'id="visit-{session.pk}"')[2].partition('class="ck-visit ')[0]


def post(client: Client, session: Session, kind: str, verb: str = "", **fields: Any) -> Any:
    return client.post(f"/sessions/{session.pk}/gates/{kind}/{verb}", fields)


def test_a_card_says_in_words_what_is_due_and_lacks_and_nothing_before(
    desk: Client, house: Gatehouse, clock: Any
) -> None:
    house.record_all(but=GateKind.RIDE)
    early = card(page(desk, f"/?day={FIRST_DAY}"), house.first)
    clock(EVE)

    late = card(page(desk, f"/?day={FIRST_DAY}"), house.first)

    assert ("Ride?" in early, "Ride?" in late) == (False, True)
    assert "i-late" in late


def test_a_tall_card_has_a_line_for_it(desk: Client, world: World, clock: Any) -> None:
    course = world.book(start_on=FIRST_DAY)  # its first visit takes ninety minutes
    Prerequisite.objects.filter(course=course, kind=GateKind.CONSENT).delete()
    clock(EVE)

    shown = card(page(desk, f"/?day={FIRST_DAY}"), Session.objects.get(course=course, number=1))

    assert 'class="ck-visit-note warn"' in shown
    assert "Consent missing" in shown


@pytest.mark.parametrize("kind", BEFORE)
def test_no_page_begins_a_visit_while_one_is_red(desk: Client, house: Gatehouse, kind: GateKind, clock: Any) -> None:
    house.record_all(but=kind)
    house.arrive()
    clock(house.at_the_door)

    board = card(page(desk, f"/?day={FIRST_DAY}"), house.first)
    panel = page(desk, f"/sessions/{house.first.pk}/", headers=HTMX)
    forced = desk.post(f"/sessions/{house.first.pk}/start/", {"version": "2"})

    assert ("/start/" in board, "/start/" in panel) == (False, False)
    assert f"Can't start: {house.standing().gates[BEFORE.index(kind)].info.name}" in panel
    assert (forced.status_code, house.first.state) == (409, "arrived")
    assert "Not yet" in forced.content.decode()
    house.record(kind)
    assert "/start/" in card(page(desk, f"/?day={FIRST_DAY}"), house.first)


def test_arriving_is_never_stopped(desk: Client, house: Gatehouse, clock: Any) -> None:
    clock(house.at_the_door)

    assert "/arrive/" in card(page(desk, f"/?day={FIRST_DAY}"), house.first)
    assert desk.post(f"/sessions/{house.first.pk}/arrive/", {"version": "1"}).status_code == 302
    assert house.first.state == "arrived"


def test_one_click_records_beside_the_board_shows_the_panel_as_it_is_then_and_lets_the_board_look_again(
    desk: Client, house: Gatehouse
) -> None:
    answer = desk.post(f"/sessions/{house.first.pk}/gates/consent/", {"evidence": "On paper"}, headers=HTMX)

    text = html.unescape(answer.content.decode())
    assert (answer["HX-Trigger-After-Swap"], 'data-panel="visit-' in text, "Recorded." in text) == (
        "changed",
        True,
        True,
    )
    assert "On paper - Rosa, Mon Nov 16, 9am" in text
    assert Prerequisite.objects.get().evidence == "On paper"


def test_without_a_script_it_comes_back_to_the_visit(desk: Client, house: Gatehouse) -> None:
    answer = post(desk, house.first, "consent")

    assert (answer.status_code, answer["Location"]) == (302, f"/sessions/{house.first.pk}/")
    assert (
        "hx-post" not in page(desk, f"/sessions/{house.first.pk}/").partition("ck-gates")[2].partition("</section>")[0]
    )


def test_who_takes_the_patient_home_is_named_asked_and_says_yes(desk: Client, house: Gatehouse) -> None:
    post(desk, house.first, "ride", name="Ivy", phone="(555) 010-2049", is_confirmed="no")
    named = page(desk, f"/sessions/{house.first.pk}/")
    row = Prerequisite.objects.get()
    fields: dict[str, Any] = {"replaces": row.pk, "person": row.person_id}

    post(desk, house.first, "ride", **fields)

    assert "named, not confirmed" in named
    assert "Ivy, (555) 010-2049 - Rosa" in named
    assert list(Prerequisite.objects.order_by("pk").values_list("is_confirmed", "withdrawn_at")) == [
        (False, NOW),
        (True, None),
    ]
    assert RelatedPerson.objects.count() == 1
    assert "Ivy, (555) 010-2049" in page(desk, f"/sessions/{house.visit(2).pk}/")  # one click at the next visit


def test_a_double_click_names_nobody_twice(desk: Client, house: Gatehouse) -> None:
    answers = [post(desk, house.first, "ride", name="Ivy", phone="555 010 2049").status_code for _click in range(2)]

    assert answers == [302, 302]
    assert (RelatedPerson.objects.count(), Prerequisite.objects.count()) == (1, 1)


def test_fasting_is_asked_with_times_at_the_door(desk: Client, house: Gatehouse, clock: Any) -> None:
    before = page(desk, f"/sessions/{house.first.pk}/")
    clock(house.at_the_door)

    post(desk, house.first, "fasting", ate="07:30", drank="06:00")

    after = page(desk, f"/sessions/{house.first.pk}/")
    assert ('name="ate"' in before, 'name="ate"' in after) == (False, True)
    assert "not before 11:30am" in after


@pytest.mark.parametrize("fields", [{"ate": "noon", "drank": "06:00"}, {"ate": "06:00"}, {}])
def test_times_that_can_not_be_read_are_refused(
    desk: Client, house: Gatehouse, clock: Any, fields: dict[str, str]
) -> None:
    clock(house.at_the_door)

    answer = post(desk, house.first, "fasting", **fields)

    assert (answer.status_code in (400, 422), Prerequisite.objects.count()) == (True, 0)


def test_only_who_may_is_offered_to_pass_it_and_can(world: World, desk: Client, house: Gatehouse, clock: Any) -> None:
    clock(EVE)
    offered = {}
    for role in (Role.FRONT_DESK, Role.TECHNICIAN, Role.CLINICIAN, Role.MANAGER):
        world.receptionist.memberships.update(role=role)
        shown = "Pass it by hand" in page(desk, f"/sessions/{house.first.pk}/")
        offered[role] = (shown, post(desk, house.first, "consent", "pass/", reason="Signed by fax").status_code)

    assert offered == {
        Role.FRONT_DESK: (False, 404),
        Role.TECHNICIAN: (False, 404),
        Role.CLINICIAN: (True, 302),
        Role.MANAGER: (True, 302),
    }
    world.receptionist.memberships.update(role=Role.CLINICIAN)
    after = page(desk, f"/sessions/{house.first.pk}/")
    assert "passed by hand" in after
    assert "Signed by fax - Rosa, Mon Nov 23, 3:30pm" in after


def test_what_was_recorded_is_taken_back_with_one_click(desk: Client, house: Gatehouse) -> None:
    house.record(GateKind.CONSENT)
    row = Prerequisite.objects.get()

    answer = post(desk, house.first, "consent", "withdraw/", row=row.pk)

    row.refresh_from_db()
    assert (answer.status_code, row.withdrawn_at) == (302, NOW)


def test_somebody_who_was_quicker_is_named(desk: Client, house: Gatehouse) -> None:
    house.record(GateKind.RIDE, by=house.world.technician)

    answer = desk.post(f"/sessions/{house.first.pk}/gates/ride/", {"name": "Ivy"}, headers=HTMX)

    assert answer.status_code == 409
    assert "Tess recorded this at 9am on Mon Nov 16" in answer.content.decode()


def test_another_site_finds_nothing_there(world: World, house: Gatehouse, clock: Any) -> None:
    client = Client()
    client.force_login(world.outsider)

    statuses = [
        post(client, house.first, "consent").status_code,
        post(client, house.first, "consent", "withdraw/", row=1).status_code,
        client.get("/tomorrow/?site=riverside").status_code,
    ]

    assert statuses == [404, 404, 404]
    assert "Garcia" not in page(client, "/tomorrow/")


def test_an_auditor_sees_states_and_never_who_was_named(world: World, house: Gatehouse, clock: Any) -> None:
    house.record(GateKind.RIDE, text="Poison Ivy, 555 0199")
    client = Client()
    client.force_login(world.auditor)

    panel = page(client, f"/sessions/{house.first.pk}/")

    assert ("Ride home" in panel, "Poison" in panel, "It's there" in panel) == (True, False, False)
    assert client.get("/tomorrow/").status_code in (403, 404)


# Tomorrow's list.


@pytest.fixture
def spravato(world: World) -> Session:
    """The visit of Tuesday, and on the same day one that needs nothing."""
    setup.add_resources(site=world.site, resources=ROOMS)
    course = world.book(protocol_code="esk_trd", start_on=FIRST_DAY, preferred_minute=540)
    world.visit(world.daniel, preferred_minute=480)
    return Session.objects.select_related("course__protocol").get(course=course, number=1)


def test_tomorrows_list_says_when_who_what_to_prepare_and_what_lacks(
    desk: Client, spravato: Session, clock: Any
) -> None:
    clock(EVE)

    text = page(desk, "/tomorrow/")

    assert "Tuesday, November 24" in text
    assert "2 visits, <b>1 not ready yet</b>" in text
    row = text.partition(f'id="visit-{spravato.pk}"')[2].partition('id="visit-')[0]
    assert "Garcia, Maria" in row
    assert "Nothing to eat from 7am on, nothing to drink from 8:30am on. Watched for 120 min" in row
    lacking = re.findall(r'<li class="is-late">.*?<b>([^<]+)</b>', row)
    assert lacking == ["Drug on hand", "Ride home"]
    assert "Fasting" not in row  # asked at the door
    assert "Nothing is asked for." in text


def test_each_gate_there_is_one_click(desk: Client, spravato: Session, clock: Any) -> None:
    clock(EVE)
    answers = [
        desk.post(f"/sessions/{spravato.pk}/gates/{kind}/", fields | {"back": "tomorrow"}, headers=HTMX)
        for kind, fields in (("drug_on_hand", {}), ("ride", {"name": "Ivy", "phone": "555 010 2049"}))
    ]

    texts = [html.unescape(answer.content.decode()) for answer in answers]
    assert ["not ready yet" in text for text in texts] == [True, False]
    assert "2 visits, all ready." in texts[1]
    plain = desk.post(f"/sessions/{spravato.pk}/gates/drug_on_hand/", {"back": "tomorrow", "replaces": "1"})
    assert plain.status_code in (302, 409)


def test_the_next_open_day_is_meant_and_who_looked_is_noted(desk: Client, world: World, clock: Any) -> None:
    friday = world.visit(start_on=dt.date(2026, 11, 27))
    clock("2026-11-25T20:00:00+00:00")  # the day before Thanksgiving

    text = page(desk, "/tomorrow/")

    assert "Friday, November 27" in text
    assert f'id="visit-{friday.pk}"' in text
    assert AuditEntry.objects.filter(action="day.listed", patient_id=world.maria.pk).exists()


def test_held_and_cancelled_visits_are_nobodys_tomorrow(desk: Client, world: World, clock: Any) -> None:
    visit = world.visit()
    Session.objects.filter(pk=visit.pk).update(
        state="cancelled", is_active=False, is_counted=False, cancelled_by="clinic", reason="Ill"
    )
    clock(EVE)

    assert "No visits on that day" in page(desk, "/tomorrow/")


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_costs_the_same_statements_however_long(desk: Client, world: World, clock: Any, count: int) -> None:
    setup.add_resources(site=world.site, resources=ROOMS)
    for number in range(count):
        patient = make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}")
        course = world.book(patient, start_on=FIRST_DAY, preferred_minute=480 + 60 * number)
        prepare_visit(Session.objects.select_related("course__protocol").get(course=course, number=1))
    clock(EVE)
    desk.get("/tomorrow/")

    with CaptureQueriesContext(connection) as statements:
        text = page(desk, "/tomorrow/")

    assert text.count("Lee, P") == count
    assert len(statements) == 19


def test_the_day_is_told_anew_once_something_is_recorded(desk: Client, house: Gatehouse) -> None:
    before = desk.get(f"/?day={FIRST_DAY}")["ETag"]

    house.record(GateKind.CONSENT)
    recorded = desk.get(f"/?day={FIRST_DAY}")["ETag"]
    house.withdraw(GateKind.CONSENT)
    withdrawn = desk.get(f"/?day={FIRST_DAY}")["ETag"]

    assert before == withdrawn != recorded


def test_a_hold_that_lacks_something_says_so_on_its_page(desk: Client, world: World) -> None:
    course = world.book(start_on=FIRST_DAY)
    Session.objects.filter(course=course).update(state="held", missed_after=None)
    Course.objects.filter(pk=course.pk).update(state="draft", held_until=NOW + dt.timedelta(days=5))
    Prerequisite.objects.filter(course=course, kind=GateKind.CONSENT).delete()

    shown = page(desk, f"/courses/{course.pk}/")
    text = html.unescape(desk.post(f"/courses/{course.pk}/confirm/", follow=True).content.decode())

    assert "Documents" in shown
    assert "These times can't be booked yet. Consent: missing." in text


def test_without_enrolment_the_planner_says_to_hold_the_times(desk: Client, world: World) -> None:
    setup.add_resources(site=world.site, resources=ROOMS)
    Prerequisite.objects.filter(kind=GateKind.REMS_ENROLLMENT).delete()
    wish: dict[str, Any] = {
        "patient": world.maria.pk,
        "protocol": "esk_trd",
        "start_on": "2026-11-30",
        "preferred_time": "09:00",
    }
    preview = desk.get("/courses/new/", wish).content.decode()
    token = re.search(r'name="plan" value="([^"]+)"', preview)
    assert token

    answer = desk.post("/courses/new/", wish | {"plan": token[1], "key": "k"})

    assert answer.status_code == 409
    assert "REMS enrolment: missing. Hold the times instead." in html.unescape(answer.content.decode())


def test_a_visit_opens_beside_the_board_again_and_again(desk: Client, house: Gatehouse) -> None:
    # The day's own way of swapping is inherited: it would replace the place of the panel, and the next one had none.
    board = page(desk, f"/?day={FIRST_DAY}")

    [place] = re.findall(r'<div class="ck-scroll"[^>]*>', board)
    [link] = re.findall(r'<a class="ck-visit-name"[^>]*>', board)
    assert 'hx-target="#panel" hx-swap="innerHTML"' in place
    assert ("hx-get" in link, "hx-target" in link, "hx-swap" in link) == (True, False, False)
