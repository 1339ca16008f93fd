import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.actions import Request
from clinic.models import AuditEntry, IdempotencyKey
from patients import actions as patient_actions
from patients.domain.contact import PatientState
from patients.errors import NotFound, PatientInactive
from scheduling import plan_token
from scheduling.actions import courses, locking, setup
from scheduling.errors import KeyReused, Malformed, PlanGone, Rejected, SlotTaken
from scheduling.models import Course, CourseEvent, Reservation, Resource, Session, SessionEvent
from tests.factories import FIRST_DAY, NOW, World, propose

TABLES = (Course, Session, Reservation, SessionEvent, CourseEvent, IdempotencyKey)


def rows() -> list[int]:
    return [model.objects.count() for model in TABLES]


def test_care_1_one_call_books_the_whole_course(world: World) -> None:
    course = world.book()

    sessions = list(Session.objects.filter(course=course).order_by("number"))
    assert [session.number for session in sessions] == list(range(1, 37))
    assert [(s.day, s.minute) for s in sessions[:3]] == [(FIRST_DAY + dt.timedelta(days=n), 510) for n in (0, 1, 3)]
    assert sessions[0].starts_at == dt.datetime(2026, 11, 24, 13, 30, tzinfo=dt.UTC)
    assert sessions[0].ends_at - sessions[0].starts_at == dt.timedelta(minutes=90)
    assert [r.resource.kind for r in sessions[0].reservations.order_by("pk")].count("psychiatrist") == 1
    assert rows() == [1, 36, 73, 36, 1, 0]


def test_every_row_of_a_booking_has_its_history_and_its_audit_entry(world: World) -> None:
    course = world.book()

    event = CourseEvent.objects.get(course=course)
    assert (event.kind, event.to_state, event.at, event.by) == ("booked", "active", NOW, world.receptionist)
    assert set(SessionEvent.objects.values_list("kind", "from_state", "to_state", "at")) == {
        ("booked", "", "booked", NOW)
    }
    entries = AuditEntry.objects.filter(action="course.booked")
    assert list(entries.values_list("patient_id", "object_id", "actor_id")) == [
        (world.maria.pk, course.pk, world.receptionist.pk)
    ]


def test_missed_after_is_stored_when_booked_as_the_end_and_the_grace(world: World) -> None:
    session = world.visit()

    assert session.missed_after == session.ends_at + dt.timedelta(minutes=15)


def test_a_course_keeps_the_protocol_version_it_was_built_from(world: World) -> None:
    course = world.book()

    assert (course.protocol.code, course.protocol.version, course.prescribed) == ("tms_mdd_36", 1, 36)


def test_the_same_key_again_books_nothing_and_returns_the_same_course(world: World) -> None:
    request = dataclasses.replace(world.request, key="k-1", route="/courses/", body_sha256="a")
    first, again = courses.book_course(request=request, proposal=world.propose(), now=NOW)
    before = rows()

    replayed, was_there = courses.book_course(request=request, proposal=world.propose(world.daniel), now=NOW)

    assert (replayed, again, was_there, rows()) == (first, False, True, before)


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    request = dataclasses.replace(world.request, key="k-1", route="/courses/", body_sha256="a")
    courses.book_course(request=request, proposal=world.propose(), now=NOW)

    with pytest.raises(KeyReused):
        courses.book_course(request=dataclasses.replace(request, body_sha256="b"), proposal=world.propose(), now=NOW)


def test_a_taken_time_books_nothing_and_is_named(world: World) -> None:
    stale = world.propose(world.daniel)
    world.book()
    before = rows()

    with pytest.raises(SlotTaken) as refusal:
        courses.book_course(request=world.request, proposal=stale, now=NOW)

    assert rows() == before
    assert str(refusal.value).startswith("Just taken: 8:30am on Tue Nov 24 on NeuroStar 1; ")


def test_oemr_6_a_patient_is_never_in_two_places_at_once(world: World) -> None:
    mine = propose(world.site, world.maria)
    world.book(world.maria, pins={"tms_device": Resource.objects.get(site=world.site, name="NeuroStar 2").pk})
    before = rows()

    with pytest.raises(SlotTaken):
        courses.book_course(request=world.request, proposal=mine, now=NOW)

    assert rows() == before


def test_a_second_course_of_one_treatment_a_day_is_refused_even_at_another_time(world: World) -> None:
    mine = propose(world.site, world.maria, preferred_minute=14 * 60)
    world.book(world.maria)
    before = rows()

    with pytest.raises(PlanGone, match="one such treatment a day"):
        courses.book_course(request=world.request, proposal=mine, now=NOW)

    assert rows() == before


def test_an_inactive_patient_is_not_booked(world: World) -> None:
    proposal = world.propose()
    patient_actions.set_state(request=world.request, patient=world.maria, state=PatientState.INACTIVE, now=NOW)

    with pytest.raises(PatientInactive):
        courses.book_course(request=world.request, proposal=proposal, now=NOW)

    assert rows() == [0] * len(TABLES)


def test_a_patient_of_another_site_is_unknown_here(world: World) -> None:
    with pytest.raises(NotFound):
        courses.book_course(request=world.request, proposal=world.propose(world.foreign), now=NOW)

    assert rows() == [0] * len(TABLES)


