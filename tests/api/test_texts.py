"""The words of messages over the API: a manager's alone, checked before they are kept."""

from collections.abc import Callable
from typing import Any

import pytest

from clinic.domain.permissions import Role
from notifications.models import SiteText
from tests.api.conftest import Api
from tests.factories import World, make_staff

Rows = Callable[[], dict[str, int]]
OWN = "{clinic}: Coming {when}? {link} STOP to opt out."


@pytest.fixture
def manager(world: World, clock: Any) -> Api:
    return Api(make_staff("maya@example.com", Role.MANAGER, world.site))


def path(world: World, place: str = "day_before/sms/en") -> str:
    return f"sites/{world.site.pk}/texts/{place}/"


def test_the_list_holds_every_text_in_force_and_what_is_wrong_with_it(manager: Api, world: World) -> None:
    answer = manager.get(f"sites/{world.site.pk}/texts/").json()

    [row] = [
        each for each in answer["texts"] if (each["form"], each["channel"], each["language"]) == ("help", "sms", "es")
    ]
    assert row == {
        "form": "help",
        "kind": "help",
        "channel": "sms",
        "language": "es",
        "is_own": False,
        "version": 0,
        "subject": "",
        "body": "{clinic}: Para ayuda llame al {phone}. Pueden aplicar cargos por mensajes y datos. "
        "STOP para no recibir.",
        "letters": 123,
        "facts": ["clinic", "phone"],
        "faults": [],
        "changed_at": None,
        "changed_by": "",
    }
    assert answer["notes"] == []


def test_words_are_read_written_and_dropped_by_version(manager: Api, world: World) -> None:
    read = manager.get(path(world))
    written = manager.send("put", path(world), {"body": OWN}, If_Match=read.headers["ETag"])
    stale = manager.send("put", path(world), {"body": OWN.replace("?", ".")}, If_Match='"0"')
    dropped = manager.send("delete", path(world), If_Match='"1"')

    assert (read.headers["ETag"], read.json()["is_own"]) == ('"0"', False)
    assert (written.status_code, written.json()["body"], written.json()["changed_by"]) == (200, OWN, "Maya")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert (dropped.status_code, dropped.json()["is_own"], dropped.json()["version"]) == (200, False, 2)


def test_words_with_a_fault_are_refused_in_the_one_shape(manager: Api, world: World, rows: Rows) -> None:
    before = rows()

    answer = manager.send("put", path(world), {"body": OWN.replace("Coming", "ECT")}, If_Match='"0"')

    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (422, "text_faults", ["body"])
    assert rows() == before


def test_without_a_version_nothing_is_written(manager: Api, world: World) -> None:
    assert manager.send("put", path(world), {"body": OWN}).status_code == 428
    assert manager.send("put", path(world), {"body": OWN, "kind": "x"}, If_Match='"0"').status_code == 400


def test_a_preview_says_how_it_reads_and_keeps_nothing(manager: Api, world: World, rows: Rows) -> None:
    before = rows()

    found = manager.post(f"{path(world)}preview/", {"body": OWN}).json()
    broken = manager.post(f"{path(world)}preview/", {"body": "{clinic"}).json()

    assert found["sample"].startswith("Riverside Clinic: Coming Wed, Nov 25 at 9am ET?")
    assert (found["segments"], found["faults"], found["letters"] <= 160) == (1, [], True)
    assert (broken["sample"], [fault["code"] for fault in broken["faults"]]) == ("", ["placeholder"])
    assert rows() == before


@pytest.mark.parametrize("place", ["nothing/sms/en", "help/email/en", "day_before/sms/fr", "day_before/fax/en"])
def test_words_that_do_not_exist_are_not_found(manager: Api, world: World, place: str) -> None:
    assert manager.get(path(world, place)).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_nobody_but_a_manager_looks_or_writes(api: Api, world: World, role: Role, rows: Rows) -> None:
    world.receptionist.memberships.update(role=role)
    before = rows()

    answers = [
        api.get(f"sites/{world.site.pk}/texts/"),
        api.get(path(world)),
        api.send("put", path(world), {"body": OWN}, If_Match='"0"'),
        api.send("delete", path(world), If_Match='"0"'),
        api.post(f"{path(world)}preview/", {"body": OWN}),
    ]

    assert ({answer.status_code for answer in answers}, rows()) == ({403}, before)


def test_another_sites_words_are_not_there(world: World, clock: Any) -> None:
    stranger = Api(make_staff("olga@example.com", Role.MANAGER, world.other_site))
    SiteText.objects.create(
        site=world.site,
        kind="day_before",
        channel="sms",
        language="en",
        version=1,
        body="secret",
        at="2026-11-16T14:00Z",
    )

    answers = [stranger.get(path(world)), stranger.send("put", path(world), {"body": OWN}, If_Match='"1"')]

    assert {answer.status_code for answer in answers} == {404}
    assert SiteText.objects.get().body == "secret"
