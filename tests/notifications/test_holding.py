"""The three minutes of a text in the hand of who made the change: at once, not at all, and taken back after it went."""

import datetime as dt

import pytest

from clinic.errors import Conflict
from clinic.models import AuditEntry
from notifications.actions import planning
from notifications.actions.holding import Held, dont_send, held_of, send_now
from notifications.models import Message
from notifications.untold import visits_untold
from scheduling.models import Session
from tests.factories import NOW, World
from tests.notifications.days import HOUR, MINUTE, left, look, settle
from tests.notifications.desk import cancel_visit, move_visit, take_back

DAY_OF_VISIT = dt.date(2026, 11, 24)
NEW_DAY = dt.date(2026, 11, 25)
LATER = NOW + HOUR  # 10am in New York: texts may leave
ZONE = "America/New_York"
SOON = LATER + dt.timedelta(seconds=20)


@pytest.fixture
def visit(world: World) -> Session:
    """A single visit that its patient was told of as booked."""
    session = world.visit(start_on=DAY_OF_VISIT, preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    return session


def told(**wanted: object) -> list[str]:
    return [message.facts["when"] for message in left(kind="moved", **wanted)]


def test_a_change_is_held_until_three_minutes_after_it(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)

    found = held_of(course_id=visit.course_id, now=SOON)

    assert found == Held(LATER + 3 * MINUTE, ("sms",), False, ZONE)


def test_a_new_course_is_held_before_and_after_its_row_is_made(world: World) -> None:
    course = world.book(start_on=DAY_OF_VISIT)
    before = held_of(course_id=course.pk, now=NOW)
    look(NOW)

    after = held_of(course_id=course.pk, now=NOW)

    assert (before, after) == (Held(NOW + 3 * MINUTE, ("sms",), False, ZONE),) * 2


def test_what_is_outside_the_hours_is_held_until_they_begin(world: World, visit: Session) -> None:
    night = dt.datetime(2026, 11, 17, 9, 0, tzinfo=dt.UTC)  # 4am in New York
    move_visit(world, visit, NEW_DAY, 600, now=night)

    found = held_of(course_id=visit.course_id, now=night)

    assert found is not None
    assert found.due_at == dt.datetime(2026, 11, 17, 14, 0, tzinfo=dt.UTC)


def test_nothing_is_held_where_nothing_changed(visit: Session) -> None:
    assert held_of(course_id=visit.course_id, now=LATER) is None


def test_nothing_is_held_where_nobody_can_be_reached(world: World, visit: Session) -> None:
    world.maria.consents.update(revoked_at=NOW)
    move_visit(world, visit, NEW_DAY, 600, now=LATER)

    assert held_of(course_id=visit.course_id, now=SOON) is None


def test_sent_now_leaves_at_once_and_only_once(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)

    count = send_now(request=world.request, course_id=visit.course_id, now=SOON)
    for minutes in range(6):
        look(SOON + minutes * MINUTE)

    [message] = left(kind="moved")
    assert (count, message.handed_at, message.facts["when"]) == (1, SOON, "Wed, Nov 25 at 10am ET")
    assert AuditEntry.objects.filter(action="message.sent_at_once").count() == 1


def test_sent_now_still_waits_for_the_hours_of_the_site(world: World, visit: Session) -> None:
    night = dt.datetime(2026, 11, 17, 9, 0, tzinfo=dt.UTC)
    move_visit(world, visit, NEW_DAY, 600, now=night)
    send_now(request=world.request, course_id=visit.course_id, now=night)

    look(night + MINUTE)

    assert [(m.state, m.due_at) for m in Message.objects.filter(kind="moved")] == [
        ("pending", dt.datetime(2026, 11, 17, 14, 0, tzinfo=dt.UTC))
    ]


def test_not_sent_is_never_sent_and_no_person_has_to_look_at_it(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)

    count = dont_send(request=world.request, course_id=visit.course_id, now=SOON)
    for minutes in range(6):
        look(SOON + minutes * MINUTE)

    [message] = Message.objects.filter(kind="moved")
    assert (count, message.state, message.handed_at) == (1, "skipped_changed", None)
    assert message.reason == f"{world.receptionist.name} chose not to send it."
    assert visits_untold(site_ids=[world.site.pk], now=SOON + 6 * MINUTE) == []
    assert held_of(course_id=visit.course_id, now=SOON) is None


def test_a_new_course_can_be_told_at_once_or_not_at_all(world: World) -> None:
    first, second = world.book(start_on=DAY_OF_VISIT), world.book(world.daniel, start_on=DAY_OF_VISIT)
    look(NOW)
    send_now(request=world.request, course_id=first.pk, now=NOW)
    dont_send(request=world.request, course_id=second.pk, now=NOW)

    for minutes in range(5):
        look(NOW + minutes * MINUTE)

    assert [(m.course_id, m.handed_at) for m in left(kind="booked")] == [(first.pk, NOW)]


def test_what_is_undone_after_its_text_has_gone_is_told_again(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)
    send_now(request=world.request, course_id=visit.course_id, now=SOON)
    look(SOON)
    take_back(world, visit, now=LATER + MINUTE)
    held = held_of(course_id=visit.course_id, now=LATER + MINUTE)

    send_now(request=world.request, course_id=visit.course_id, now=LATER + MINUTE)
    waiting = Message.objects.filter(kind="moved", state="pending").count()

    assert held == Held(LATER + 4 * MINUTE, ("sms",), True, ZONE)
    assert (told(), waiting) == (["Wed, Nov 25 at 10am ET"], 1)


def test_what_is_undone_after_its_text_has_gone_is_told_by_the_planner_too(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)
    send_now(request=world.request, course_id=visit.course_id, now=SOON)
    look(SOON)
    take_back(world, visit, now=LATER + MINUTE)

    for minutes in range(8):
        look(LATER + minutes * MINUTE)
    settle(LATER + 24 * HOUR)  # the third text of its day had to wait

    assert told() == ["Wed, Nov 25 at 10am ET", "Tue, Nov 24 at 1pm ET"]


def test_what_is_undone_before_its_text_has_gone_is_not_told(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)
    send_now(request=world.request, course_id=visit.course_id, now=SOON)
    take_back(world, visit, now=SOON + dt.timedelta(seconds=1))  # the worker had not come by

    for minutes in range(6):
        look(SOON + minutes * MINUTE)

    assert told() == []


def test_what_somebody_chose_not_to_send_is_not_corrected_when_it_is_undone(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)
    dont_send(request=world.request, course_id=visit.course_id, now=SOON)
    take_back(world, visit, now=LATER + MINUTE)

    for minutes in range(6):
        look(LATER + minutes * MINUTE)

    assert left(kind="moved") == []


def test_a_second_change_is_held_by_itself(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)
    dont_send(request=world.request, course_id=visit.course_id, now=SOON)
    cancel_visit(world, visit, now=LATER + MINUTE)

    found = held_of(course_id=visit.course_id, now=LATER + MINUTE)

    assert found == Held(LATER + 4 * MINUTE, ("sms",), False, ZONE)


def test_what_is_due_already_does_not_say_when_the_next_one_goes(world: World, visit: Session) -> None:
    move_visit(world, visit, NEW_DAY, 600, now=LATER)
    planning.plan_messages(now=LATER + 3 * MINUTE)  # and then the worker stops: what is due still waits
    late = LATER + 5 * MINUTE
    cancel_visit(world, visit, now=late)

    found = held_of(course_id=visit.course_id, now=late)

    assert found == Held(late + 3 * MINUTE, ("sms",), False, ZONE)


@pytest.mark.parametrize("act", [send_now, dont_send])
def test_what_has_gone_can_be_neither_sent_nor_kept_back(world: World, visit: Session, act: object) -> None:
    assert callable(act)
    with pytest.raises(Conflict, match="Nothing is held any more"):
        act(request=world.request, course_id=visit.course_id, now=LATER)

    assert AuditEntry.objects.filter(action__startswith="message.").count() == 0
