"""Visits nobody goes home from alone: three days ahead whether there is a ride, the day before how to get ready."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from clinic.actions import Request
from notifications.actions import planning
from notifications.models import Message, SitePolicy
from notifications.rendering import said
from patients.models import Consent, RelatedPerson
from scheduling.actions import drivers, setup
from scheduling.actions.drivers import Driver
from scheduling.models import Course, Prerequisite, Session
from tests.factories import NOW, World
from tests.notifications.days import DAY, MINUTE, at, by_kind, left, pass_days, settle
from tests.notifications.desk import move_visit
from tests.scheduling.living.clinic import ROOMS

HERE = ZoneInfo("America/New_York")
MONDAY = dt.date(2026, 11, 30)


@pytest.fixture
def course(world: World) -> Course:
    """Six visits in two weeks, Monday, Wednesday and Friday, booked two weeks ahead."""
    setup.add_resources(site=world.site, resources=ROOMS)
    return world.book(protocol_code="ect_index", start_on=MONDAY, counts={"index": 6}, preferred_minute=480)


@pytest.fixture
def driver(world: World) -> RelatedPerson:
    """Somebody who drives and agreed to be texted."""
    person = RelatedPerson.objects.create(
        patient=world.maria, role="escort", name="Ines Garcia", phone="+15550107777", language="es"
    )
    Consent.objects.create(
        patient=world.maria,
        person=person,
        channel="sms",
        purpose="escort",
        wording="2026-11",
        how="at the desk",
        given_at=NOW,
    )
    return person


def visit(course: Course, number: int) -> Session:
    return Session.objects.get(course=course, number=number)


def name_driver(session: Session, person: RelatedPerson) -> None:
    Prerequisite.objects.create(
        patient_id=session.patient_id,
        course_id=session.course_id,
        session=session,
        kind="escort",
        person=person,
        is_confirmed=False,
        evidence="Sister",
        starts_at=session.starts_at,
        at=NOW,
    )


def test_each_visit_has_a_ride_three_days_ahead_and_how_to_get_ready_by_four_the_day_before(
    world: World, course: Course
) -> None:
    settle(NOW + 4 * MINUTE)
    last = visit(course, 6).day

    pass_days(dt.date(2026, 11, 26), last, zone=HERE, hours=(9, 10, 15))

    assert by_kind(left(channel="sms")) == {"booked": 1, "prep": 6, "ride": 6}
    for session in Session.objects.filter(course=course):
        prep = Message.objects.get(session=session, kind="prep")
        assert prep.handed_at is not None
        assert at(session.day - DAY, 10, zone=HERE) <= prep.handed_at < at(session.day - DAY, 16, zone=HERE)
        ride = Message.objects.get(session=session, kind="ride")
        assert ride.handed_at is not None
        assert at(session.day - 3 * DAY, 10, zone=HERE) <= ride.handed_at < prep.handed_at


def test_a_site_that_reminds_in_the_evening_still_says_by_four_how_to_get_ready(world: World, course: Course) -> None:
    SitePolicy.objects.create(site=world.site, remind_minute=18 * 60)

    settle(at(MONDAY - DAY, 15, zone=HERE))

    assert [(m.kind, m.handed_at) for m in left(session=visit(course, 1))] == [
        ("prep", at(MONDAY - DAY, 15, zone=HERE))
    ]


def test_never_more_than_one_planned_text_a_day(world: World, course: Course) -> None:
    settle(NOW + 4 * MINUTE)

    pass_days(dt.date(2026, 11, 26), visit(course, 6).day, zone=HERE, hours=(9, 10, 15))

    days = [m.handed_at.astimezone(HERE).date() for m in left(channel="sms") if m.handed_at]
    assert len(days) == len(set(days))


def test_who_drives_gets_a_copy_the_day_before_in_their_own_language_and_no_name_in_it(
    world: World, course: Course, driver: RelatedPerson
) -> None:
    name_driver(visit(course, 1), driver)
    settle(NOW + 4 * MINUTE)

    settle(at(MONDAY - DAY, 10, zone=HERE))

    [copy] = left(kind="escort")
    assert (copy.related_person, copy.contact_point, copy.language) == (driver, None, "es")
    assert copy.dedupe_key.endswith(f":escort:sms:person-{driver.pk}")
    text = said(copy)
    assert "recoge a un amigo" in text
    assert "Maria" not in text
    assert "Ines" not in text


@pytest.mark.parametrize("why", ["no consent", "consent withdrawn", "no phone", "named for another time", "withdrawn"])
def test_who_may_not_be_texted_or_is_not_named_gets_nothing(
    world: World, course: Course, driver: RelatedPerson, why: str
) -> None:
    name_driver(visit(course, 1), driver)
    if why == "no consent":
        Consent.objects.filter(person=driver).delete()
    elif why == "consent withdrawn":
        Consent.objects.filter(person=driver).update(revoked_at=NOW)
    elif why == "no phone":
        RelatedPerson.objects.filter(pk=driver.pk).update(phone="")
    elif why == "named for another time":
        Prerequisite.objects.filter(person=driver).update(starts_at=NOW)
    else:
        Prerequisite.objects.filter(person=driver).update(withdrawn_at=NOW)

    settle(at(MONDAY - DAY, 10, zone=HERE))

    assert Message.objects.filter(kind="escort").count() == 0
    assert [m.kind for m in left(channel="sms")] == ["prep"]


def test_the_patients_own_consent_says_nothing_about_the_drivers_phone_and_the_other_way_round(
    world: World, course: Course, driver: RelatedPerson
) -> None:
    name_driver(visit(course, 1), driver)
    Consent.objects.filter(person=None).update(revoked_at=NOW)

    settle(at(MONDAY - DAY, 10, zone=HERE))

    assert [m.kind for m in left(channel="sms")] == ["escort"]
    assert Message.objects.get(kind="prep").state == "unreachable"


def test_a_yes_does_not_stop_how_to_get_ready(world: World, course: Course) -> None:
    settle(NOW + 4 * MINUTE)
    Session.objects.filter(course=course).update(confirmed_at=NOW)

    settle(at(MONDAY - 3 * DAY, 10, zone=HERE))
    settle(at(MONDAY - DAY, 10, zone=HERE))

    assert [m.kind for m in left(session=visit(course, 1))] == ["ride", "prep"]


def test_a_copy_for_a_visit_that_moved_meanwhile_does_not_leave(
    world: World, course: Course, driver: RelatedPerson
) -> None:
    first = visit(course, 1)
    name_driver(first, driver)
    eve = at(MONDAY - DAY, 10, zone=HERE)
    planning.plan_messages(now=eve)
    move_visit(world, first, MONDAY + DAY, 480, now=eve + MINUTE)

    settle(eve + 5 * MINUTE)

    assert [m.state for m in Message.objects.filter(kind="escort")] == ["skipped_changed"]


@pytest.mark.parametrize(("is_yes", "copies"), [(None, ["escort"]), (False, [])])
def test_whom_the_patient_named_is_texted_by_their_own_leave_unless_they_said_no(
    world: World, course: Course, is_yes: bool | None, copies: list[str]
) -> None:
    first = visit(course, 1)
    person_id = drivers.name_driver(
        request=Request(user=None, actor="patient"),
        patient_id=world.maria.pk,
        session_id=first.pk,
        timing=first.timing_version,
        driver=Driver(name="Ines", phone="(555) 010-7777", read="2026-11", may_text=True),
        now=NOW,
    )
    if is_yes is not None:
        drivers.answer_on_page(
            person_id=person_id, session_id=first.pk, timing=first.timing_version, is_yes=is_yes, now=NOW
        )

    settle(at(MONDAY - DAY, 12, zone=HERE))

    assert [copy.kind for copy in Message.objects.filter(related_person=person_id)] == copies


def test_a_copy_for_somebody_who_drives_no_more_does_not_leave(
    world: World, course: Course, driver: RelatedPerson
) -> None:
    first = visit(course, 1)
    name_driver(first, driver)
    eve = at(MONDAY - DAY, 10, zone=HERE)
    planning.plan_messages(now=eve)
    drivers.name_driver(
        request=Request(user=None, actor="patient"),
        patient_id=world.maria.pk,
        session_id=first.pk,
        timing=first.timing_version,
        driver=Driver(name="Tom", phone="(555) 010-7778", read="2026-11"),
        now=eve,
    )

    settle(eve + 5 * MINUTE)

    [copy] = Message.objects.filter(kind="escort")
    assert (copy.related_person_id, copy.state) == (driver.pk, "skipped_changed")
