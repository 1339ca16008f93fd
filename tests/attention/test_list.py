"""The list as a whole: its order, its filters, its counts, and what it costs."""

import datetime as dt
from collections.abc import Callable
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attention import actions, queries
from attention.domain.items import Group, Kind
from clinic.models import StaffUser
from patients.models import Patient
from scheduling.models import Course, Outage, Resource, Session
from tests.attention.desk import DAY, Desk, authorize, deliver, miss, nth
from tests.attention.scenes import MINUTE, AuthorizationShort, LateArrival
from tests.factories import FIRST_DAY, NOW, World

RANK = {"high": 0, "medium": 1, "low": 2}
STATEMENTS = 37  # and two more where something is out of service


def busy(desk: Desk) -> dt.datetime:
    """Make a day with items of several kinds, severities and deadlines; return its hour."""
    desk.visit(desk.new_patient(sms_consent=False), day=FIRST_DAY + 7 * DAY)
    course = desk.book(preferred_minute=660)
    first, second = nth(course, 1, 2)
    miss([first, second])
    later = desk.visit(day=second.day, preferred_minute=780)
    desk.visit(day=second.day, preferred_minute=840)
    return later.starts_at + 75 * MINUTE


def test_the_gravest_comes_first_then_the_nearest_deadline(desk: Desk) -> None:
    items = desk.items(busy(desk))

    order = [(RANK[item["severity"]], item["deadline"] is None, item["deadline"] or item["since"]) for item in items]
    assert len({place[0] for place in order}) == 3
    assert all(earlier <= later for earlier, later in pairwise(order))


def test_the_list_is_cut_by_kind_by_part_and_by_owner(desk: Desk) -> None:
    now = busy(desk)
    everything = desk.items(now)
    mine = everything[0]["key"]
    actions.take_item(request=desk.request, key=mine, now=now)

    late, at_risk, owned = (
        desk.items(now, **query) for query in ({"kind": "late_arrival"}, {"group": "at_risk"}, {"owner": "me"})
    )

    assert {item["kind"] for item in late} == {"late_arrival"}
    assert {item["kind"] for item in at_risk} == {"missed_twice", "clinician_review", "next_visit_type"}
    assert [item["key"] for item in owned] == [mine]
    assert len(everything) > len(at_risk) > len(late) > 0


def test_the_counts_are_those_of_the_list(desk: Desk) -> None:
    now = busy(desk)
    items = desk.items(now)
    desk.answer(now, items[0]["key"], "done")
    desk.answer(now, items[1]["key"], "hold", {"until": (now + DAY).isoformat()})

    counts = desk.api.get("attention/counts/").json()

    left = items[2:]
    assert counts["total"] == len(left) == sum(counts["by_group"].values())
    assert counts["by_kind"] == {kind: [i["kind"] for i in left].count(kind) for kind in {i["kind"] for i in left}}
    assert set(counts["by_group"]) == {item["group"] for item in left} <= set(Group)


def test_a_clinic_where_nothing_is_wrong_has_an_empty_list(desk: Desk) -> None:
    visit = desk.visit()
    deliver([visit])

    assert desk.items(visit.ends_at + MINUTE) == []
    assert desk.api.get("attention/counts/").json() == {"total": 0, "by_kind": {}, "by_group": {}}


def test_at_a_site_without_anything_nothing_is_asked(elsewhere: Desk) -> None:
    assert elsewhere.items(NOW) == []


def test_a_person_at_no_site_sees_nothing(world: World) -> None:
    assert queries.items(site_ids=[], now=NOW) == []
    assert queries.find(key="late:1:1", site_ids=[], now=NOW) is None


def test_two_sites_are_read_together_each_by_its_own_clock(desk: Desk, elsewhere: Desk) -> None:
    here, there = LateArrival(desk), LateArrival(elsewhere)
    now = max(here.begin(), there.begin())  # three hours later in Los Angeles
    both = [desk.site.pk, elsewhere.site.pk]

    found = queries.items(site_ids=both, now=now, kind=Kind.LATE_ARRIVAL)

    assert [item.site_id for item in found] == [elsewhere.site.pk]


def test_a_person_who_died_is_not_asked_about_even_if_the_course_was_left_running(desk: Desk) -> None:
    scene = AuthorizationShort(desk)
    now = scene.begin()
    assert desk.kinds(now) == ["authorization_short"]

    Patient.objects.filter(pk=scene.patient.pk).update(state="deceased")

    assert desk.items(now) == []


@pytest.fixture
def courses(desk: Desk) -> Callable[[int], dt.datetime]:
    """Book so many courses, one of them of 36, a third late, missed or cancelled, each with an authorisation."""
    days = [FIRST_DAY + offset * DAY for offset in (0, 1, 3, 6, 7)]  # not on Thanksgiving, not at the weekend

    def book(count: int) -> dt.datetime:
        authorize(desk, Patient.objects.get(pk=desk.book(preferred_minute=960).patient_id), 30, days[-1])
        for place in range(count - 1):
            patient = desk.new_patient(sms_consent=place % 2 == 0)
            visit = desk.visit(patient, day=days[place // 6], preferred_minute=510 + 60 * (place % 6))
            authorize(desk, patient, 3, days[-1])
            if place % 3 == 1:
                miss([visit])
            if place % 3 == 2:
                desk.cancel(visit, now=visit.starts_at - DAY)
        return dt.datetime.combine(FIRST_DAY, dt.time(13, 45), dt.UTC)

    return book


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_statements_whatever_it_holds(
    desk: Desk, courses: Callable[[int], dt.datetime], count: int
) -> None:
    now = courses(count)
    site_ids = [desk.site.pk]
    assert len(queries.items(site_ids=site_ids, now=now)) >= count // 3

    with CaptureQueriesContext(connection) as statements:
        queries.items(site_ids=site_ids, now=now)

    assert len(statements) == STATEMENTS


@pytest.mark.parametrize("outages", [1, 4])
def test_what_is_out_of_service_costs_two_more_whatever_it_is(
    desk: Desk, courses: Callable[[int], dt.datetime], outages: int
) -> None:
    now = courses(3)
    for resource in Resource.objects.filter(site=desk.site)[:outages]:
        Outage.objects.create(resource=resource, starts_at=now, ends_at=now + DAY, reason="Repair")

    with CaptureQueriesContext(connection) as statements:
        queries.items(site_ids=[desk.site.pk], now=now)

    assert len(statements) == STATEMENTS + 2


def test_two_sites_cost_no_more_than_one(desk: Desk, elsewhere: Desk, courses: Callable[[int], dt.datetime]) -> None:
    now = courses(6)
    LateArrival(elsewhere).begin()

    with CaptureQueriesContext(connection) as statements:
        queries.items(site_ids=[desk.site.pk, elsewhere.site.pk], now=now)

    assert len(statements) == STATEMENTS


def test_looking_writes_nothing(desk: Desk) -> None:
    now = busy(desk)
    before = [list(model._default_manager.order_by("pk").values()) for model in (Course, Session, StaffUser)]

    queries.items(site_ids=[desk.site.pk], now=now)

    assert [list(model._default_manager.order_by("pk").values()) for model in (Course, Session, StaffUser)] == before