def test_a_closure_made_after_the_preview_stops_the_booking(world: World) -> None:
    proposal = world.propose()
    setup.close_days(site=world.site, days={dt.date(2026, 12, 1): "Burst pipe"})

    with pytest.raises(PlanGone):
        courses.book_course(request=world.request, proposal=proposal, now=NOW)

    assert rows() == [0] * len(TABLES)


def test_an_outage_made_after_the_preview_stops_the_booking(world: World) -> None:
    proposal = world.propose()
    day = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    setup.take_out_of_service(
        site=world.site, resource_name="NeuroStar 1", starts_at=day, ends_at=day + dt.timedelta(days=1), reason="Coil"
    )

    with pytest.raises(PlanGone):
        courses.book_course(request=world.request, proposal=proposal, now=NOW)

    assert rows() == [0] * len(TABLES)


def test_an_outage_of_a_device_the_plan_does_not_use_stops_nothing(world: World) -> None:
    proposal = world.propose()
    day = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    setup.take_out_of_service(
        site=world.site, resource_name="NeuroStar 3", starts_at=day, ends_at=day + dt.timedelta(days=1), reason="Coil"
    )

    courses.book_course(request=world.request, proposal=proposal, now=NOW)

    assert Session.objects.count() == 36


def test_a_plan_whose_first_visit_has_passed_is_gone(world: World) -> None:
    with pytest.raises(PlanGone):
        courses.book_course(request=world.request, proposal=world.propose(), now=NOW + dt.timedelta(days=9))

    assert rows() == [0] * len(TABLES)


def test_a_device_taken_out_of_use_stops_the_booking(world: World) -> None:
    proposal = world.propose()
    Resource.objects.filter(site=world.site, name="NeuroStar 1").update(is_active=False)

    with pytest.raises(PlanGone):
        courses.book_course(request=world.request, proposal=proposal, now=NOW)


def test_a_signed_plan_books_exactly_what_was_shown(world: World) -> None:
    shown = world.propose()

    read = plan_token.read(plan_token.sign(shown, now=NOW), site=world.site, now=NOW + dt.timedelta(minutes=14))

    assert (read.plan.sessions, read.wish, read.protocol) == (shown.plan.sessions, shown.wish, shown.protocol)


def test_a_signed_plan_lasts_fifteen_minutes(world: World) -> None:
    token = plan_token.sign(world.propose(), now=NOW)

    with pytest.raises(PlanGone):
        plan_token.read(token, site=world.site, now=NOW + dt.timedelta(minutes=15))


def test_an_altered_plan_and_one_for_another_site_are_refused(world: World) -> None:
    token = plan_token.sign(world.propose(), now=NOW)

    with pytest.raises(Malformed):
        plan_token.read(token[:-2] + "xx", site=world.site, now=NOW)
    with pytest.raises(Malformed):
        plan_token.read(token, site=world.other_site, now=NOW)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"start_on": dt.date(2026, 11, 15)}, "start_in_past"),
        ({"start_on": dt.date(2026, 11, 26)}, "closed_day"),
        ({"start_on": dt.date(2026, 11, 28)}, "closed_day"),
        ({"start_on": dt.date(2028, 11, 28)}, "start_too_far"),
        ({"start_on": dt.date(2027, 3, 14), "preferred_minute": 150}, "no_such_time"),
        ({"protocol_code": "tms_for_cats"}, "not_found"),
        ({"protocol_code": "ket_iv_6"}, "no_resource"),
        ({"pins": {"tms_device": 99999}}, "not_found"),
    ],
    ids=["past", "holiday", "Saturday", "too far", "no such time", "no protocol", "no chair", "no device"],
)
def test_a_wish_that_cannot_be_is_refused_with_its_code(world: World, wish: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        world.propose(**wish)

    assert refusal.value.code == code


def test_planning_keeps_clear_of_what_others_booked(world: World) -> None:
    world.book(world.daniel)

    plan = world.propose().plan

    assert {session.uses[0].name for session in plan.sessions} == {"NeuroStar 2"}


def test_bah_9_a_cancelled_booking_frees_its_time(world: World) -> None:
    course = world.book(world.daniel)
    Reservation.objects.filter(session__course=course).update(is_active=False)
    Session.objects.filter(course=course).update(
        is_active=False, is_counted=False, state="cancelled", cancelled_by="clinic", reason="Ill"
    )

    assert {session.uses[0].name for session in world.propose().plan.sessions} == {"NeuroStar 1"}


def test_care_6_looking_at_availability_writes_nothing(world: World) -> None:
    before = rows()

    world.propose()

    assert rows() == before


@pytest.mark.parametrize("code", ["consult", "tms_mdd_36"])
def test_a_booking_costs_a_fixed_number_of_statements_whatever_its_length(world: World, code: str) -> None:
    request = dataclasses.replace(world.request, key="k", route="r", body_sha256="b")
    proposal = world.propose(protocol_code=code)

    with CaptureQueriesContext(connection) as queries:
        courses.book_course(request=request, proposal=proposal, now=NOW)

    assert len(queries) == (17 if connection.vendor == "postgresql" else 16)


def test_a_request_without_a_key_is_never_a_replay(world: World) -> None:
    assert locking.already_done(Request(user=world.receptionist)) is None
