import datetime as dt
from typing import Any

import pytest
from django.conf import settings as product
from django.core.cache import cache
from django.test import Client

from clinic import actions, preferences
from clinic.models import Site, StaffUser
from tests.factories import NOW, PASSWORD, World

pytestmark = pytest.mark.lock
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    cache.clear()  # it counts the tries
    client = Client()
    client.force_login(world.receptionist)
    client.get("/")
    return client


def test_nine_quiet_minutes_leave_the_screen_open_and_eleven_lock_it(desk: Client, clock: Any) -> None:
    clock(NOW + 9 * MINUTE)
    still = desk.get("/patients/?site=riverside")
    clock(NOW + 20 * MINUTE)

    over = desk.get("/patients/?site=riverside")

    assert (still.status_code, over.status_code) == (200, 302)
    assert over["Location"] == "/locked/?next=%2Fpatients%2F%3Fsite%3Driverside"


def test_a_page_that_asks_for_news_by_itself_keeps_no_screen_open_and_is_sent_away_whole(
    desk: Client, clock: Any
) -> None:
    polls = []
    for minutes in (4, 8, 11):
        clock(NOW + minutes * MINUTE)
        polls.append(
            desk.get("/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?day=2026-11-17"})
        )

    assert [poll.status_code for poll in polls] == [200, 200, 204]
    assert (polls[2].content, polls[2]["HX-Redirect"]) == (
        b"",
        "/locked/?next=http%3A%2F%2Ftestserver%2F%3Fday%3D2026-11-17",
    )


def test_a_hand_on_the_keys_keeps_the_screen_open(desk: Client, clock: Any) -> None:
    for minutes in (8, 16, 24):
        clock(NOW + minutes * MINUTE)
        assert desk.post("/me/touch/").status_code == 204

    assert desk.get("/").status_code == 200


def test_a_form_sent_too_late_saves_nothing_and_the_page_says_so(world: World, desk: Client, clock: Any) -> None:
    session = world.visit()
    clock(NOW + 11 * MINUTE)

    answer = desk.post(
        f"/sessions/{session.pk}/arrive/", {"version": 1}, headers={"Referer": "http://elsewhere.example/x"}
    )
    page = desk.get(answer["Location"]).content.decode()

    session.refresh_from_db()
    assert (answer["Location"], session.state) == ("/locked/?next=%2F&unsaved=1", "booked")
    assert "your last step wasn&#x27;t saved" in page or "your last step wasn't saved" in page


def test_the_locked_page_names_only_the_person_whose_screen_it_is(world: World, desk: Client) -> None:
    world.book()
    desk.post("/me/lock/", {"back": "/"})

    page = desk.get("/locked/").content.decode()

    assert world.receptionist.name in page
    assert [word for word in ("Garcia", "Okafor", "ck-rail") if word in page] == []


@pytest.mark.parametrize("path", ["/", "/patients/", "/me/", "/accounts/login/", "/accounts/password/change/"])
def test_a_locked_session_opens_no_page(desk: Client, path: str) -> None:
    desk.post("/me/lock/", {"back": "/"})

    answer = desk.get(path)

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/locked/")


def test_a_locked_session_is_no_way_into_the_api_and_a_token_still_is(world: World, desk: Client) -> None:
    token = actions.create_token(user=world.receptionist, now=NOW)
    before = desk.get("/api/v1/patients/")
    desk.post("/me/lock/", {"back": "/"})

    refused = desk.get("/api/v1/patients/")
    by_token = Client().get("/api/v1/patients/", headers={"Authorization": f"Token {token}"})

    assert (before.status_code, refused.status_code, by_token.status_code) == (200, 403, 200)
    assert refused.json()["code"] == "locked"


def test_asking_the_api_keeps_no_screen_open(desk: Client, clock: Any) -> None:
    clock(NOW + 9 * MINUTE)
    desk.get("/api/v1/patients/")
    clock(NOW + 11 * MINUTE)

    assert desk.get("/api/v1/patients/").status_code == 403


def test_the_password_leads_back_to_the_same_page_and_a_wrong_one_does_not(desk: Client, clock: Any) -> None:
    clock(NOW + 11 * MINUTE)
    back = "/?day=2026-11-17"

    wrong = desk.post("/locked/", {"password": "not this one", "next": back})
    still = desk.get("/")
    right = desk.post("/locked/", {"password": PASSWORD, "next": back})

    assert (wrong.status_code, still.status_code, right["Location"]) == (422, 302, back)
    assert desk.get(back).status_code == 200


def test_the_way_back_never_leads_elsewhere(desk: Client) -> None:
    desk.post("/me/lock/", {"back": "https://elsewhere.example/"})

    answer = desk.post("/locked/", {"password": PASSWORD, "next": "//elsewhere.example/"})

    assert answer["Location"] == "/"


def test_passwords_are_not_guessed_at_a_locked_screen(desk: Client) -> None:
    desk.post("/me/lock/", {"back": "/"})

    answers = [desk.post("/locked/", {"password": f"guess {number}"}).status_code for number in range(11)]

    assert answers == [422] * 10 + [429]
    assert desk.post("/locked/", {"password": PASSWORD}).status_code == 429


def test_somebody_else_signs_out_the_one_before(world: World, desk: Client) -> None:
    desk.post("/me/lock/", {"back": "/"})

    desk.post("/accounts/logout/")

    assert desk.get("/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(("site", "own", "seconds"), [(10, None, 600), (3, None, 180), (3, 20, 1200)])
def test_a_screen_locks_after_what_the_clinic_or_the_person_says(
    world: World, desk: Client, clock: Any, site: int, own: int | None, seconds: int
) -> None:
    Site.objects.filter(pk=world.site.pk).update(lock_minutes=site)
    preferences.set_preference(user=world.receptionist, name="lock_minutes", value=own)
    clock(NOW + 2 * MINUTE)
    desk.get("/")
    page = desk.get("/me/").content.decode()

    clock(NOW + 2 * MINUTE + dt.timedelta(seconds=seconds))
    at_the_end = desk.get("/", headers={"HX-Request": "true"})
    clock(NOW + 2 * MINUTE + dt.timedelta(seconds=seconds + 1))
    after = desk.get("/", headers={"HX-Request": "true"})

    assert f'data-lock="{seconds}"' in page
    assert (at_the_end.status_code, after.status_code) == (200, 204)


def test_a_person_chooses_after_how_long(world: World, desk: Client) -> None:
    answers = [desk.post("/me/lock-after/", {"minutes": text}).status_code for text in ("5", "1", "x", "")]

    assert answers == [302, 422, 400, 302]
    assert StaffUser.objects.get(pk=world.receptionist.pk).lock_minutes is None


def test_the_middleware_stands_behind_the_door() -> None:
    order = [name for name in product.MIDDLEWARE if name.startswith("clinic.middleware.")]

    assert order[-2:] == ["clinic.middleware.SignInRequired", "clinic.middleware.LockIdle"]
