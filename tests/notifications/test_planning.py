import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.actions import planning
from notifications.models import Message, SitePolicy
from notifications.wake import wake_sender
from patients.models import Consent, ContactPoint
from scheduling.actions import attendance
from scheduling.models import Protocol, Session
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
    # The planner was not there on Friday: what is left of that week is told late.
    assert [m.week_of for m in Message.objects.filter(kind="week").order_by("week_of")] == [
        dt.date(2026, 11, 23),
        dt.date(2026, 11, 30),
        dt.date(2026, 12, 7),
    ]
    assert Message.objects.filter(kind="week").order_by("due_at")[1].due_at == FRIDAY_NOON


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


def test_a_worker_that_slept_through_the_evening_says_that_nobody_was_told(world: World) -> None:
    session = world.visit(start_on=dt.date(2026, 11, 24))

    planning.plan_messages(now=EVE + dt.timedelta(hours=10))

    message = Message.objects.get(kind="day_before")
    assert (message.session, message.state) == (session, "skipped_stale")
    assert message.reason == "There was no time left at which the site may write. Call the patient."


def test_a_protocol_says_itself_how_early_and_at_what_time_it_reminds(world: World) -> None:
    session = world.visit(start_on=dt.date(2026, 11, 24))
    protocol = session.course.protocol
    own = {"style": "every_visit", "ahead_days": 5, "at": "11:30", "off": ["day_before"]}
    Protocol.objects.filter(pk=protocol.pk).update(definition=protocol.definition | {"reminders": own})
    due = dt.datetime(2026, 11, 19, 16, 30, tzinfo=dt.UTC)  # five days before, 11:30 in New York

    planning.plan_messages(now=due - dt.timedelta(minutes=4))
    before = planned("first_visit")
    for days in range(5):
        planning.plan_messages(now=due + dt.timedelta(days=days))

    assert before == []
    assert [message.due_at for message in Message.objects.filter(kind="first_visit")] == [due]
    assert planned("day_before") == []


def test_a_site_says_when_it_reminds_and_what_it_leaves_out(world: World) -> None:
    SitePolicy.objects.create(site=world.site, remind_minute=14 * 60, kinds_off=["first_visit"])
    world.visit(start_on=dt.date(2026, 11, 24))
    two_o_clock = EVE + dt.timedelta(hours=4)

    for now in (EVE - dt.timedelta(days=2), EVE, two_o_clock):
        planning.plan_messages(now=now)

    assert [(m.kind, m.due_at) for m in Message.objects.exclude(kind="booked")] == [("day_before", two_o_clock)]


def test_a_new_phone_is_not_told_everything_again(world: World) -> None:
    world.book()
    planning.plan_messages(now=SOON)
    ContactPoint.objects.filter(patient=world.maria).update(is_preferred=False)
    ContactPoint.objects.create(patient=world.maria, kind="phone", value="+15550105555")

    planning.plan_messages(now=SOON + dt.timedelta(hours=1))

    assert Message.objects.count() == 1


def test_whom_nobody_could_reach_is_told_once_they_agreed(world: World) -> None:
    patient = make_patient(world.site, world.receptionist, "Omar", "Haddad", phone="+15550105555", sms_consent=False)
    world.book(patient)
    planning.plan_messages(now=SOON)
    Consent.objects.create(patient=patient, channel="sms", wording="2026-11", how="at the desk", given_at=SOON)

    planning.plan_messages(now=SOON + dt.timedelta(hours=1))

    assert sorted(Message.objects.values_list("state", flat=True)) == ["pending", "unreachable"]


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
