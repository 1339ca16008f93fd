"""Who cancels a visit on the day's board is asked: its patient hears of it only if it was the clinic."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from notifications.models import Message
from scheduling.models import Session
from tests.factories import NOW, World
from tests.notifications.days import MINUTE, left, settle


@pytest.fixture
def visit(world: World, clock: Any) -> Session:
    """A visit its patient was told of; it is an hour later."""
    session = world.visit(start_on=dt.date(2026, 11, 24), preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    clock(NOW + 60 * MINUTE)
    return session


@pytest.fixture
def desk(world: World) -> Client:
    client = Client()
    client.force_login(world.receptionist)
    return client


@pytest.mark.parametrize(("by", "told"), [("clinic", ["cancelled"]), ("patient", [])])
def test_a_visit_the_clinic_cancels_on_the_board_is_told_and_one_the_patient_cancels_is_not(
    desk: Client, visit: Session, by: str, told: list[str]
) -> None:
    desk.post(f"/sessions/{visit.pk}/cancel/", {"version": visit.version, "by": by, "reason": "Ill"})

    settle(NOW + 64 * MINUTE)

    visit.refresh_from_db()
    assert (visit.state, visit.cancelled_by) == ("cancelled", by)
    assert [message.kind for message in left() if message.kind != "booked"] == told


@pytest.mark.parametrize("by", [None, "", "system", "nobody"])
def test_without_saying_who_cancels_nothing_is_cancelled(desk: Client, visit: Session, by: str | None) -> None:
    fields = {"version": str(visit.version), "reason": "Ill"} | ({} if by is None else {"by": by})

    answer = desk.post(f"/sessions/{visit.pk}/cancel/", fields)

    visit.refresh_from_db()
    assert (answer.status_code, visit.state) == (400, "booked")
    assert Message.objects.filter(kind="cancelled").count() == 0


def test_the_form_asks_who_cancels_and_the_one_for_turning_away_does_not(desk: Client, visit: Session) -> None:
    page = desk.get(f"/sessions/{visit.pk}/").content.decode()

    forms = {part.partition('"')[0]: part.partition("</form>")[0] for part in page.split(f"/sessions/{visit.pk}/")[1:]}
    assert '<select class="ck-input" id="by-cancel" name="by" required>' in forms["cancel/"]
    assert page.count('name="by"') == 1
