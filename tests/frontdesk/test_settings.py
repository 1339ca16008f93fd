"""The set-up pages: a manager's, every form editable again, what is wrong beside its field, typing kept."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.domain.permissions import Role
from clinic.models import AuditEntry, Membership, OpeningHours, Site, StaffUser
from frontdesk import urls
from notifications.models import SitePolicy
from scheduling.models import Block, Closure, Resource
from tests.factories import World, make_staff

NAMES = ("site", "sites/new", "hours", "closures", "resources", "staff", "messages", "texts")
PAGES = ["/settings/", *(f"/settings/{name}/" for name in NAMES)]
WEEK = {f"d{day}_0_{end}": at for day in range(1, 6) for end, at in (("opens", "07:30"), ("closes", "17:30"))}
SITE = {"name": "River", "message_name": "River", "address": "1 Main St", "phone": "(555) 010-2001"}
POLICY = {
    "opens": "09:00",
    "closes": "20:00",
    "remind_minute": "10:00",
    "digest_minute": "12:00",
    "daily_cap": "1",
    "weekly_cap": "3",
    "digest_weekday": "5",
    "kind": ["week"],
    "version": 1,
}


def as_user(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def maya(world: World, clock: Any) -> StaffUser:
    return make_staff("maya@example.com", Role.MANAGER, world.site)


@pytest.fixture
def manager(maya: StaffUser) -> Client:
    return as_user(maya)


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def faults_in(answer: Any) -> list[str]:
    found = re.findall(r'class="ck-bad"[^>]*>(.*?)</span>', page_of(answer))
    return [re.sub(r"<svg.*?</svg>", "", each) for each in found]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_else_gets_in(world: World, clock: Any, role: Role) -> None:
    client = as_user(make_staff("nina@example.com", role, world.site))
    row = Resource.objects.filter(site=world.site)[0]
    member = Membership.objects.filter(site=world.site)[0]
    doors = [
        *PAGES,
        reverse("settings-resource", args=[row.pk]),
        reverse("settings-member", args=[member.pk]),
    ]

    looked = [client.get(path) for path in doors]
    posted = [client.post(path, {"version": 1}).status_code for path in doors if path != "/settings/"]
    posted += [
        client.post(reverse("settings-resource-step", args=[row.pk, "retire"]), {"version": 1}).status_code,
        client.post(reverse("settings-member-step", args=[member.pk, "end"]), {"version": 1}).status_code,
        client.post(reverse("settings-closure-open"), {}).status_code,
    ]

    assert {answer.status_code for answer in looked} == {403}
    assert "Not part of your role" in page_of(looked[0])
    assert set(posted) - {405} == {403}


def test_another_sites_manager_sees_and_changes_none_of_ours(world: World, clock: Any) -> None:
    olga = as_user(make_staff("olga@example.com", Role.MANAGER, world.other_site))
    row, member = Resource.objects.filter(site=world.site)[0], Membership.objects.filter(site=world.site)[0]
    closure = Closure.objects.filter(site=world.site)[0]

    found = [olga.get(f"{path}?site=riverside").status_code for path in PAGES] + [
        olga.get(reverse("settings-resource", args=[row.pk])).status_code,
        olga.post(reverse("settings-resource", args=[row.pk]), {"version": 1, "name": "Mine"}).status_code,
        olga.post(reverse("settings-resource-step", args=[row.pk, "retire"]), {"version": 1}).status_code,
        olga.get(reverse("settings-member", args=[member.pk])).status_code,
        olga.post(reverse("settings-member-step", args=[member.pk, "link"]), {"version": 1}).status_code,
        olga.post(reverse("settings-closure-open"), {"closure": closure.pk}).status_code,
    ]

    row.refresh_from_db()
    assert (set(found), row.name != "Mine", row.is_active) == ({404}, True, True)


def test_every_page_opens_and_looking_writes_nothing(world: World, manager: Client) -> None:
    before = list(Site.objects.values()) + list(Resource.objects.values()) + list(Membership.objects.values())
    entries = AuditEntry.objects.count()

    opened = {path: manager.get(path).status_code for path in PAGES}

    assert set(opened.values()) == {200}
    assert list(Site.objects.values()) + list(Resource.objects.values()) + list(Membership.objects.values()) == before
    assert AuditEntry.objects.count() == entries


def test_the_side_menu_leads_to_every_page_that_exists(manager: Client) -> None:
    page = page_of(manager.get("/settings/"))

    nav = re.search(r'<nav class="ck-setup-nav".*?</nav>', page, re.DOTALL)
    assert nav is not None
    there = set(re.findall(r'<a href="([^"?]+)', nav[0]))
    assert there >= {path for path in PAGES if path != "/settings/sites/new/"}
    assert there <= {f"/{each.pattern}" for each in urls.urlpatterns}


def test_the_checklist_says_what_is_done_and_what_is_left(world: World, manager: Client) -> None:
    page = page_of(manager.get("/settings/"))

    assert "Messages are off. Nothing will be sent until you finish step 6." in page
    assert re.findall(r'<li id="step-(\d)" class="is-(\w+)"', page) == [
        ("1", "done"),
        ("2", "done"),
        ("3", "done"),
        ("4", "done"),
        ("5", "default"),
        ("6", "open"),
        ("7", "done"),
        ("8", "open"),
    ]


@pytest.mark.parametrize("path", ["/settings/", "/settings/resources/", "/settings/staff/", "/settings/closures/"])
def test_a_list_costs_the_same_statements_whatever_it_holds(world: World, manager: Client, path: str) -> None:
    manager.get(path)
    with CaptureQueriesContext(connection) as few:
        manager.get(path)
    Resource.objects.bulk_create(
        Resource(site=world.site, kind="exam_room", name=f"Room {n}", group="Rooms", position=90 + n) for n in range(30)
    )
    for number in range(3):
        make_staff(f"n{number}@example.com", Role.TECHNICIAN, world.site)
    manager.post("/settings/closures/", {"do": "own", "first": "2027-02-01", "last": "2027-02-12", "reason": "Move"})
    manager.get(path)
    with CaptureQueriesContext(connection) as many:
        manager.get(path)

    assert len(many) == len(few)


# Hours.


def test_hours_are_saved_and_can_be_changed_again(world: World, manager: Client) -> None:
    answer = manager.post("/settings/hours/", WEEK | {"d6_0_opens": "09:00", "d6_0_closes": "12:00", "version": 1})

    assert (answer.status_code, answer["Location"]) == (302, "/settings/hours/?site=riverside")
    assert OpeningHours.objects.filter(site=world.site, weekday=6).count() == 1
    page = page_of(manager.get("/settings/hours/"))
    assert ('name="d6_0_opens" value="09:00"' in page, 'name="version" value="2"' in page) == (True, True)


def test_hours_that_cant_be_read_stay_typed_with_the_reason_beside_them(world: World, manager: Client) -> None:
    typed = WEEK | {"d2_0_closes": "", "d3_0_opens": "18:00", "d4_0_opens": "7x", "version": 1}

    answer = manager.post("/settings/hours/", typed)

    page = page_of(answer)
    assert (answer.status_code, OpeningHours.objects.filter(site=world.site, weekday=3).count()) == (422, 1)
    assert ("Type both times, or neither." in page, 'value="18:00"' in page, 'value="7x"' in page) == (True,) * 3


def test_visits_outside_are_counted_before_anything_is_kept(world: World, manager: Client) -> None:
    session = world.visit(preferred_minute=960)
    short = {name: "12:00" if name.endswith("closes") else at for name, at in WEEK.items()} | {"version": 1}

    asked = manager.post("/settings/hours/", short)

    assert (asked.status_code, "1 visit would lie outside." in page_of(asked)) == (200, True)
    assert f'href="/sessions/{session.pk}/"' in page_of(asked)
    assert OpeningHours.objects.filter(site=world.site, closes="12:00").count() == 0
    assert manager.post("/settings/hours/", short | {"sure": "1"}).status_code == 302
    assert OpeningHours.objects.filter(site=world.site, closes="12:00").count() == 5
    session.refresh_from_db()
    assert session.state == "booked"


def test_mondays_times_are_copied_without_saving(world: World, manager: Client) -> None:
    typed = {"d1_0_opens": "10:00", "d1_0_closes": "14:00", "d6_0_opens": "11:00", "version": 1, "copy": "weekdays"}

    page = page_of(manager.post("/settings/hours/", typed))

    shown = dict(re.findall(r'name="(d\d_0_opens)" value="([\d:]+)"', page))
    assert shown == {f"d{day}_0_opens": "10:00" for day in range(1, 6)} | {"d6_0_opens": "11:00"}
    assert OpeningHours.objects.filter(site=world.site, opens="10:00").count() == 0


def test_two_managers_at_the_same_hours_neither_loses_a_word(world: World, manager: Client) -> None:
    dana = as_user(make_staff("dana@example.com", Role.MANAGER, world.site))
    dana.post("/settings/hours/", WEEK | {"d6_0_opens": "09:00", "d6_0_closes": "12:00", "version": 1})
    mine = WEEK | {"d7_0_opens": "10:00", "d7_0_closes": "11:00", "version": 1}

    refused = manager.post("/settings/hours/", mine)

    page = page_of(refused)
    assert (refused.status_code, "Dana changed this at 9am." in page, "Keep Dana's" in page) == (412, True, True)
    assert ('name="d7_0_opens" value="10:00"' in page, 'name="mine" value="2"' in page) == (True, True)
    assert manager.post("/settings/hours/", mine | {"mine": "2"}).status_code == 302
    days = OpeningHours.objects.filter(site=world.site).values_list("weekday", flat=True)
    assert sorted(days) == [1, 2, 3, 4, 5, 7]


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 12])
def test_a_form_out_of_date_is_said(world: World, manager: Client, version: str) -> None:
    assert manager.post("/settings/hours/", WEEK | {"version": version}).status_code == 400


# Site.


def test_a_site_is_changed_and_its_telling_name_is_warned_of(world: World, manager: Client) -> None:
    answer = manager.post(
        "/settings/site/", SITE | {"message_name": "TMS Center", "zone": "America/New_York", "version": 1}
    )

    row = Site.objects.get(slug="riverside")
    assert (answer.status_code, row.name, row.message_name, row.phone) == (302, "River", "TMS Center", "+15550102001")
    assert "so may whoever sees their phone" in page_of(manager.get("/settings/site/"))


def test_a_site_that_cant_be_saved_keeps_what_was_typed(world: World, manager: Client) -> None:
    answer = manager.post(
        "/settings/site/",
        SITE | {"name": "<b>x</b>", "message_name": "x" * 21, "phone": "12", "zone": "Mars", "version": 1},
    )

    assert answer.status_code == 422
    assert faults_in(answer) == [
        "The name in messages is longer than 20 letters.",
        "This phone number has too few or too many digits.",
    ]
    assert ('value="&lt;b&gt;x&lt;/b&gt;"' in page_of(answer), Site.objects.get(slug="riverside").version) == (True, 1)


def test_another_site_has_a_manager_hours_and_an_address_of_its_own(
    world: World, manager: Client, maya: StaffUser
) -> None:
    answers = [
        manager.post("/settings/sites/new/", SITE | {"name": "Riverside", "zone": "America/Chicago"}) for _ in range(2)
    ]

    assert [answer["Location"] for answer in answers] == ["/settings/?site=riverside-2", "/settings/?site=riverside-3"]
    assert Membership.objects.filter(user=maya, role="manager").count() == 3
    assert "Nothing to book yet" in page_of(manager.get("/settings/resources/?site=riverside-2"))


# Closed days.


def test_public_holidays_are_closed_by_ticking_and_opened_again(world: World, manager: Client) -> None:
    page = page_of(manager.get("/settings/closures/"))
    assert ('value="2027-02-15"' in page, 'value="2026-12-25"' in page) == (True, False)

    manager.post("/settings/closures/", {"do": "public", "day": "2027-02-15", "name-2027-02-15": "Presidents"})

    block = Block.objects.get()
    assert (block.reason, block.site, 'value="2027-02-15"' in page_of(manager.get("/settings/closures/"))) == (
        "Presidents",
        world.site,
        False,
    )
    manager.post("/settings/closures/open/", {"block": block.pk, "version": 1})
    assert Closure.objects.filter(block=block).count() == 0


def test_a_closed_day_is_taken_back_by_the_undo_of_its_toast(world: World, manager: Client) -> None:
    manager.post("/settings/closures/", {"do": "own", "first": "2027-02-01", "last": "2027-02-02", "reason": "Snow"})
    ids = ",".join(str(block.pk) for block in Block.objects.order_by("pk"))

    manager.post("/undo/", {"kind": "closed_days", "id": ids, "version": 1})

    assert (Block.objects.count(), Closure.objects.exclude(block=None).count()) == (2, 0)


def test_days_are_closed_at_my_other_sites_too_and_at_no_one_elses(world: World, maya: StaffUser) -> None:
    Membership.objects.create(user=maya, site=world.other_site, role="manager")
    day = {"do": "own", "first": "2027-02-01", "reason": "Team day", "also": ["harbor", "poison"]}

    as_user(maya).post("/settings/closures/?site=riverside", day)

    assert sorted(Block.objects.values_list("site__slug", flat=True)) == ["harbor", "riverside"]
    Block.objects.all().update(reason="x")
    Membership.objects.filter(user=maya, site=world.other_site).update(role="front_desk")
    as_user(maya).post("/settings/closures/?site=riverside", day | {"first": "2027-02-03"})
    assert list(Block.objects.filter(reason="Team day").values_list("site__slug", flat=True)) == ["riverside"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"first": "", "reason": "x"}, "Pick the day."),
        ({"first": "2027-02-02", "last": "2027-02-01", "reason": "x"}, "Pick a day on or after the first"),
        ({"first": "2027-02-02", "reason": " "}, "Say why"),
        ({"first": "2020-02-02", "reason": "x"}, "That time has passed."),
    ],
)
def test_a_day_that_cant_be_closed_is_said(world: World, manager: Client, typed: dict[str, str], words: str) -> None:
    answer = manager.post("/settings/closures/", typed | {"do": "own"})

    assert (answer.status_code, words in page_of(answer), Block.objects.count()) == (422, True, 0)


# Devices, rooms and people.


def test_one_is_added_changed_put_up_and_out_of_use_and_taken_back(world: World, manager: Client) -> None:
    manager.post("/settings/resources/", {"kind": "infusion_chair", "name": "Chair", "count": "2"})
    row = Resource.objects.get(site=world.site, name="Chair 2")
    assert (row.group, row.kind) == ("Infusion", "infusion_chair")
    path = reverse("settings-resource", args=[row.pk])

    manager.post(path, {"name": "Blue chair", "group": "Chairs", "version": 1, "own_hours": "1"} | WEEK)
    manager.post(f"{path}up/", {"version": 2})
    manager.post(f"{path}retire/", {"version": 3})

    row.refresh_from_db()
    assert (row.name, row.group, row.hours.count(), row.is_active, row.version) == ("Blue chair", "Chairs", 5, False, 4)
    manager.post("/undo/", {"kind": "resource_retired", "id": row.pk, "version": 4})
    row.refresh_from_db()
    assert row.is_active


def test_what_is_held_by_visits_is_not_taken_out_of_use_and_the_page_says_why(world: World, manager: Client) -> None:
    session = world.visit()
    held = Resource.objects.filter(reservations__session=session)[0]

    answer = manager.post(reverse("settings-resource-step", args=[held.pk, "retire"]), {"version": 1})

    held.refresh_from_db()
    assert (answer.status_code, "1 visit is booked on" in page_of(answer), held.is_active) == (409, True, True)


def test_own_hours_without_any_are_refused(world: World, manager: Client) -> None:
    row = Resource.objects.filter(site=world.site)[0]

    answer = manager.post(reverse("settings-resource", args=[row.pk]), {"name": "x", "version": 1, "own_hours": "1"})

    assert (answer.status_code, faults_in(answer)) == (
        422,
        ["Type hours on at least one day, or unmark its own hours."],
    )


# When we write.


def test_a_policy_is_saved_and_what_is_unmarked_is_off(world: World, manager: Client) -> None:
    assert manager.post("/settings/messages/", POLICY).status_code == 302

    row = SitePolicy.objects.get()
    assert (row.daily_cap, row.weekly_cap, "week" in row.kinds_off, "missed" in row.kinds_off, row.version) == (
        1,
        3,
        False,
        True,
        2,
    )


def test_hours_the_law_does_not_allow_are_refused_beside_the_field(world: World, manager: Client) -> None:
    answer = manager.post("/settings/messages/", POLICY | {"opens": "06:00", "remind_minute": "21:30"})

    assert (answer.status_code, faults_in(answer), SitePolicy.objects.filter(version=2).count()) == (
        422,
        [
            "Both times lie between 8am and 9pm, the first before the last.",
            "This must lie within the hours at which the site writes.",
        ],
        0,
    )
    assert 'value="06:00"' in page_of(answer)
