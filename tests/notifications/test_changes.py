"""Visits that are not what they were: told once, after three minutes in which nobody changed them again."""

import datetime as dt
from typing import Any

import pytest

from notifications.actions import planning, sending
from notifications.models import Message
from notifications.rendering import said
from scheduling.actions import attendance, course_states, courses
from scheduling.domain.states import CancelledBy, EndReason
from scheduling.models import Session
from tests.factories import NOW, World, make_patient
from tests.notifications.days import HOUR, MINUTE, left, look, settle
from tests.notifications.desk import cancel_visit, move_visit, nobody_came, take_back

DAY_OF_VISIT = dt.date(2026, 11, 24)
LATER = NOW + HOUR  # 10am in New York: texts may leave


@pytest.fixture
def visit(world: World) -> Session:
    """A single visit that its patient was told of as booked."""
    session = world.visit(start_on=DAY_OF_VISIT, preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    return session


def texts(kind: str) -> list[str]:
    return [said(message) for message in left(kind=kind)]


def test_a_moved_visit_is_told_after_three_minutes_with_its_new_time(world: World, visit: Session) -> None:
    move_visit(world, visit, dt.date(2026, 11, 25), 600, now=LATER)

    look(LATER + 2 * MINUTE)
    before = left(kind="moved")
    look(LATER + 3 * MINUTE)

    assert before == []
    [text] = texts("moved")
    assert text.startswith("Riverside Clinic: Your visit moved to Wed, Nov 25 at 10am")


def test_ea_10_five_drags_in_two_minutes_send_one_text_with_the_final_time(world: World, visit: Session) -> None:
    for step, minute in enumerate((600, 660, 720, 840, 900)):
        move_visit(world, visit, dt.date(2026, 11, 25), minute, now=LATER + step * dt.timedelta(seconds=24))
        look(LATER + step * dt.timedelta(seconds=24))

    for minutes in range(8):
        look(LATER + minutes * MINUTE)

    assert [m.facts["when"] for m in left(kind="moved")] == ["Wed, Nov 25 at 3pm ET"]
    assert Message.objects.filter(kind="moved").count() == 1


@pytest.mark.parametrize("how", ["undo", "drag it back"])
def test_a_drag_taken_back_within_three_minutes_sends_nothing(world: World, visit: Session, how: str) -> None:
    move_visit(world, visit, dt.date(2026, 11, 25), 600, now=LATER)
    if how == "undo":
        take_back(world, visit, now=LATER + 2 * MINUTE)
    else:
        move_visit(world, visit, DAY_OF_VISIT, 780, now=LATER + 2 * MINUTE)

    for minutes in range(10):
        look(LATER + minutes * MINUTE)

    assert Message.objects.exclude(kind="booked").count() == 0


def test_a_move_taken_back_after_it_was_told_is_told_again(world: World, visit: Session) -> None:
    move_visit(world, visit, dt.date(2026, 11, 25), 600, now=LATER)
    settle(LATER + 4 * MINUTE)
    take_back(world, visit, now=LATER + HOUR)

    settle(LATER + HOUR + 4 * MINUTE)  # the third text of the day: it waits
    settle(LATER + 24 * HOUR)

    assert [m.facts["when"] for m in left(kind="moved")] == ["Wed, Nov 25 at 10am ET", "Tue, Nov 24 at 1pm ET"]


def test_a_move_arms_the_reminder_anew_and_clears_the_confirmation(world: World, visit: Session) -> None:
    settle(dt.datetime(2026, 11, 21, 15, 0, tzinfo=dt.UTC))  # three days ahead: told of the first visit
    Session.objects.filter(pk=visit.pk).update(confirmed_at=LATER)
    moved = move_visit(world, visit, dt.date(2026, 12, 1), 780, now=dt.datetime(2026, 11, 23, 14, 0, tzinfo=dt.UTC))

    for day in (23, 28, 30):
        settle(dt.datetime(2026, 11, day, 15, 10, tzinfo=dt.UTC))

    assert moved.confirmed_at is None
    assert [(m.kind, m.timing_version) for m in left(session=visit)] == [
        ("first_visit", 1),
        ("moved", 2),
        ("first_visit", 2),
        ("day_before", 2),
    ]


@pytest.mark.parametrize(
    ("by_whom", "told"),
    [(CancelledBy.CLINIC, ["Tue, Nov 24"]), (CancelledBy.PATIENT, []), (CancelledBy.SYSTEM, ["Tue, Nov 24"])],
)
def test_a_visit_the_clinic_cancelled_is_told_and_one_the_patient_cancelled_is_not(
    world: World, visit: Session, by_whom: CancelledBy, told: list[str]
) -> None:
    cancel_visit(world, visit, now=LATER, by_whom=by_whom)

    settle(LATER + 4 * MINUTE)

    assert [m.facts["old"] for m in left(kind="cancelled")] == told


def test_a_cancellation_undone_in_time_sends_nothing(world: World, visit: Session) -> None:
    cancel_visit(world, visit, now=LATER)
    take_back(world, visit, now=LATER + MINUTE)

    settle(LATER + 5 * MINUTE)

    assert Message.objects.exclude(kind="booked").count() == 0


def test_nobody_hears_that_they_missed_a_visit_before_a_person_settled_it(world: World, visit: Session) -> None:
    Session.objects.filter(pk=visit.pk).update(state="missed")
    settle(visit.ends_at + HOUR)
    assert left(kind="missed") == []

    nobody_came(world, visit, now=visit.ends_at + HOUR)
    settle(visit.ends_at + HOUR + 4 * MINUTE)

    [message] = left(kind="missed")
    assert said(message).startswith("Riverside Clinic: We missed you Tue, Nov 24. Call")


def test_a_miss_taken_back_in_time_sends_nothing(world: World, visit: Session) -> None:
    nobody_came(world, visit, now=visit.ends_at)
    take_back(world, visit, now=visit.ends_at + 2 * MINUTE)

    settle(visit.ends_at + 6 * MINUTE)

    assert left(kind="missed") == []


def test_fourteen_visits_moved_by_one_decision_are_one_text(world: World) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    sessions = list(Session.objects.filter(course=course, number__gte=23).order_by("number"))
    for session in sessions:
        move_visit(world, session, session.day, 900, now=LATER)

    settle(LATER + 4 * MINUTE)

    assert len(sessions) == 14
    [text] = texts("moved")
    assert text.startswith("Riverside Clinic: Some of your visits have moved. See your times: http")
    assert Message.objects.filter(kind="moved", state="skipped_merged").count() == 13


@pytest.mark.parametrize(("reason", "told"), [(EndReason.NO_RESPONSE, 1), (EndReason.DIED, 0)])
def test_bah_11_a_course_that_ends_early_is_one_text_and_none_where_nobody_is_told(
    world: World, reason: EndReason, told: int
) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    course_states.discontinue_course(
        request=world.request, course_id=course.pk, version=course.version, reason=reason, now=LATER
    )

    settle(LATER + 4 * MINUTE)

    assert len(left(kind="cancelled")) == told
    if told:
        assert texts("cancelled")[0].startswith("Riverside Clinic: Sorry, we had to cancel some of your visits.")
        assert Message.objects.filter(kind="cancelled", state="skipped_merged").count() == 35


def test_one_moved_and_one_cancelled_within_three_minutes_are_one_text(world: World) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    first, second = Session.objects.filter(course=course, number__in=[20, 21]).order_by("number")
    move_visit(world, first, first.day, 900, now=LATER)
    cancel_visit(world, second, now=LATER + MINUTE)

    settle(LATER + 5 * MINUTE)

    assert [(m.kind, m.state) for m in Message.objects.filter(session__in=[first, second]).order_by("kind")] == [
        ("cancelled", "skipped_merged"),
        ("moved", "shown"),
    ]


def test_a_change_told_in_time_for_tomorrow_takes_the_place_of_the_reminder(world: World, visit: Session) -> None:
    eve = dt.datetime(2026, 11, 23, 14, 58, tzinfo=dt.UTC)  # 9:58am, the day before
    move_visit(world, visit, DAY_OF_VISIT, 900, now=eve)

    for minutes in range(8):
        look(eve + minutes * MINUTE)

    assert [m.kind for m in left(session=visit)] == ["moved"]
    reminder = Message.objects.get(session=visit, kind="day_before")
    assert (reminder.state, reminder.merged_into and reminder.merged_into.kind) == ("skipped_merged", "moved")


def test_a_change_of_a_course_that_was_only_held_is_told_to_nobody(world: World) -> None:
    proposal = world.propose(protocol_code="consult", start_on=DAY_OF_VISIT)
    course_id, _again = courses.book_course(
        request=world.request, proposal=proposal, now=NOW, held_until=NOW + dt.timedelta(days=2)
    )
    session = Session.objects.get(course=course_id)
    move_visit(world, session, DAY_OF_VISIT, 900, now=LATER)

    settle(LATER + 4 * MINUTE)

    assert Message.objects.count() == 0


@pytest.mark.parametrize("step", ["confirm", "annotate", "check in", "check in and back"])
def test_planning_again_after_a_step_that_changes_no_time_adds_no_row(world: World, visit: Session, step: str) -> None:
    now = dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC)
    planning.plan_messages(now=now)
    before = set(Message.objects.values_list("dedupe_key", flat=True))
    assert f"session-{visit.pk}.1:day_before:sms" in {key.rpartition(":")[0] for key in before}

    if step == "confirm":
        Session.objects.filter(pk=visit.pk).update(confirmed_at=now)
    elif step == "annotate":
        Session.objects.filter(pk=visit.pk).update(deviation="Prefers the left chair", version=9)
    else:
        attendance.arrive(session_id=visit.pk, version=1, now=visit.starts_at, by=world.receptionist)
        if step == "check in and back":
            take_back(world, visit, now=visit.starts_at)
    for later in (MINUTE, 4 * MINUTE, HOUR):
        planning.plan_messages(now=now + later)
        planning.plan_messages(now=visit.starts_at + later)

    assert set(Message.objects.values_list("dedupe_key", flat=True)) == before


