"""The day board: what it costs, when it is told anew, what it says about people."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry
from scheduling.models import Closure, ExtraHours, Outage, Resource, Session
from scheduling.queries.day_version import day_version
from tests.factories import World, make_patient

DAY = dt.date(2026, 11, 17)
NINE = dt.datetime(2026, 11, 17, 14, 0, tzinfo=dt.UTC)
TEN_TO = "2026-11-17T13:50:00+00:00"  # ten minutes before the first visit, at the clinic
LIMIT = 24  # statements of the day anew, three of them who asks, one how they look at it


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


def poll(client: Client, etag: str = "", **more: str) -> Any:
    headers = {"HX-Request": "true", "If-None-Match": etag}
    return client.get("/", {"day": str(DAY), "view": "board"} | more, headers=headers)


def statements(client: Client, etag: str = "") -> int:
    with CaptureQueriesContext(connection) as queries:
        poll(client, etag)
    return len(queries)


def visit_of(world: World, minute: int = 540, **more: Any) -> Session:
    course = world.book(start_on=DAY, preferred_minute=minute, **more)
    return Session.objects.get(course=course, number=1)


@pytest.mark.parametrize("patients", [1, 3])
def test_a_poll_costs_the_same_whatever_the_day_holds_and_little_when_nothing_happened(
    world: World, desk: Client, patients: int
) -> None:
    for number in range(patients):
        patient = make_patient(world.site, world.receptionist, f"P{number}", "Lee", phone=f"+1555010{7000 + number}")
        world.book(patient, start_on=DAY)
    etag = poll(desk)["ETag"]

    assert (statements(desk), statements(desk, etag)) == (LIMIT, 6)


def test_every_change_of_a_day_is_told_two_visits_that_change_places_included(world: World) -> None:
    first, second = visit_of(world), visit_of(world, 660, patient=world.daniel)
    Session.objects.filter(pk=second.pk).update(day=DAY + dt.timedelta(days=1), version=1)
    Session.objects.filter(pk=first.pk).update(version=2)
    seen = [day_version(site=world.site, day=DAY)]

    def look() -> None:
        seen.append(day_version(site=world.site, day=DAY))

    # One visit leaves and another comes: as many rows, the same sum of versions.
    Session.objects.filter(pk=first.pk).update(day=DAY + dt.timedelta(days=1), version=3)
    Session.objects.filter(pk=second.pk).update(day=DAY, version=2)
    look()
    Closure.objects.create(site=world.site, starts_at=NINE, ends_at=NINE + dt.timedelta(hours=1), reason="Drill")
    look()
    device = Resource.objects.filter(site=world.site, kind="tms_device")[0]
    Outage.objects.create(resource=device, starts_at=NINE, ends_at=NINE + dt.timedelta(hours=1), reason="Service")
    look()
    ExtraHours.objects.create(site=world.site, day=DAY, opens=dt.time(18), closes=dt.time(19))
    look()
    Resource.objects.filter(pk=device.pk).update(is_active=False)
    look()
    world.daniel.__class__.objects.filter(pk=world.daniel.pk).update(version=9)
    look()

    assert len(set(seen)) == len(seen) == 7


def test_what_happens_elsewhere_is_no_news(world: World) -> None:
    visit_of(world)
    before = day_version(site=world.site, day=DAY)

    later = dt.datetime(2026, 12, 1, 14, 0, tzinfo=dt.UTC)
    device = Resource.objects.filter(site=world.site, kind="tms_device")[0]
    Outage.objects.create(resource=device, starts_at=later, ends_at=later + dt.timedelta(hours=1), reason="Service")
    Session.objects.filter(day__gt=DAY).update(version=5)

    assert day_version(site=world.site, day=DAY) == before


def test_a_page_packed_on_the_way_is_known_again(world: World, desk: Client) -> None:
    visit_of(world)
    packed = desk.get("/", {"day": str(DAY)}, headers={"Accept-Encoding": "gzip"})

    again = desk.get("/", {"day": str(DAY)}, headers={"If-None-Match": packed["ETag"]})

    assert (packed["Content-Encoding"], packed["ETag"][:3], again.status_code) == ("gzip", 'W/"', 304)
    assert again["X-Clock"] == "9am"


def test_an_open_board_notes_everybody_once_and_anew_after_half_an_hour(world: World, desk: Client, clock: Any) -> None:
    first = visit_of(world)

    def noted() -> list[int]:
        rows = AuditEntry.objects.filter(action="day.listed").order_by("pk")
        return [patient for patient in rows.values_list("patient_id", flat=True) if patient]

    desk.get("/", {"day": str(DAY)})
    Session.objects.filter(pk=first.pk).update(version=2)
    poll(desk)
    assert noted() == [world.maria.pk]

    visit_of(world, 660, patient=world.daniel)
    poll(desk)
    assert noted() == [world.maria.pk, world.daniel.pk]

    clock("2026-11-16T14:31:00+00:00")
    poll(desk)
    assert sorted(noted()) == sorted([world.maria.pk, world.daniel.pk] * 2)


def test_a_step_is_answered_with_its_column_the_strip_and_who_came_in_full(
    world: World, desk: Client, clock: Any
) -> None:
    mine, other = visit_of(world), visit_of(world, 660, patient=world.daniel)
    Session.objects.filter(pk=other.pk).update(day=DAY + dt.timedelta(days=1))
    clock(TEN_TO)

    answer = desk.post(
        f"/sessions/{mine.pk}/arrive/",
        {"version": 1, "view": "board"},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver/?day={DAY}"},
    )

    text = answer.content.decode()
    assert (answer["HX-Reswap"], answer["HX-Trigger"]) == ("none", "changed")
    assert re.findall(r'id="(day|strip|visit-\d+)"', text) == ["strip", f"visit-{mine.pk}"]
    assert "Maria Garcia, Mar 7, 1984, is here." in text


def test_the_list_is_answered_as_a_list(world: World, desk: Client, clock: Any) -> None:
    mine = visit_of(world)
    clock(TEN_TO)

    text = desk.post(
        f"/sessions/{mine.pk}/arrive/", {"version": 1, "view": "list"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert (f'<li class="ck-item is-here" id="visit-{mine.pk}"' in text, "ck-lane" in text) == (True, False)


@pytest.mark.parametrize(
    ("asked", "agent", "cookie", "is_list"),
    [
        ({}, "Mozilla/5.0 (X11; Linux)", "", False),
        ({}, "Mozilla/5.0 (Android 14; Mobi)", "", True),
        ({}, "Mozilla/5.0 (Android 14; Mobi)", "board", False),
        ({"view": "list"}, "Mozilla/5.0 (X11; Linux)", "board", True),
    ],
)
def test_a_day_is_columns_or_a_list_and_never_both(
    world: World, desk: Client, asked: dict[str, str], agent: str, cookie: str, is_list: bool
) -> None:
    visit_of(world)
    if cookie:
        desk.cookies["view"] = cookie

    text = desk.get("/", {"day": str(DAY)} | asked, headers={"User-Agent": agent}).content.decode()

    assert ('id="list"' in text, 'id="grid"' in text) == (is_list, not is_list)


def test_people_a_card_cant_tell_apart_carry_a_sign_and_are_asked_about(world: World, desk: Client, clock: Any) -> None:
    mine, others = visit_of(world), visit_of(world, 660, patient=world.daniel)
    twin = make_patient(
        world.site, world.receptionist, "Marta", "Garcia", phone="+15550107001", birth_date=dt.date(1990, 2, 1)
    )
    hers = visit_of(world, 780, patient=twin)
    clock(TEN_TO)

    text = desk.get("/").content.decode()

    assert text.count('aria-label="2 people look alike today. Check date of birth."') == 2
    assert "<bdi>Maria Garcia, born Mar 7, 1984</bdi>?" in text
    asked = re.findall(r'id="visit-(\d+)"(?:(?!id="visit-).)*?<details class="ck-sure">', text, re.DOTALL)
    assert asked == [str(mine.pk), str(hers.pk)]
    assert f'id="visit-{others.pk}"' in text


def test_in_privacy_mode_no_name_is_on_the_board(world: World, desk: Client, clock: Any) -> None:
    visit_of(world)
    world.receptionist.__class__.objects.filter(pk=world.receptionist.pk).update(is_private=True)
    clock(TEN_TO)

    text = desk.get("/").content.decode()

    assert ("Garcia" in text, "Maria" in text, "1984" in text, "G. M." in text) == (False, False, False, True)


def test_a_technician_of_another_site_sees_no_buttons_here(world: World, clock: Any) -> None:
    visit_of(world)
    clock(TEN_TO)
    client = Client()
    client.force_login(world.auditor)

    assert "data-verb" not in client.get("/").content.decode()


def test_free_time_is_offered_with_the_form_filled_in(world: World, desk: Client, clock: Any) -> None:
    visit = visit_of(world)
    held = visit.reservations.get(resource__kind="tms_device")
    clock(TEN_TO)

    text = desk.get("/").content.decode()

    # Ten minutes before it are too few to offer; what is after it is free until the clinic closes.
    offered = re.findall(
        rf"start_on={DAY}&amp;preferred_time=([\d:]+)&amp;device={held.resource_id}&amp;single=1", text
    )
    after = held.end_quantum * 5
    assert offered == [f"{after // 60:02}:{after % 60:02}"]


def test_a_device_out_all_day_is_folded_with_the_reason(world: World, desk: Client, clock: Any) -> None:
    visit_of(world)
    last = Resource.objects.filter(site=world.site, kind="tms_device").latest("pk")
    since = dt.datetime(2026, 11, 17, 5, 0, tzinfo=dt.UTC)
    Outage.objects.create(resource=last, starts_at=since, ends_at=since + dt.timedelta(days=1), reason="Coil broken")

    text = desk.get("/", {"day": str(DAY)}).content.decode()

    assert "NeuroStar 3: Coil broken" in text
    assert "gcols-2 folded gfold-1" in text


def test_a_column_that_cant_be_drawn_leaves_the_others(
    world: World, desk: Client, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = visit_of(world)
    broken = Resource.objects.filter(site=world.site, kind="tms_device").order_by("-pk")[0]
    from frontdesk import show_day  # noqa: PLC0415 - patched below

    whole = show_day._closed

    def closed(column: Any, *more: Any) -> Any:
        if column.resource_id == broken.pk:
            raise ValueError
        return whole(column, *more)

    monkeypatch.setattr(show_day, "_closed", closed)
    text = desk.get("/", {"day": str(DAY)}).content.decode()

    assert "Couldn't load NeuroStar 3. The other devices are up to date." in text
    assert f'id="visit-{mine.pk}"' in text
