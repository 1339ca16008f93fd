"""The birth date: asked once on each device, five tries in all, and nothing behind it without it."""

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from attention import queries as attention
from clinic.models import AuditEntry
from patients import link_actions, links
from patients.models import LinkCheck, PatientLink
from portal import check as pages
from scheduling.models import Session
from tests.factories import NOW, World
from tests.portal.phone import banned_in, check, fields_in, path_of, seen

WRONG = dt.date(1984, 3, 8)
LEVEL_TWO = "check/?to=visits/"


@pytest.fixture(autouse=True)
def clocked(clock: Any) -> None:
    """It is Monday, nine in the morning in New York."""


@pytest.fixture
def visit(world: World) -> Session:
    return world.visit(start_on=dt.date(2026, 11, 18))


def given(client: Client, world: World, **fields: str) -> Any:
    at = f"{path_of(world)}check/"
    return client.post(at, fields_in(client.get(at)) | fields)


def wrong(world: World) -> int:
    found = LinkCheck.objects.filter(patient=world.maria).first()
    return found.wrong if found else 0


def test_the_right_date_leads_on_and_leaves_the_token_behind(world: World, visit: Session, client: Client) -> None:
    at = f"{path_of(world)}{LEVEL_TWO}"

    answer = client.post(at.partition("?")[0], fields_in(client.get(at)) | {"year": "1984", "month": "3", "day": "7"})

    assert (answer.status_code, answer["Location"]) == (303, "/my/visits/")
    assert client.get("/my/visits/").status_code == 200


def test_a_device_that_was_checked_never_sees_the_token_in_its_address_again(
    world: World, visit: Session, client: Client
) -> None:
    path = path_of(world)
    check(client, world)

    again = client.get(f"{path}?lang=es")

    assert (again.status_code, again["Location"]) == (302, "/my/?lang=es")
    assert "Su siguiente visita" in seen(client.get("/my/?lang=es"))
    assert path not in client.get("/my/").content.decode()


def test_what_a_device_keeps_holds_no_date_no_name_and_no_token(world: World, visit: Session, client: Client) -> None:
    answer = check(client, world)

    [cookie] = answer.cookies.values()
    link = PatientLink.objects.get()
    assert cookie.value.startswith(f"{link.pk}.{link.generation}:")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert links.token_of(link) not in cookie.value


@pytest.mark.parametrize("fields", [{}, {"year": "1984", "month": "3", "day": "0"}, {"year": "1984", "month": "13"}])
def test_what_is_no_date_is_no_try(world: World, visit: Session, client: Client, fields: dict[str, str]) -> None:
    answer = given(client, world, **fields)

    assert (answer.status_code, wrong(world)) == (422, 0)
    assert "That is not a date." in seen(answer)


@pytest.mark.parametrize("year", ["1899", "2027", "84", "１９８４"])
def test_a_year_nobody_was_born_in_is_no_try(world: World, visit: Session, client: Client, year: str) -> None:
    assert (given(client, world, year=year, month="3", day="7").status_code, wrong(world)) == (422, 0)


def test_a_wrong_date_is_one_try_and_says_so_without_a_hint(world: World, visit: Session, client: Client) -> None:
    answer = check(client, world, WRONG)

    assert (answer.status_code, wrong(world), answer.cookies) == (422, 1, {})
    assert "That is not the date we have." in seen(answer)
    assert banned_in(answer, path_of(world)) == []


def test_the_right_date_forgets_the_wrong_ones(world: World, visit: Session, client: Client) -> None:
    for _time in range(4):
        check(client, world, WRONG)
    check(client, world)

    assert wrong(world) == 0


def test_the_sixth_wrong_date_meets_a_dead_link_on_any_device_and_after_a_restart(world: World, visit: Session) -> None:
    path, phones = path_of(world), [Client(), Client()]
    tries = [check(phones[n % 2], world, WRONG).status_code for n in range(4)]

    cache.clear()  # what a restart would forget
    phones = [Client(), Client()]
    fifth = check(phones[0], world, WRONG)
    sixth = [phone.get(path) for phone in phones]

    assert (tries, fifth.status_code) == ([422] * 4, 404)
    assert [seen(page) for page in (fifth, *sixth)] == [seen(Client().get(f"/v/{'A' * 22}/"))] * 3