def test_who_said_yes_is_not_asked_again(world: World, visit: Session) -> None:
    Session.objects.filter(pk=visit.pk).update(confirmed_at=LATER)

    settle(dt.datetime(2026, 11, 21, 15, 0, tzinfo=dt.UTC))
    settle(dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC))

    assert left(session=visit) == []


def test_who_said_yes_after_the_reminder_was_planned_is_not_asked_either(world: World, visit: Session) -> None:
    now = dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC)
    planning.plan_messages(now=now)
    Session.objects.filter(pk=visit.pk).update(confirmed_at=now)

    sending.drain_messages(now=now)

    message = Message.objects.get(kind="day_before")
    assert (message.state, message.reason) == ("skipped_changed", "They said yes to this visit already.")


def test_two_courses_of_one_patient_on_one_day_are_one_text_with_both_times(world: World) -> None:
    world.visit(start_on=DAY_OF_VISIT, preferred_minute=780)
    world.visit(start_on=DAY_OF_VISIT, preferred_minute=900)
    settle(NOW + 4 * MINUTE)

    settle(dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC))

    [message] = left(kind="day_before")
    assert "You have a visit Tue, Nov 24 at 1pm ET and 3pm. Can you come?" in said(message)
    assert [m.merged_into for m in Message.objects.filter(kind="day_before", state="skipped_merged")] == [message]


