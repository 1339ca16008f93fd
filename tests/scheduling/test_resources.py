"""What can be booked, one thing at a time; what a site is called; what its protocols still lack."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import AuditEntry, Site
from scheduling.actions import resources, sites
from scheduling.actions.resources import Wanted
from scheduling.errors import IllegalMove, NotFound, Rejected, Stale
from scheduling.models import Closure, Resource
from scheduling.queries import setup
from tests.factories import FIRST_DAY, NOW, World

NINE, NOON = dt.time(9), dt.time(12)


def add(world: World, name: str, **more: Any) -> list[int]:
    wanted = Wanted(name, **more.pop("wanted", {}))
    return resources.add_resource(
        request=world.request, site=world.site, wanted=wanted, now=NOW, **{"kind": "tms_device"} | more
    )


def order(world: World) -> list[str]:
    return [row.name for row in setup.resources_of(site=world.site) if row.is_active]


def device(world: World, name: str = "NeuroStar 1") -> Resource:
    return Resource.objects.get(site=world.site, name=name)


def test_several_are_numbered_and_stand_last(world: World) -> None:
    before = order(world)

    made = add(world, "Bay", count=3, kind="recovery_bay", wanted={"group": "Recovery"})

    assert order(world) == [*before, "Bay 1", "Bay 2", "Bay 3"]
    assert AuditEntry.objects.filter(action="resource.added").count() == len(made)


@pytest.mark.parametrize(
    ("name", "more", "field"),
    [
        ("NeuroStar 1", {}, "name"),
        ("NeuroStar", {"count": 2}, "name"),
        (" ", {}, "name"),
        ("x" * 58, {}, "name"),
        ("Chair\u202e", {}, "name"),
        ("Chair", {"count": 0}, "count"),
        ("Chair", {"count": 21}, "count"),
        ("Chair", {"kind": ""}, "kind"),
        ("Chair", {"wanted": {"group": "x" * 21}}, "group"),
    ],
)
def test_what_cant_be_added_is_said_by_field_and_nothing_is(
    world: World, name: str, more: dict[str, Any], field: str
) -> None:
    before = order(world)

    with pytest.raises(Rejected) as refused:
        add(world, name, **more)

    assert (list(refused.value.fields), order(world)) == ([field], before)


def test_a_change_holds_all_of_it_and_the_version_goes_up(world: World) -> None:
    row = device(world)
    wanted = Wanted("MagPro", "Magnets", [" mbct", "dbt", "dbt"], {3: [(NINE, NOON)]})

    resources.change_resource(request=world.request, resource_id=row.pk, version=1, wanted=wanted, now=NOW)

    row.refresh_from_db()
    assert (row.name, row.group, row.capabilities, row.version) == ("MagPro", "Magnets", ["dbt", "mbct"], 2)
    assert setup.hours_of(resource_id=row.pk) == {3: [(NINE, NOON)]}
    with pytest.raises(Stale):
        resources.change_resource(request=world.request, resource_id=row.pk, version=1, wanted=wanted, now=NOW)


def test_a_name_of_another_one_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match="already"):
        resources.change_resource(
            request=world.request,
            resource_id=device(world).pk,
            version=1,
            wanted=Wanted("NeuroStar 2"),
            now=NOW,
        )


def test_what_visits_ahead_hold_stays_in_use_and_says_when(world: World) -> None:
    session = world.book(start_on=FIRST_DAY).sessions.order_by("starts_at")[0]
    held = Resource.objects.get(reservations__session=session, kind="tms_device")

    with pytest.raises(IllegalMove, match=r"36 visits are booked on NeuroStar \d, the first on Tue Nov 24 at 8:30am"):
        resources.retire(request=world.request, resource_id=held.pk, version=1, now=NOW)

    held.refresh_from_db()
    assert held.is_active
    resources.retire(request=world.request, resource_id=held.pk, version=1, now=NOW + dt.timedelta(days=400))


def test_what_is_out_of_use_comes_back(world: World) -> None:
    row = device(world)
    about = {"request": world.request, "resource_id": row.pk, "now": NOW}
    resources.retire(**about, version=1)  # type: ignore[arg-type]
    assert "NeuroStar 1" not in order(world)

    resources.bring_back(**about, version=2)  # type: ignore[arg-type]

    assert order(world)[0] == "NeuroStar 1"
    with pytest.raises(IllegalMove, match="in use already"):
        resources.bring_back(**about, version=3)  # type: ignore[arg-type]


def test_the_order_changes_by_one_and_stops_at_the_ends(world: World) -> None:
    before = order(world)
    second = device(world, before[1])
    about = {"request": world.request, "resource_id": second.pk, "now": NOW}

    resources.shift(**about, version=1, is_up=True)  # type: ignore[arg-type]
    resources.shift(**about, version=2, is_up=True)  # type: ignore[arg-type]
    assert order(world) == [before[1], before[0], *before[2:]]
    resources.shift(**about, version=2, is_up=False)  # type: ignore[arg-type]

    assert order(world) == before


def test_nobody_changes_what_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        resources.retire(request=world.request, resource_id=0, version=1, now=NOW)


def test_a_site_is_called_and_stands_where_it_says(world: World) -> None:
    wanted = {"name": "River", "zone": "America/Chicago", "slug": "poison"}
    Closure.objects.filter(site=world.site).delete()

    sites.change_site(request=world.request, site=world.site, version=1, wanted=wanted, now=NOW)

    row = Site.objects.get(pk=world.site.pk)
    assert (row.name, row.zone, row.slug, row.version) == ("River", "America/Chicago", "riverside", 2)


def test_the_zone_stays_while_visits_or_closed_days_lie_ahead(world: World) -> None:
    about = {"request": world.request, "site": world.site, "version": 1, "now": NOW}

    def refused(zone: str) -> str:
        with pytest.raises(Rejected) as error:
            sites.change_site(**about, wanted={"zone": zone})  # type: ignore[arg-type]
        return error.value.fields["zone"]

    assert refused("America/Chicago") == "4 closed days lie ahead in America/New_York. Move or end them first."
    world.visit()
    assert refused("America/Chicago") == "1 visit lies ahead in America/New_York. Move or end them first."
    assert refused("Mars/Base").startswith("This is not a time zone.")


def test_a_closed_day_without_a_block_opens_again_once(world: World) -> None:
    row = Closure.objects.get(site=world.site, reason="Thanksgiving")
    elsewhere = Closure.objects.filter(site=world.other_site)[0]

    sites.open_day(request=world.request, site=world.site, closure_id=row.pk, now=NOW)

    for closure in (row.pk, elsewhere.pk):
        with pytest.raises(NotFound):
            sites.open_day(request=world.request, site=world.site, closure_id=closure, now=NOW)


def test_visits_that_other_hours_would_leave_outside_are_found(world: World) -> None:
    inside = world.visit(preferred_minute=540)
    late = world.visit(world.daniel, preferred_minute=960)
    hours = {day: [(dt.time(8), dt.time(12))] for day in range(1, 6)}

    found = setup.visits_outside(site=world.site, hours=hours, now=NOW)

    assert inside.day.isoweekday() in hours
    assert found == [(late.pk, late.day, late.minute)]
    assert setup.visits_outside(site=world.site, hours=hours, now=late.ends_at) == []


def test_a_site_knows_what_its_protocols_lack_in_as_many_statements_whatever_it_has(world: World) -> None:
    with CaptureQueriesContext(connection) as few:
        before = setup.state_of(site=world.site)
    add(world, "Chair", count=20, kind="infusion_chair")
    with CaptureQueriesContext(connection) as many:
        after = setup.state_of(site=world.site)

    lacking = {row.name: row.kinds for row in before.protocols}
    assert (before.days_open, before.resources, before.has_visit, before.has_patient) == (5, 7, False, True)
    assert [kinds for kinds in lacking.values() if "infusion_chair" in kinds] != []
    assert after.resources == 27
    assert "infusion_chair" not in {kind for row in after.protocols for kind in row.kinds}
    assert (len(few), len(many)) == (5, 5)
