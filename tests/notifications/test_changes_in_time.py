"""Changes that come to nothing are not told, now or nine days later; what is one is told before somebody comes."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from notifications.actions import planning
from notifications.models import Message, SitePolicy
from notifications.rendering import said
from scheduling.actions import attendance, course_states, moving
from scheduling.domain.states import EndReason
from scheduling.models import Session
from scheduling.queries import repairs
from tests.factories import NOW, World
from tests.notifications.days import DAY, HOUR, MINUTE, at, left, look, settle
from tests.notifications.desk import cancel_visit, fresh, move_visit, nobody_came, take_back

HERE = ZoneInfo("America/New_York")
TUESDAY = dt.date(2026, 11, 24)
LATER = NOW + HOUR  # 10am in New York: texts may leave


@pytest.fixture
def visit(world: World) -> Session:
    """A single visit that its patient was told of as booked."""
    session = world.visit(start_on=TUESDAY, preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    return session


def kinds(**wanted: object) -> list[str]:
    return [message.kind for message in left(**wanted) if message.kind != "booked"]


@pytest.mark.parametrize("what", ["moved", "cancelled"])
def test_nine_days_after_a_slip_was_undone_nothing_is_said_of_it(world: World, what: str) -> None:
    session = world.visit(start_on=dt.date(2026, 12, 8), preferred_minute=780)
    settle(NOW + 4 * MINUTE)
    if what == "moved":
        move_visit(world, session, dt.date(2026, 12, 9), 780, now=LATER)
    else:
        cancel_visit(world, session, now=LATER)
    take_back(world, session, now=LATER + 2 * MINUTE)

    look(LATER + 9 * DAY + MINUTE)  # the first step is further back than is looked, the second is not

    assert Message.objects.exclude(kind="booked").count() == 0


def test_a_slip_after_a_move_that_was_told_says_nothing_more(world: World, visit: Session) -> None:
    move_visit(world, visit, TUESDAY, 900, now=LATER)
    settle(LATER + 4 * MINUTE)
    move_visit(world, visit, TUESDAY, 600, now=LATER + HOUR)
    take_back(world, visit, now=LATER + HOUR + MINUTE)

    settle(LATER + HOUR + 5 * MINUTE)

    assert kinds() == ["moved"]


def test_a_slip_while_a_move_waits_to_be_told_does_not_silence_it(world: World, visit: Session) -> None:
    night = at(NOW.date(), 21, 30, zone=HERE)
    move_visit(world, visit, TUESDAY, 900, now=night)
    look(night + 4 * MINUTE)
    move_visit(world, visit, TUESDAY, 600, now=night + HOUR)
    take_back(world, visit, now=night + HOUR + MINUTE)
    look(night + HOUR + 5 * MINUTE)

    settle(at(NOW.date() + DAY, 9, zone=HERE))

    [message] = left(kind="moved")
    assert message.facts["when"] == "Tue, Nov 24 at 3pm ET"


def test_a_visit_moved_on_its_morning_is_told_within_the_hours_of_the_law_and_before_the_old_time(
    world: World,
) -> None:
    session = world.visit(start_on=TUESDAY, preferred_minute=510)
    settle(NOW + 4 * MINUTE)
    move_visit(world, session, TUESDAY, 900, now=at(TUESDAY, 7, 35, zone=HERE))

    for minute in range(38, 39 + 25, 6):
        look(at(TUESDAY, 7, zone=HERE) + minute * MINUTE)

    [message] = left(kind="moved")
    assert message.handed_at is not None
    assert at(TUESDAY, 8, zone=HERE) <= message.handed_at < at(TUESDAY, 8, 30, zone=HERE)


def test_a_visit_moved_in_the_evening_from_the_next_morning_is_told_that_evening(world: World) -> None:
    session = world.visit(start_on=TUESDAY, preferred_minute=510)
    settle(NOW + 4 * MINUTE)
    evening = at(TUESDAY - DAY, 20, 30, zone=HERE)
    move_visit(world, session, TUESDAY + DAY, 510, now=evening)

    settle(evening + 4 * MINUTE)

    assert [m.handed_at for m in left(kind="moved")] == [evening + 4 * MINUTE]


def test_the_third_text_of_a_day_does_not_wait_past_the_old_time(world: World) -> None:
    session = world.visit(start_on=TUESDAY, preferred_minute=510)
    settle(NOW + 4 * MINUTE)
    noon = at(TUESDAY - DAY, 12, zone=HERE)
    for hours, minute in enumerate((480, 525, 600)):
        move_visit(world, session, TUESDAY if hours < 2 else TUESDAY + 6 * DAY, minute, now=noon + hours * HOUR)
        settle(noon + hours * HOUR + 4 * MINUTE)

    assert [m.facts["when"] for m in left(kind="moved")][-1] == "Mon, Nov 30 at 10am ET"


def test_a_check_in_taken_back_before_the_visit_is_no_move(world: World, visit: Session) -> None:
    early = visit.starts_at - HOUR
    attendance.arrive(session_id=visit.pk, version=fresh(visit).version, now=early, by=world.receptionist)
    take_back(world, visit, now=early + MINUTE)

    settle(early + 5 * MINUTE)

    assert Message.objects.filter(kind="moved").count() == 0


EVE = at(TUESDAY - DAY, 10, zone=HERE)


def test_a_slip_after_the_reminder_left_does_not_double_it(world: World, visit: Session) -> None:
    settle(EVE)
    move_visit(world, visit, TUESDAY + DAY, 600, now=EVE + HOUR)
    take_back(world, visit, now=EVE + HOUR + 2 * MINUTE)

    for minutes in (3, 6, 7, 10):
        look(EVE + HOUR + minutes * MINUTE)

    assert kinds() == ["day_before"]
    assert Message.objects.filter(kind="day_before").count() == 1


def test_after_a_move_that_was_told_and_taken_back_the_reminder_is_said_again(world: World, visit: Session) -> None:
    settle(at(TUESDAY - 3 * DAY, 10, zone=HERE))
    move_visit(world, visit, TUESDAY + DAY, 780, now=at(TUESDAY - 3 * DAY, 11, zone=HERE))
    settle(at(TUESDAY - 3 * DAY, 11, 4, zone=HERE))
    take_back(world, visit, now=at(TUESDAY - 2 * DAY, 11, zone=HERE))
    settle(at(TUESDAY - 2 * DAY, 11, 4, zone=HERE))

    settle(EVE)

    assert kinds() == ["first_visit", "moved", "moved", "day_before"]


def test_a_reminder_due_during_a_slip_is_said_after_it(world: World, visit: Session) -> None:
    three_before = at(TUESDAY - 3 * DAY, 10, zone=HERE)
    move_visit(world, visit, TUESDAY + DAY, 600, now=three_before - MINUTE)
    look(three_before)
    take_back(world, visit, now=three_before + MINUTE)

    settle(three_before + 5 * MINUTE)

    assert kinds(session=visit) == ["first_visit"]


def test_a_daily_patient_is_not_reminded_because_of_a_slip(world: World) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    for day in (20, 23, 24, 27):
        settle(at(dt.date(2026, 11, day), 12, zone=HERE))
    session = Session.objects.get(course=course, day=dt.date(2026, 12, 2))
    move_visit(world, session, session.day, 900, now=at(dt.date(2026, 11, 30), 11, zone=HERE))
    take_back(world, session, now=at(dt.date(2026, 11, 30), 11, 1, zone=HERE))

    settle(at(dt.date(2026, 12, 1), 10, zone=HERE))

    assert kinds(session=session) == []


@pytest.fixture
def last(world: World) -> Session:
    """The last visit of a daily course; all others took place."""
    course = world.book(counts={"acute": 10, "taper": 3})
    settle(NOW + 4 * MINUTE)
    *others, found = Session.objects.filter(course=course).order_by("starts_at")
    for session in others:
        Session.objects.filter(pk=session.pk).update(state="completed", arrived_at=session.starts_at)
    return found


def missed_and_made_up(world: World, session: Session, *, wait: dt.timedelta) -> Session:
    """Let a visit be missed and made up after a while; return the make-up."""
    now = session.ends_at + 9 * HOUR  # there is no place left that day
    nobody_came(world, session, now=now)
    for minutes in range(4, int(wait / MINUTE), 3):
        look(now + minutes * MINUTE)
    choice = next(each for each in repairs.make_up_choices(fresh(session), now=now + wait) if not each.why_not)
    moving.apply_change(
        request=world.request,
        token=choice.token,
        now=now + wait,
        session_id=session.pk,
        version=fresh(session).version,
        may_decide=True,
    )
    settle(now + wait + 4 * MINUTE)
    return Session.objects.get(makeup_of=session)


def test_a_make_up_made_after_the_miss_was_told_is_told_once(world: World, last: Session) -> None:
    make_up = missed_and_made_up(world, last, wait=10 * MINUTE)

    for days in (1, 2):
        settle(last.ends_at + 9 * HOUR + days * DAY)

    assert kinds(session=last, kind="missed") == ["missed"]
    assert kinds(session=make_up, kind="moved") == ["moved"]


def test_a_make_up_made_with_the_miss_is_told_in_its_text_and_never_again(world: World, last: Session) -> None:
    make_up = missed_and_made_up(world, last, wait=MINUTE)

    planning.plan_messages(now=make_up.starts_at - HOUR)

    [message] = left(kind="missed")
    assert make_up.starts_at - last.ends_at > 2 * DAY  # the miss itself is not told any more
    assert message.facts["when"] in said(message)
    assert kinds(session=make_up, kind="moved") == []


def test_where_a_site_says_nothing_of_misses_the_make_up_is_told(world: World, last: Session) -> None:
    SitePolicy.objects.create(site=world.site, kinds_off=["missed"])

    make_up = missed_and_made_up(world, last, wait=MINUTE)

    assert kinds(kind="missed") == []
    assert kinds(session=make_up, kind="moved") == ["moved"]


def test_who_moves_away_is_not_told_that_the_clinic_had_to_cancel(world: World) -> None:
    course = world.book()
    settle(NOW + 4 * MINUTE)
    course_states.discontinue_course(
        request=world.request, course_id=course.pk, version=course.version, reason=EndReason.MOVED_AWAY, now=LATER
    )

    settle(LATER + 4 * MINUTE)

    assert kinds() == []
    assert set(Session.objects.filter(course=course).values_list("cancelled_by", flat=True)) == {"patient"}


def test_a_visit_ahead_that_never_should_have_been_is_told_as_cancelled(world: World, visit: Session) -> None:
    attendance.enter_in_error(
        session_id=visit.pk, version=fresh(visit).version, reason="Wrong patient", now=LATER, by=world.receptionist
    )

    settle(LATER + 4 * MINUTE)

    assert [m.facts["old"] for m in left(kind="cancelled")] == ["Tue, Nov 24"]
