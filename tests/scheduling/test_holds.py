import datetime as dt

import pytest

from attention import queries as attention
from attention.domain.items import Kind
from notifications.actions.planning import plan_messages
from notifications.models import Message
from scheduling.actions import courses, holds, misses
from scheduling.errors import IllegalMove, Rejected, SlotTaken
from scheduling.models import Course, CourseEvent, Reservation, Session, SessionEvent
from tests.factories import NOW, World, prepare, propose

UNTIL = NOW + dt.timedelta(days=9)


@pytest.fixture
def held(world: World) -> Course:
    course_id, _again = courses.book_course(request=world.request, proposal=world.propose(), now=NOW, held_until=UNTIL)
    return prepare(Course.objects.get(pk=course_id))


def states(course: Course) -> set[str]:
    return set(Session.objects.filter(course=course).values_list("state", flat=True))


def test_a_hold_takes_the_times_and_tells_nobody(held: Course) -> None:
    assert (held.state, held.held_until, states(held)) == ("draft", UNTIL, {"held"})
    assert plan_messages(now=NOW) == 0
    assert Message.objects.count() == 0


def test_nobody_else_gets_a_held_time(world: World) -> None:
    before_the_hold = propose(world.site, world.daniel)
    courses.book_course(request=world.request, proposal=world.propose(), now=NOW, held_until=UNTIL)

    with pytest.raises(SlotTaken):
        courses.book_course(request=world.request, proposal=before_the_hold, now=NOW)


def test_a_held_session_is_never_flagged_as_missed(held: Course) -> None:
    assert misses.flag_missed_sessions(now=NOW + dt.timedelta(days=365)) == 0


def test_confirming_books_every_time_and_then_the_patient_is_told(world: World, held: Course) -> None:
    holds.confirm_hold(request=world.request, course_id=held.pk, now=NOW + dt.timedelta(days=2))

    held.refresh_from_db()
    first = Session.objects.get(course=held, number=1)
    assert (held.state, held.held_until, states(held)) == ("active", None, {"booked"})
    assert first.missed_after == first.ends_at + dt.timedelta(minutes=15)
    assert plan_messages(now=NOW + dt.timedelta(days=2)) > 0
    kinds = list(CourseEvent.objects.filter(course=held).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["held", "booked"]


def test_a_hold_is_confirmed_once(world: World, held: Course) -> None:
    holds.confirm_hold(request=world.request, course_id=held.pk, now=NOW)

    with pytest.raises(IllegalMove, match="holds no times any more"):
        holds.confirm_hold(request=world.request, course_id=held.pk, now=NOW)


def test_a_hold_whose_first_visit_has_passed_is_not_confirmed(world: World, held: Course) -> None:
    with pytest.raises(IllegalMove, match="first visit of this hold has passed"):
        holds.confirm_hold(request=world.request, course_id=held.pk, now=NOW + dt.timedelta(days=9))

    assert states(held) == {"held"}


def test_the_clock_gives_the_times_back_once_and_only_then(world: World, held: Course) -> None:
    assert holds.release_expired_holds(now=UNTIL - dt.timedelta(seconds=1)) == 0
    assert holds.release_expired_holds(now=UNTIL) == 1
    assert holds.release_expired_holds(now=UNTIL + dt.timedelta(days=1)) == 0

    held.refresh_from_db()
    assert (held.state, held.held_until, states(held)) == ("discontinued", None, {"cancelled"})
    assert not Reservation.objects.filter(session__course=held, is_active=True).exists()
    released = SessionEvent.objects.filter(session__course=held, kind="released", by=None, reason="The hold ran out")
    assert released.count() == 36
    assert plan_messages(now=UNTIL) == 0
    assert world.book().state == "active"  # the very same times are free again


def test_a_person_gives_the_times_back_with_a_reason(world: World, held: Course) -> None:
    holds.release_hold(request=world.request, course_id=held.pk, reason="Denied", now=NOW)

    event = CourseEvent.objects.get(course=held, kind="released")
    assert (event.reason, event.by, states(held)) == ("Denied", world.receptionist, {"cancelled"})


@pytest.mark.parametrize(
    ("days_before", "is_shown"),
    # Held until Wednesday 9am: from Tuesday on, not on Monday.
    [(2, False), (1, True), (0.5, True), (0, False)],
)
def test_a_hold_about_to_end_needs_attention_one_working_day_before(
    world: World, held: Course, days_before: float, is_shown: bool
) -> None:
    items = attention.items(site_ids=[world.site.pk], now=UNTIL - dt.timedelta(days=days_before))

    # Until then it says, with less haste, that they are ready to book; one item a hold.
    assert [item.kind for item in items] == ["hold_ending" if is_shown else "hold_ready"] * (days_before > 0)


def test_a_hold_over_the_weekend_needs_attention_on_friday(world: World) -> None:
    monday = dt.datetime(2026, 11, 23, 14, 0, tzinfo=dt.UTC)
    courses.book_course(request=world.request, proposal=world.propose(), now=NOW, held_until=monday)
    friday = monday - dt.timedelta(days=3)

    [item] = attention.items(site_ids=[world.site.pk], now=friday, kind=Kind.HOLD_ENDING)

    assert (item.key.startswith("hold:"), item.title) == (True, "36 times are held until Mon Nov 23, 9am")


@pytest.mark.parametrize("days", [-1, 0, 61])
def test_a_hold_ends_in_the_coming_sixty_days(world: World, days: int) -> None:
    with pytest.raises(Rejected, match="up to 60 days"):
        courses.book_course(
            request=world.request, proposal=world.propose(), now=NOW, held_until=NOW + dt.timedelta(days=days)
        )

    assert Course.objects.count() == 0
