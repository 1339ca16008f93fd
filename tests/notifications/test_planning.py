import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.actions import planning
from notifications.models import Message
from notifications.wake import wake_sender
from scheduling.actions import attendance
from scheduling.models import Session
from tests.factories import NOW, World, make_patient

SOON = NOW + dt.timedelta(minutes=4)
EVE = dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC)  # 10am in New York, the day before the first visit
FRIDAY_NOON = dt.datetime(2026, 11, 27, 17, 0, tzinfo=dt.UTC)


def planned(kind: str) -> list[tuple[int | None, str]]:
    return list(Message.objects.filter(kind=kind).order_by("due_at").values_list("session__number", "channel"))


def test_a_booked_course_is_told_once_held_three_minutes(world: World) -> None:
    world.book()

    planning.plan_messages(now=NOW)
    planning.plan_messages(now=NOW + dt.timedelta(hours=5))

    message = Message.objects.get()
    assert (message.kind, message.channel, message.due_at) == ("booked", "sms", NOW + dt.timedelta(minutes=3))


def test_planning_again_after_the_session_was_checked_in_adds_nothing(world: World) -> None:
    session = world.visit(start_on=dt.date(2026, 11, 17), preferred_minute=900)
    now = dt.datetime(2026, 11, 16, 16, 0, tzinfo=dt.UTC)
    planning.plan_messages(now=now)
    before = Message.objects.count()
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=None)

    planning.plan_messages(now=now + dt.timedelta(minutes=1))

    assert (before, Message.objects.count()) == (2, 2)


def test_a_daily_patient_is_reminded_of_the_first_visit_and_gets_a_digest_on_friday(world: World) -> None:
    world.book()

    for hours in range(0, 24 * 14, 2):
        planning.plan_messages(now=EVE + dt.timedelta(hours=hours))

    assert planned("day_before") == [(1, "sms")]
    assert [m.week_of for m in Message.objects.filter(kind="week").order_by("week_of")] == [
        dt.date(2026, 11, 30),
        dt.date(2026, 12, 7),
    ]
    assert Message.objects.filter(kind="week").order_by("due_at")[0].due_at == FRIDAY_NOON


def test_a_visit_after_days_without_one_is_reminded(world: World) -> None:
    course = world.book()
    taper = Session.objects.get(course=course, number=31)  # a Monday, after the Thursday of session 30

    eve = taper.starts_at - dt.timedelta(hours=22)
    planning.plan_messages(now=eve)

    assert planned("day_before") == [(31, "sms")]


def test_a_protocol_with_single_visits_is_reminded_of_every_one(world: World) -> None:
    world.visit(start_on=dt.date(2026, 11, 24))

    planning.plan_messages(now=EVE)

    assert planned("day_before") == [(1, "sms")]


def test_bah_1_a_patient_nobody_can_reach_is_on_the_list_and_the_others_are_reminded(world: World) -> None:
    unreachable = make_patient(world.site, world.receptionist, "Omar", "Haddad", phone=None, sms_consent=False)
    world.book(unreachable)
    world.book(world.maria)

    planning.plan_messages(now=SOON)

    rows = Message.objects.order_by("patient_id").values_list("patient__first_name", "state")
    assert list(rows) == [("Maria", "pending"), ("Omar", "unreachable")]


def test_bah_2_a_worker_that_slept_three_hours_plans_what_is_still_of_use(world: World) -> None:
    world.visit(start_on=dt.date(2026, 11, 24))

    planning.plan_messages(now=EVE + dt.timedelta(hours=3))

    assert planned("day_before") == [(1, "sms")]


def test_a_worker_that_slept_through_the_evening_plans_no_stale_reminder(world: World) -> None:
    world.visit(start_on=dt.date(2026, 11, 24))

    planning.plan_messages(now=EVE + dt.timedelta(hours=10))

    assert planned("day_before") == []


def test_planning_costs_the_same_number_of_queries_for_one_course_and_for_three(world: World) -> None:
    world.book()
    with CaptureQueriesContext(connection) as for_one:
        planning.plan_messages(now=SOON)
    world.book(world.daniel)
    world.book(make_patient(world.site, world.receptionist, "Aisha", "Lee", phone="+15550102042"))

    with CaptureQueriesContext(connection) as for_three:
        planning.plan_messages(now=SOON)

    assert len(for_one) == len(for_three)


def test_a_broker_that_is_down_does_not_fail_the_nudge(world: World) -> None:
    wake_sender()

    assert Message.objects.count() == 0