def test_a_device_that_was_let_in_before_is_out_when_the_link_dies(
    world: World, visit: Session, client: Client
) -> None:
    check(client, world)
    for _time in range(5):
        check(Client(), world, WRONG)

    assert client.get("/my/").status_code == 404


def test_the_next_link_shows_the_visit_and_asks_for_no_date_until_the_desk_allows_it(
    world: World, visit: Session, client: Client
) -> None:
    for _time in range(5):
        check(client, world, WRONG)
    fresh = path_of(world)
    shut, page = client.get(fresh), client.get(f"{fresh}check/")
    date = {"year": "1984", "month": "3", "day": "7"}
    still = client.post(f"{fresh}check/", fields_in(shut) | date)

    link_actions.allow_again(request=world.request, patient_id=world.maria.pk, now=NOW)

    assert ("Your next visit" in seen(shut), "Please call us." in seen(page)) == (True, True)
    assert (still.status_code, still.cookies) == (404, {})
    assert check(client, world).status_code == 303


def test_the_desk_is_told_once_and_no_longer_when_it_let_them_try_again(world: World, visit: Session) -> None:
    def titles() -> list[str]:
        found = attention.items(site_ids=[world.site.pk], now=NOW)
        return [item.title for item in found if item.title.startswith("Their link")]

    for _time in range(6):
        check(Client(), world, WRONG)
    told = titles()
    link_actions.allow_again(request=world.request, patient_id=world.maria.pk, now=NOW)

    assert (told, titles()) == (["Their link was closed: five wrong birth dates"], [])


def test_closing_and_opening_are_in_the_log_without_a_name(world: World, visit: Session) -> None:
    for _time in range(5):
        check(Client(), world, WRONG)
    link_actions.allow_again(request=world.request, patient_id=world.maria.pk, now=NOW)

    rows = AuditEntry.objects.filter(action__startswith="link.").order_by("pk")
    assert list(rows.values_list("action", "role", "actor", "patient_id")) == [
        ("link.closed", "patient", None, world.maria.pk),
        ("link.opened", "", world.receptionist.pk, world.maria.pk),
    ]


def test_an_ended_link_lets_nobody_in_and_the_next_message_carries_another(
    world: World, visit: Session, client: Client
) -> None:
    old = path_of(world)
    check(client, world)

    link_actions.end_link(request=world.request, patient_id=world.maria.pk, now=NOW)

    assert [client.get(at).status_code for at in (old, "/my/")] == [404, 404]
    assert (path_of(world) != old, client.get(path_of(world)).status_code) == (True, 200)


@pytest.mark.parametrize("value", ["", "1.1", "1.1:forged", "x.y:forged"])
def test_a_forged_device_is_nobodys(world: World, visit: Session, client: Client, value: str) -> None:
    path_of(world)
    client.cookies["ck_device"] = value

    assert client.get("/my/").status_code == 404


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "../../admin/", "visits/?x=1"])
def test_it_leads_only_to_pages_of_the_link(world: World, visit: Session, client: Client, wanted: str) -> None:
    at = f"{path_of(world)}check/"
    date = {"year": "1984", "month": "3", "day": "7", "to": wanted}

    assert client.post(at, fields_in(client.get(at)) | date)["Location"] == "/my/"


def test_the_order_of_the_fields_is_the_regions(world: World, visit: Session, client: Client) -> None:
    american = client.get(f"{path_of(world)}check/").content.decode()
    world.site.region = "ES"
    world.site.save()
    european = client.get(f"{path_of(world)}check/").content.decode()

    orders = [sorted(pages.US_ORDER, key=lambda name: page.index(f'name="{name}"')) for page in (american, european)]
    assert orders == [list(pages.US_ORDER), list(pages.DAY_FIRST)]


def test_on_a_checked_device_a_form_may_be_answered_question_by_question(
    world: World, visit: Session, client: Client
) -> None:
    check(client, world)

    statuses = [client.get("/my/").status_code for _time in range(121)]

    assert statuses == [200] * 120 + [429]
