"""When and how often a site writes: a manager's, by version, within the law. And what a patient asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from notifications.models import AskedFor, SitePolicy
from tests.api.conftest import Api
from tests.factories import World, make_staff

Rows = Callable[[], dict[str, int]]
DEFAULTS = {
    "opens": "09:00",
    "closes": "20:00",
    "digest_at": "12:00",
    "remind_at": "10:00",
    "digest_weekday": 5,
    "daily_cap": 2,
    "weekly_cap": 7,
    "kinds_off": [],
    "version": 1,
}


@pytest.fixture
def manager(world: World, clock: Any) -> Api:
    return Api(make_staff("maya@example.com", Role.MANAGER, world.site))


def path(world: World) -> str:
    return f"sites/{world.site.pk}/message-policy/"


def test_a_site_without_a_policy_of_its_own_has_the_usual_one(manager: Api, world: World) -> None:
    answer = manager.get(path(world))

    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, DEFAULTS, '"1"')


def test_a_manager_changes_some_of_it_by_the_version_that_was_read(manager: Api, world: World) -> None:
    changed = manager.send("patch", path(world), {"closes": "18:00", "daily_cap": 1}, If_Match='"1"')
    stale = manager.send("patch", path(world), {"closes": "19:00"}, If_Match='"1"')

    assert changed.status_code == 200
    assert changed.json() == DEFAULTS | {"closes": "18:00", "daily_cap": 1, "version": 2}
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert AuditEntry.objects.filter(action="message_policy.changed").count() == 1


def test_the_same_again_changes_nothing(manager: Api, world: World) -> None:
    answer = manager.send("patch", path(world), {"closes": "20:00"}, If_Match='"1"')

    assert (answer.json()["version"], AuditEntry.objects.filter(action="message_policy.changed").count()) == (1, 0)


def test_whose_reminders_were_read_is_noted(api: Api, world: World) -> None:
    assert api.get(f"patients/{world.maria.pk}/reminders/").json() == {"kinds": []}

    assert AuditEntry.objects.filter(action="patient.reminders_opened", patient_id=world.maria.pk).count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"opens": "07:00"}, "opens"),
        ({"closes": "22:00"}, "opens"),
        ({"opens": "19:00", "closes": "10:00"}, "opens"),
        ({"remind_at": "08:00"}, "remind_at"),
        ({"digest_at": "21:00"}, "digest_at"),
    ],
)
def test_what_the_law_does_not_allow_is_refused(manager: Api, world: World, body: dict[str, Any], field: str) -> None:
    answer = manager.send("patch", path(world), body, If_Match='"1"')

    assert (answer.status_code, answer.json()["code"]) == (422, "policy_range")
    assert field in answer.json()["fields"]
    assert SitePolicy.objects.count() == 0


@pytest.mark.parametrize(
    "body", [{"daily_cap": 3}, {"weekly_cap": 8}, {"digest_weekday": 0}, {"kinds_off": ["moved"]}, {"colour": "red"}]
)
def test_what_is_no_policy_is_refused(manager: Api, world: World, body: dict[str, Any]) -> None:
    assert manager.send("patch", path(world), body, If_Match='"1"').status_code == 400


def test_a_change_without_a_version_is_refused(manager: Api, world: World) -> None:
    assert manager.send("patch", path(world), {"daily_cap": 1}).status_code == 428


def test_the_desk_and_other_sites_neither_look_nor_change(api: Api, manager: Api, world: World) -> None:
    assert api.get(path(world)).status_code == 403
    assert api.send("patch", path(world), {"daily_cap": 1}, If_Match='"1"').status_code == 403
    assert manager.get(f"sites/{world.other_site.pk}/message-policy/").status_code == 404


def test_the_desk_notes_which_reminders_a_patient_asked_for(api: Api, world: World) -> None:
    at = f"patients/{world.maria.pk}/reminders/"

    before = api.get(at).json()
    answer = api.send("put", at, {"kinds": ["same_day", "day_before"]})
    less = api.send("put", at, {"kinds": ["same_day"]})

    assert (before, answer.json(), less.json()) == (
        {"kinds": []},
        {"kinds": ["day_before", "same_day"]},
        {"kinds": ["same_day"]},
    )
    assert list(AskedFor.objects.values_list("patient_id", "kind")) == [(world.maria.pk, "same_day")]
    assert AuditEntry.objects.filter(action="reminders.asked").count() == 2


def test_nobody_asks_for_what_is_no_reminder_or_for_somebody_elsewhere(api: Api, world: World) -> None:
    assert api.send("put", f"patients/{world.maria.pk}/reminders/", {"kinds": ["moved"]}).status_code == 400
    assert api.send("put", f"patients/{world.foreign.pk}/reminders/", {"kinds": ["same_day"]}).status_code == 404
