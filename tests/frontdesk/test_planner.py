"""The planner's page as it is answered: what a taken time keeps, what is kept of a draft, what is found."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from scheduling.actions.catalogue import COMMON
from scheduling.models import Course, CourseEvent, Outage, Protocol, Resource
from tests.factories import NOW, World, make_patient, make_staff
from tests.scheduling.test_recount import grant

HTMX = {"HX-Request": "true"}
HOUR = dt.timedelta(hours=1)
ASKED = {"protocol": "tms_mdd_36", "start_on": "2026-11-24", "preferred_time": "08:30"}


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def clash(world: World) -> None:
    """All devices are out of service on the morning of the second visit's day."""
    for device in Resource.objects.filter(site=world.site, kind="tms_device"):
        at = NOW.replace(day=25, hour=12, minute=0)
        Outage.objects.create(resource=device, starts_at=at, ends_at=at.replace(hour=17), reason="Service")


def test_a_time_taken_in_its_row_keeps_all_that_the_plan_said(world: World, desk: Client, clash: None) -> None:
    page = desk.get("/courses/new/", ASKED | {"patient": world.maria.pk})
    row = next(row for week in page.context["plan"].weeks for row in week.rows if row.choices)
    other = row.choices[1]

    form = ASKED | {"plan": page.context["token"], "take": other.value}
    answer = desk.post("/courses/preview/take/", form, headers=HTMX)

    taken = next(found for week in answer.context["plan"].weeks for found in week.rows if found.number == row.number)
    assert taken.span.startswith(other.text.partition(",")[0])
    assert (taken.is_chosen, answer.context["plan"].chosen) == (True, 1)
    assert "Thanksgiving" in answer.content.decode()
    assert answer.context["plan"].rest.endswith("are skipped.")


def test_a_time_is_taken_without_javascript_on_the_whole_page(world: World, desk: Client, clash: None) -> None:
    page = desk.get("/courses/new/", ASKED | {"patient": world.maria.pk})
    row = next(row for week in page.context["plan"].weeks for row in week.rows if row.choices)

    form = ASKED | {"patient": world.maria.pk, "plan": page.context["token"], "take": row.choices[1].value}
    answer = desk.post("/courses/preview/take/", form)

    assert (answer.status_code, answer.context["plan"].chosen, "<h1>Book a course</h1>" in answer.content.decode()) == (
        200,
        1,
        True,
    )


def test_a_place_nobody_offered_is_answered_with_a_new_plan_that_says_why(world: World, desk: Client) -> None:
    page = desk.get("/courses/new/", ASKED)

    form = ASKED | {"plan": page.context["token"], "take": "2.other_time.1.1"}
    answer = desk.post("/courses/preview/take/", form, headers=HTMX)

    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#preview")
    assert "That time was taken meanwhile. Here is what is free now." in answer.content.decode()


def test_a_single_visit_offers_only_protocols_of_one_visit(world: World, desk: Client) -> None:
    codes = [protocol.code for protocol in desk.get("/courses/new/?single=1").context["protocols"]]

    assert "consult" in codes
    assert "tms_mdd_36" not in codes


def test_an_extension_asked_for_is_noted_with_the_booking(world: World, desk: Client) -> None:
    page = desk.get("/courses/new/", ASKED | {"patient": world.maria.pk})

    form = ASKED | {"patient": world.maria.pk, "plan": page.context["token"], "key": "k", "ask_extension": "1"}
    desk.post("/courses/new/", form)

    asked = CourseEvent.objects.get(kind="extension_asked")
    assert (asked.course, asked.by) == (Course.objects.get(), world.receptionist)


def test_a_draft_holds_no_name_and_goes_with_the_booking(world: World, desk: Client) -> None:
    desk.get("/courses/preview/", ASKED | {"patient": world.maria.pk}, headers=HTMX)
    assert desk.session["draft"]["fields"] == ASKED | {"patient": str(world.maria.pk)}
    page = desk.get("/courses/new/")
    form = {"patient": world.maria.pk, "plan": page.context["token"], "key": "k"}

    desk.post("/courses/new/", ASKED | form)

    assert "draft" not in desk.session


