"""Many people book and move on the same few devices and people: they wait for each other, never in a circle."""

import random
import threading
import time
from collections import Counter
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from scheduling.actions import setup
from scheduling.actions.setup import NewResource
from scheduling.models import Course, Resource, Session
from tests.races.conftest import Crowd, overlaps
from tests.races.edits import Desk, move, unexplained

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CLIENTS, COURSES, MOVES = 8, 3, 4
RESOURCES = 10


@pytest.fixture
def ten_resources(crowd: Crowd) -> Crowd:
    """The clinic with one more of each: ten devices and people that everybody wants."""
    more = [NewResource("tms_device", "NeuroStar 4", "TMS"), NewResource("operator", "TMS operator 4")]
    setup.add_resources(site=crowd.world.site, resources=[*more, NewResource("psychiatrist", "Dr. Lang")])
    found = Resource.objects.filter(site=crowd.world.site, kind__in=["tms_device", "operator", "psychiatrist"])
    assert found.count() == RESOURCES
    return crowd


def test_eight_clients_on_ten_resources_wait_and_never_deadlock(ten_resources: Crowd) -> None:
    crowd, chance = ten_resources, random.Random(8)
    # All planned against an empty calendar: most of them clash, and on other devices in another order.
    devices = list(Resource.objects.filter(site=crowd.world.site, kind="tms_device").order_by("pk"))
    plans = [
        crowd.plan(
            patient,
            protocol="tms_mdd_36",
            start_on="2026-11-24",
            preferred_time=chance.choice(["08:30", "08:45", "09:00", "09:15"]),
            pins={"tms_device": chance.choice(devices).pk},
        )
        for patient in crowd.patients(CLIENTS * COURSES)
    ]
    desk, before = Desk(crowd.host, "Rosa", crowd.token), _deadlocks()

    seen = crowd.at_once(*(lambda mine=plans[n::CLIENTS], n=n: _work(desk, mine, n) for n in range(CLIENTS)))

    booked, moved = (Counter(status for part in seen for status in part[kind]) for kind in (0, 1))
    assert booked[201] == Course.objects.count() > 1
    assert set(booked) == {201, 409}
    assert moved[200] > 0
    assert set(moved) <= {200, 409, 412}
    assert _deadlocks() == before
    assert overlaps() == 0
    rows = Session.objects.filter(version__gt=1)
    assert rows.count() > 0
    assert [fault for pk in rows.values_list("pk", flat=True) for fault in unexplained(pk)] == []


def _work(desk: Desk, plans: list[str], seed: int) -> tuple[list[int], list[int]]:
    """Book each plan, or what is offered instead, and move visits of it to times others move theirs to."""
    chance = random.Random(seed)
    booked, moved = [], list[int]()
    for plan in plans:
        body: dict[str, Any] = {"plan": plan}
        for _again in range(3):
            status, answer, _headers = desk.post("courses/", body)
            booked.append(status)
            if status != 409 or not answer["alternatives"]:
                break
            body = {"plan": answer["alternatives"][0]["plan"]}
        ids = [row["id"] for row in answer.get("sessions", [])[5 : 5 + MOVES]]
        rows = Session.objects.select_related("course").filter(pk__in=ids)
        moved += [move(chance.choice([120, 135, 150]))(desk, row)()[0] for row in rows]
    connections.close_all()
    return booked, moved


def _deadlocks() -> int:
    """Return how many deadlocks the database has broken up so far; SQLite has one writer, so none."""
    if connection.vendor != "postgresql":
        return 0
    time.sleep(1.1)  # connections report what they saw up to a second later
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.mark.postgres
def test_the_twin_that_waits_in_a_circle_is_counted(ten_resources: Crowd) -> None:
    first, second = Resource.objects.order_by("pk")[:2]
    line, before = threading.Barrier(2), _deadlocks()

    def lock(*rows: Resource) -> str:
        try:
            with transaction.atomic():
                Resource.objects.select_for_update().get(pk=rows[0].pk)
                line.wait(5)
                Resource.objects.select_for_update().get(pk=rows[1].pk)
        except OperationalError as error:
            return str(getattr(error.__cause__, "sqlstate", ""))
        finally:
            connections.close_all()
        return ""

    ends = ten_resources.at_once(lambda: lock(first, second), lambda: lock(second, first))

    assert sorted(ends) == ["", "40P01"]
    assert _deadlocks() == before + 1
