"""Another site, and the hours of the week."""

import datetime as dt

import pytest

from clinic import site_actions
from clinic.actions import NewSite, Request
from clinic.errors import Rejected, Stale
from clinic.models import AuditEntry, Membership, OpeningHours
from tests.factories import NOW, World

NINE, NOON, ONE, FIVE = dt.time(9), dt.time(12), dt.time(13), dt.time(17)


def test_whoever_opens_a_site_is_its_manager(world: World) -> None:
    new = NewSite("hill", "Hill", "Hill", "America/Chicago", "1 Hill", "+15550102001", {1: [(NINE, FIVE)]})

    site = site_actions.open_site(request=world.request, site=new, now=NOW)

    assert [(row.user, row.role) for row in Membership.objects.filter(site=site)] == [(world.receptionist, "manager")]
    assert AuditEntry.objects.filter(site=site, action="site.opened", actor=world.receptionist).count() == 1


def test_the_hours_are_just_those_and_the_same_again_changes_nothing(world: World) -> None:
    hours = {2: [(NINE, NOON), (ONE, FIVE)]}

    for version in (1, 2):
        site_actions.change_hours(request=world.request, site=world.site, version=version, hours=hours, now=NOW)

    world.site.refresh_from_db()
    rows = OpeningHours.objects.filter(site=world.site).order_by("weekday", "opens")
    assert list(rows.values_list("weekday", "opens", "closes")) == [(2, NINE, NOON), (2, ONE, FIVE)]
    assert (world.site.version, AuditEntry.objects.filter(action="site.hours_changed").count()) == (2, 1)


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ([(FIVE, NINE)], "Monday must close after it opens."),
        ([(NINE, ONE), (NOON, FIVE)], "The hours of Monday overlap."),
        ([(dt.time(9, 3), FIVE)], "Use whole five minutes, like 8:05."),
    ],
)
def test_hours_that_cant_be_kept_are_refused_by_day(
    world: World, spans: list[tuple[dt.time, dt.time]], why: str
) -> None:
    before = OpeningHours.objects.filter(site=world.site).count()

    with pytest.raises(Rejected) as refused:
        site_actions.change_hours(
            request=Request(user=world.receptionist), site=world.site, version=1, hours={1: spans}, now=NOW
        )

    assert refused.value.fields == {"d1": why}
    assert OpeningHours.objects.filter(site=world.site).count() == before


def test_hours_changed_meanwhile_are_not_overwritten(world: World) -> None:
    about = {"request": world.request, "site": world.site, "version": 1, "now": NOW}
    site_actions.change_hours(**about, hours={1: [(NINE, FIVE)]})  # type: ignore[arg-type]

    with pytest.raises(Stale) as refused:
        site_actions.change_hours(**about, hours={})  # type: ignore[arg-type]

    assert (refused.value.fields, OpeningHours.objects.filter(site=world.site).count()) == ({"version": "2"}, 1)