def test_two_patients_with_one_number_each_get_their_own(world: World) -> None:
    twin = make_patient(
        world.site, world.receptionist, "Rosa", "Garcia", birth_date=dt.date(2010, 1, 1)
    )  # the same phone
    world.visit(start_on=DAY_OF_VISIT, preferred_minute=780)
    world.visit(twin, start_on=DAY_OF_VISIT, preferred_minute=900)
    settle(NOW + 4 * MINUTE)

    settle(dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC))

    assert {m.patient_id for m in left(kind="day_before")} == {world.maria.pk, twin.pk}


def facts_of(message: Message) -> dict[str, Any]:
    return dict(message.facts)


def test_a_merged_message_tried_again_still_says_both(world: World) -> None:
    world.visit(start_on=DAY_OF_VISIT, preferred_minute=780)
    world.visit(start_on=DAY_OF_VISIT, preferred_minute=900)
    settle(NOW + 4 * MINUTE)
    settle(dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC))
    [message] = left(kind="day_before")
    said_first = facts_of(message)["when"]

    Message.objects.filter(pk=message.pk).update(state="pending", handed_at=None)
    look(dt.datetime(2026, 11, 23, 15, 10, tzinfo=dt.UTC))

    assert facts_of(Message.objects.get(pk=message.pk))["when"] == said_first