@pytest.mark.parametrize("more", [0, 3])
def test_finding_costs_the_same_statements_whoever_is_found(world: World, desk: Client, more: int) -> None:
    for number in range(more):
        make_patient(world.site, world.receptionist, f"P{number}", "Garcia", phone=f"+1555010{7000 + number}")
    desk.post("/patients/find/", {"q": "garcia"})

    with CaptureQueriesContext(connection) as queries:
        answer = desk.post("/patients/find/", {"q": "garcia"})

    assert answer.content.count(b'role="option"') == 1 + more
    assert len(queries) == 11


def test_who_is_shown_as_here_already_is_audited(world: World, desk: Client) -> None:
    typed = {"first_name": "garcía", "last_name": "MARIA", "birth_date": "7 mar 84", "phone": ""}
    seen = AuditEntry.objects.count()

    answer = desk.post("/patients/check/", typed, headers=HTMX).content.decode()

    assert "<bdi>Maria Garcia</bdi>, Mar 7, 1984</b> already exists" in answer
    entries = AuditEntry.objects.order_by("pk")[seen:]
    assert [(entry.action, entry.patient_id) for entry in entries] == [("patient.listed", world.maria.pk)]


def test_what_was_typed_to_find_somebody_begins_a_record_on_a_whole_page(world: World, desk: Client) -> None:
    answer = desk.post("/patients/nobody/", {"q": "zor mar 3/7/91"})

    values = {field.name: field.value for field in answer.context["fields"]}
    assert values == {"first_name": "Mar", "last_name": "Zor", "birth_date": "3/7/91", "phone": ""}
    assert "<h1>Book a course</h1>" in answer.content.decode()


def test_without_a_protocol_a_manager_adds_the_common_five(world: World, desk: Client, clock: Any) -> None:
    Protocol.objects.all().delete()
    ask = desk.get("/courses/new/").content.decode()
    manager = Client()
    manager.force_login(make_staff("manager@example.org", Role.MANAGER, world.site))
    offer = manager.get("/courses/new/").content.decode()

    added = manager.post("/courses/new/protocols/?site=riverside", follow=True)

    assert ("No protocols yet" in ask, "Ask a manager to add protocols." in ask, "Add the common five" in ask) == (
        True,
        True,
        False,
    )
    assert "Add the common five" in offer
    assert "Added 5 protocols." in added.content.decode()
    assert set(Protocol.objects.values_list("code", flat=True)) == set(COMMON)
    assert AuditEntry.objects.filter(action="protocols.added").count() == 1


def test_the_day_nobody_typed_is_the_earliest_with_room_for_the_first_visit(world: World, desk: Client) -> None:
    page = desk.get("/courses/new/", {"patient": world.maria.pk})

    day = page.context["plan"].starts_on
    assert page.context["form"]["start_on"] == str(day)
    assert page.context["start_hint"] == "Earliest day with 90 minutes for the first visit."
    assert page.context["picked"] == "NeuroStar 1"
    assert "Any, NeuroStar 1 picked" in page.content.decode()


def test_beside_the_form_stands_what_is_authorised_and_what_is_left(world: World, desk: Client) -> None:
    grant(world, ends_on=dt.date(2027, 3, 12))

    page = desk.get("/courses/new/", ASKED | {"patient": world.maria.pk})

    box = page.context["authorised"]
    assert (box.title, box.is_whole) == ("36 of 36 authorised", True)
    assert box.words.endswith("36 visits until Fri Mar 12. None to spare: a missed visit will need a request.")


def test_where_authorised_visits_run_out_the_time_at_which_all_fit_is_offered(
    world: World, desk: Client, clash: None
) -> None:
    grant(world, 30, ends_on=dt.date(2027, 3, 12))

    answer = desk.get("/courses/preview/", ASKED | {"patient": world.maria.pk}, headers=HTMX)

    assert answer.context["best"].fits_all == 36
    assert f"Try {answer.context['best'].try_label}: all 36 fit" in answer.content.decode()
    assert answer.context["authorised"].title == "30 of 36 authorised"


