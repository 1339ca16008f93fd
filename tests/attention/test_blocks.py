"""What lies over booked visits: a block as one item until nobody is left, outages and closures by themselves."""

import datetime as dt
from typing import Any

from attention.domain.items import Kind
from scheduling.actions import groups, setup
from scheduling.actions.groups import NewGroup
from scheduling.actions.setup import NewResource
from scheduling.models import Block, Resource, Session
from tests.attention.desk import Desk
from tests.factories import FIRST_DAY, NOW

KIND = "out_of_service"
NEXT_DAY = FIRST_DAY + dt.timedelta(days=1)


def body(desk: Desk, *names: str, **more: Any) -> dict[str, Any]:
    ids = list(Resource.objects.filter(site=desk.site, name__in=names).values_list("pk", flat=True))
    asked = {"site": desk.site.slug, "resources": ids, "whole_site": not ids, "reason": "Drill"}
    return asked | {"from_day": str(FIRST_DAY), "to_day": str(NEXT_DAY)} | more


def block(desk: Desk, *names: str, **more: Any) -> Block:
    answer = desk.api.post("outages/", body(desk, *names, **more), Idempotency_Key=f"block {names} {more}")
    assert answer.status_code == 201, answer.json()
    return Block.objects.get(pk=answer.json()["id"])


def test_a_block_is_one_item_that_leads_to_places_for_those_left_and_closes_itself(desk: Desk) -> None:
    first, *_others = [desk.visit(preferred_minute=minute) for minute in (510, 600, 840)]
    made = block(desk, "Dr. Weiss")

    [item] = desk.items(NOW, kind=KIND)
    found = desk.api.post(item["action"]["path"].removeprefix("/api/v1/"), {}).json()
    desk.api.post("outages/", {"plan": found["plan"]}, Idempotency_Key="those left")

    assert (item["key"], item["title"], item["session"]) == (
        f"block:{made.pk}",
        "3 visits still need a place",
        first.pk,
    )
    assert item["detail"] == "Blocked from Tue Nov 24, 12am. The first visit is Tue Nov 24, 8:30am."
    assert item["action"] == {
        "verb": "preview",
        "label": "Find places for those left",
        "method": "POST",
        "path": f"/api/v1/outages/{made.pk}/preview/",
    }
    assert desk.keys(NOW, KIND) == []


def test_who_has_to_be_called_stays_on_the_list_and_nobody_else(desk: Desk) -> None:
    visits = [desk.visit(preferred_minute=minute) for minute in (510, 600)]
    fixed = [{"session": visits[1].pk, "call": True}]
    desk.clock(NOW)
    found = desk.api.post("outages/preview/", body(desk, "Dr. Weiss", fixed=fixed)).json()

    desk.api.post("outages/", {"plan": found["plan"]}, Idempotency_Key="all but one")

    [item] = desk.items(NOW, kind=KIND)
    assert (item["title"], item["session"]) == ("1 visit still needs a place", visits[1].pk)


def test_two_things_of_one_block_are_one_item_and_a_visit_on_both_counts_once(desk: Desk) -> None:
    course = desk.book()
    device, person = Resource.objects.filter(
        reservations__session__course=course, reservations__session__day=NEXT_DAY
    ).order_by("kind", "pk")[:2]

    block(desk, device.name, person.name)

    [item] = desk.items(NOW, kind=KIND)
    assert item["title"] == "2 visits still need a place"


def test_a_closed_day_without_a_block_is_an_item_too(desk: Desk) -> None:
    visit = desk.visit()
    setup.close_days(site=desk.site, days={FIRST_DAY: "Burst pipe"})

    [item] = desk.items(NOW, kind=KIND)

    assert (item["title"], item["detail"]) == (
        "1 visit to move",
        "Closed from Tue Nov 24, 12am. The first visit is Tue Nov 24, 8:30am.",
    )
    assert item["action"]["path"] == f"/api/v1/sessions/{visit.pk}/move/preview/"


def test_a_group_whose_leader_is_away_is_an_item_though_its_members_hold_only_places(desk: Desk) -> None:
    setup.add_resources(
        site=desk.site, resources=[NewResource("group_room", "Group room"), NewResource("therapist", "Therapist Ito")]
    )
    groups.add_group(
        site=desk.site,
        group=NewGroup("Winter", "mbct", 4, FIRST_DAY, 14 * 60, 120, 8, ("Group room", "Therapist Ito")),
    )
    desk.book(protocol_code="mbct_8", preferred_minute=None)
    desk.book(protocol_code="mbct_8", preferred_minute=None)

    made = block(desk, "Therapist Ito")

    [item] = desk.items(NOW, kind=KIND)
    assert (item["key"], item["title"]) == (f"block:{made.pk}", "2 visits still need a place")
    found = desk.api.post(f"outages/{made.pk}/preview/", {}).json()
    assert found["counts"]["hit"] == 2


def test_tidying_up_after_a_visit_may_fall_into_a_block(desk: Desk) -> None:
    visit = desk.visit()
    minutes = dt.timedelta(minutes=1)
    setup.take_out_of_service(
        site=desk.site,
        resource_name="Dr. Weiss",
        starts_at=visit.ends_at,
        ends_at=visit.ends_at + 60 * minutes,
        reason="Ill",
    )
    Session.objects.filter(pk=visit.pk).update(ends_at=visit.ends_at)

    assert desk.keys(NOW, KIND) == []


def test_an_undone_or_reopened_block_asks_for_nothing(desk: Desk) -> None:
    desk.visit()
    undone, reopened = block(desk, "Dr. Weiss"), block(desk, "Dr. Weiss", reason="Leave")
    assert len(desk.keys(NOW, KIND)) == 2

    desk.api.post(f"outages/{undone.pk}/undo/", {}, If_Match='"1"')
    desk.api.post(f"outages/{reopened.pk}/reopen/", {}, If_Match='"1"')

    assert (desk.keys(NOW, KIND), Kind.OUT_OF_SERVICE.value) == ([], KIND)
