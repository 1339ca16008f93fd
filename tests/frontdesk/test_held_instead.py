"""A lost race in the planner: what went is picked anew, all is held, and somebody looks before it is booked."""

from typing import Any

import pytest
from django.test import Client

from scheduling import plan_token
from scheduling.models import Course, Session
from scheduling.queries.planning import Proposal
from tests.factories import NOW, World
from tests.scheduling.test_mending import take

HTMX = {"HX-Request": "true"}
ASKED = {"protocol": "tms_mdd_36", "start_on": "2026-11-24", "preferred_time": "08:30", "key": "k"}
SAID = "2 times were taken while you were choosing. New times picked; look at rows 7 and 19."


@pytest.fixture
def desk(world: World, clock: Any) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.fixture
def form(world: World) -> dict[str, Any]:
    """The form of a plan in which the times of sessions 7 and 19 have just gone."""
    proposal: Proposal = world.propose()
    take(world, proposal, 7)
    take(world, proposal, 19)
    return ASKED | {"patient": world.maria.pk, "plan": plan_token.sign(proposal, now=NOW)}


def held(world: World) -> Course:
    return Course.objects.get(patient=world.maria)


def shown(answer: Any) -> dict[str, Any]:
    """Return what the form says once a plan is held."""
    return {"held": answer.context["held"].course_id, "plan": answer.context["token"]}


def words(answer: Any) -> str:
    text = answer.content.decode()
    for number in (7, 19):
        text = text.replace(f'<a href="#row-{number}">{number}</a>', str(number))
    return str(text)


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_lost_race_holds_the_rest_and_says_where_to_look(
    world: World, desk: Client, form: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = desk.post("/courses/new/", form, headers=headers)

    assert answer.status_code == 409
    assert SAID in words(answer)
    assert "All 36 are held for you until 9:05am. Nothing is booked yet" in answer.content.decode()
    assert answer.content.count(b" is-new") == 2
    assert set(held(world).sessions.values_list("state", flat=True)) == {"held"}


def test_what_is_held_is_booked_with_the_next_click(world: World, desk: Client, form: dict[str, Any]) -> None:
    first = desk.post("/courses/new/", form, headers=HTMX)
    course = held(world)

    answer = desk.post("/courses/new/", form | shown(first), headers=HTMX)

    course.refresh_from_db()
    assert answer["HX-Redirect"] == f"/courses/{course.pk}/"
    assert (course.state, set(course.sessions.values_list("state", flat=True))) == ("active", {"booked"})
    again = desk.post("/courses/new/", form | shown(first), headers=HTMX)
    assert (again["HX-Redirect"], Course.objects.filter(patient=world.maria).count()) == (f"/courses/{course.pk}/", 1)


def test_what_is_given_back_is_shown_again_to_be_changed(world: World, desk: Client, form: dict[str, Any]) -> None:
    first = desk.post("/courses/new/", form, headers=HTMX)
    picked = [row.span for week in first.context["plan"].weeks for row in week.rows]

    answer = desk.post("/courses/new/give-back/", form | shown(first), headers=HTMX)

    assert [row.span for week in answer.context["plan"].weeks for row in week.rows] == picked
    assert "Given back. Nothing is held or booked." in answer.content.decode()
    assert answer.context["held"] is None
    assert Session.objects.filter(patient=world.maria, is_active=True).count() == 0


def test_a_changed_form_gives_back_what_was_held_before_it_plans(
    world: World, desk: Client, form: dict[str, Any]
) -> None:
    first = desk.post("/courses/new/", form, headers=HTMX)
    changed = form | shown(first) | {"preferred_time": "10:00"}
    del changed["plan"]

    asked = desk.get("/courses/preview/", changed, headers=HTMX)
    assert held(world).state == "draft"
    answer = desk.post("/courses/new/give-back/", changed, headers=HTMX)

    assert 'hx-post="/courses/new/give-back/?site=riverside"' in asked.content.decode()
    assert held(world).state == "entered_in_error"
    assert answer.context["plan"].lead == "36 sessions, Tue Nov 24 to Mon Jan 25."


def test_what_ran_out_is_booked_as_shown_if_it_is_still_free(world: World, desk: Client, form: dict[str, Any]) -> None:
    first = desk.post("/courses/new/", form, headers=HTMX)
    desk.post("/courses/new/give-back/", form | shown(first), headers=HTMX)

    desk.post("/courses/new/", form | shown(first), headers=HTMX)

    states = Course.objects.filter(patient=world.maria).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["entered_in_error", "active"]


def test_a_lost_hold_is_held_as_long_as_was_asked(world: World, desk: Client, form: dict[str, Any]) -> None:
    answer = desk.post("/courses/new/", form | {"hold": "2026-12-01"}, headers=HTMX)

    assert "held for you until Tue Dec 1, 6pm" in answer.content.decode()
    assert held(world).state == "draft"


def test_what_is_held_for_somebody_else_is_not_booked(world: World, desk: Client, form: dict[str, Any]) -> None:
    first = desk.post("/courses/new/", form, headers=HTMX)
    other = plan_token.sign(world.propose(world.daniel, preferred_minute=840), now=NOW)

    answer = desk.post("/courses/new/", form | shown(first) | {"patient": world.daniel.pk, "plan": other}, headers=HTMX)

    assert "These times are held for another patient." in answer.content.decode()
    assert held(world).state == "draft"