def test_who_comes_to_another_site_is_planned_there(world: World, desk: Client) -> None:
    desk.force_login(make_staff("both@example.org", Role.FRONT_DESK, world.site, world.other_site))
    there = f"site={world.other_site.slug}&patient={world.foreign.pk}"

    page = desk.get(f"/courses/new/?site=riverside&patient={world.foreign.pk}")
    found = desk.get(f"/patients/{world.foreign.pk}/choose/?site=riverside", headers=HTMX)

    assert (page.status_code, page["Location"]) == (302, f"/courses/new/?{there}")
    assert found["HX-Redirect"] == f"/courses/new/?{there}"


def test_the_same_time_every_day_is_on_until_it_is_turned_off_and_the_plan_says_so(world: World, desk: Client) -> None:
    early = {name: value for name, value in ASKED.items() if name != "preferred_time"} | {"wish": "7-9"}
    for device in Resource.objects.filter(site=world.site, kind="tms_device"):
        for day, since in ((2, 12), (3, 13.5)):  # no half hour before nine is free on both mornings
            at = NOW.replace(month=12, day=day, hour=0) + since * HOUR
            Outage.objects.create(resource=device, starts_at=at, ends_at=at + 1.5 * HOUR, reason="Service")

    on = desk.get("/courses/preview/", early | {"same_time": ["off", "on"]})
    off = desk.get("/courses/preview/", early | {"same_time": "off"})

    assert ("Times differ" in on.content.decode(), on.context["plan"].moved) == (False, 1)
    assert "Times differ from day to day: " in off.context["plan"].rest
    assert (off.context["plan"].differs, off.context["plan"].moved) == (True, 0)


def test_the_switch_keeps_what_it_was_set_to(world: World, desk: Client) -> None:
    switch = 'role="switch" name="same_time" value="on"'
    fresh = desk.get("/courses/new/").content.decode()
    desk.get("/courses/preview/", ASKED | {"same_time": "off"})
    kept = desk.get("/courses/new/").content.decode()
    single = desk.get("/courses/new/?single=1").content.decode()

    assert (f"{switch} checked" in fresh, f"{switch}>" in kept, switch in single) == (True, True, False)


def test_what_was_wished_is_kept_with_the_course(world: World) -> None:
    loose, steady = world.book(is_any_time=True), world.book(world.daniel)

    assert (loose.wish["is_any_time"], "is_any_time" in steady.wish) == (True, False)


def dropped(desk: Client, number: int, day: str, **headers: str) -> Any:
    token = desk.get("/courses/new/", ASKED).context["token"]
    form = ASKED | {"plan": token, "take": f"{number}.day.{day}"}
    return desk.post("/courses/preview/take/", form, headers=headers)


def test_a_dot_dropped_on_a_free_day_changes_that_session_alone(world: World, desk: Client) -> None:
    answer = dropped(desk, 36, "2027-01-26", **HTMX)

    rows = [row for week in answer.context["plan"].weeks for row in week.rows]
    assert (answer.status_code, rows[-1].day, rows[-1].is_chosen) == (200, "Tue Jan 26", True)
    assert answer.context["plan"].moved == 1


def test_a_dot_dropped_where_it_may_not_be_says_why_and_what_is_near(world: World, desk: Client) -> None:
    answer = dropped(desk, 36, "2027-01-31", **HTMX)

    text = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"], text.count("data-alt=")) == (422, "#drop", 3)
    assert "Session 36 can&#x27;t be on Sun Jan 31. Not allowed, it is not given on Sundays." in text


@pytest.mark.parametrize("day", ["2027-01-31", "soon"])
def test_a_day_that_can_not_be_is_said_on_the_page_without_javascript(world: World, desk: Client, day: str) -> None:
    answer = dropped(desk, 36, day)

    assert (answer.status_code, answer.context["stopped"] != "") == (422 if day != "soon" else 400, True)
