"""A course on hold and going on, and a course that ends early."""

import datetime as dt

import pytest

from notifications.actions import planning, sending, withdrawing
from notifications.models import Message
from patients.domain.contact import PatientState
from patients.models import Patient
from scheduling.actions import course_states, moving, undoing
from scheduling.domain.states import EndReason
from scheduling.errors import CannotPlan, IllegalMove, NotAllowed, Stale
from scheduling.models import Course, CourseEvent, Reservation, Session
from scheduling.queries import repairs
from tests.factories import NOW, World, cancel
from tests.scheduling.test_makeups import deliver

AFTER_FOUR = dt.datetime(2026, 11, 30, 20, 0, tzinfo=dt.UTC)  # the fourth visit is delivered


@pytest.fixture
def course(world: World) -> Course:
    found = world.book(counts={"acute": 10, "taper": 3})
    deliver(found, 4)
    return found


def fresh(course: Course) -> Course:
    return Course.objects.select_related("site", "protocol", "patient").get(pk=course.pk)


def hold(world: World, course: Course, **more: object) -> None:
    course_states.hold_course(
        request=world.request,
        course_id=course.pk,
        version=fresh(course).version,
        reason="Flu",
        now=AFTER_FOUR,
        **more,  # type: ignore[arg-type]
    )


def end(world: World, course: Course, reason: EndReason, *, now: dt.datetime = AFTER_FOUR) -> None:
    course_states.discontinue_course(
        request=world.request, course_id=course.pk, version=fresh(course).version, reason=reason, now=now
    )


def states(course: Course) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Session.objects.filter(course=course).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def resume(world: World, course: Course, on: dt.date, *, is_decided: bool = False) -> None:
    now = AFTER_FOUR + dt.timedelta(days=1)
    [choice] = repairs.resume_choices(fresh(course), on=on, now=now, is_decided=is_decided)
    moving.apply_change(request=world.request, token=choice.token, now=now, may_decide=is_decided)


def test_holding_gives_back_what_lies_ahead_and_nothing_that_was_delivered(world: World, course: Course) -> None:
    hold(world, course, resume_on=dt.date(2026, 12, 7))

    assert (fresh(course).state, fresh(course).resume_on) == ("on_hold", dt.date(2026, 12, 7))
    assert states(course) == {"completed": 4, "cancelled": 9}
    ahead = Reservation.objects.filter(session__course=course, is_active=True, starts_at__gt=AFTER_FOUR)
    assert not ahead.exists()


def test_a_hold_is_taken_back_as_one(world: World, course: Course) -> None:
    before = list(Session.objects.filter(course=course).order_by("pk").values_list("state", "day", "minute", "number"))
    hold(world, course)

    undoing.undo_change(request=world.request, course_id=course.pk, version=fresh(course).version, now=AFTER_FOUR)

    after = list(Session.objects.filter(course=course).order_by("pk").values_list("state", "day", "minute", "number"))
    assert (after, fresh(course).state, fresh(course).resume_on) == (before, "active", None)


def test_going_on_lays_out_everything_owed_from_the_day_on(world: World, course: Course) -> None:
    hold(world, course)

    resume(world, course, dt.date(2026, 12, 2))

    booked = Session.objects.filter(course=course, state="booked").order_by("starts_at")
    assert (fresh(course).state, states(course)) == ("active", {"completed": 4, "cancelled": 9, "booked": 9})
    assert [row.number for row in booked] == list(range(5, 14))
    assert (booked[0].day, booked[0].visit_type) == (dt.date(2026, 12, 2), "treatment")


def test_after_a_week_the_course_goes_on_with_a_re_mapping(world: World, course: Course) -> None:
    hold(world, course)

    resume(world, course, dt.date(2026, 12, 8))

    first = Session.objects.filter(course=course, state="booked").order_by("starts_at")[0]
    assert (first.day, first.visit_type) == (dt.date(2026, 12, 8), "remap")


def test_past_the_hard_gap_only_a_clinician_lets_it_go_on(world: World, course: Course) -> None:
    hold(world, course)
    late = dt.date(2026, 12, 15)

    with pytest.raises(CannotPlan, match="A clinician chooses: resume, re-map or restart"):
        repairs.resume_choices(fresh(course), on=late, now=AFTER_FOUR)
    [choice] = repairs.resume_choices(fresh(course), on=late, now=AFTER_FOUR, is_decided=True)
    with pytest.raises(NotAllowed):
        moving.apply_change(request=world.request, token=choice.token, now=AFTER_FOUR)
    moving.apply_change(request=world.request, token=choice.token, now=AFTER_FOUR, may_decide=True)

    assert fresh(course).state == "active"


def test_a_course_on_hold_before_its_first_visit_goes_on_with_the_first(world: World) -> None:
    course = world.book(counts={"acute": 5, "taper": 3})
    course_states.hold_course(request=world.request, course_id=course.pk, version=1, reason="Travel", now=NOW)

    [choice] = repairs.resume_choices(fresh(course), on=dt.date(2026, 12, 7), now=NOW)
    moving.apply_change(request=world.request, token=choice.token, now=NOW)

    first = Session.objects.filter(course=course, state="booked").order_by("starts_at")[0]
    assert (first.number, first.visit_type, first.day) == (1, "mapping", dt.date(2026, 12, 7))


def test_bah_11_an_ended_course_keeps_its_past_and_cancels_only_what_lies_ahead(world: World, course: Course) -> None:
    end(world, course, EndReason.NO_RESPONSE)

    assert (fresh(course).state, fresh(course).end_reason) == ("discontinued", "no_response")
    assert states(course) == {"completed": 4, "cancelled": 9}
    assert CourseEvent.objects.filter(course=course, kind="ended").count() == 1


def test_an_ended_course_can_be_put_back(world: World, course: Course) -> None:
    end(world, course, EndReason.MOVED_AWAY)

    undoing.undo_change(request=world.request, course_id=course.pk, version=fresh(course).version, now=AFTER_FOUR)

    assert (fresh(course).state, fresh(course).end_reason) == ("active", "")
    assert states(course) == {"completed": 4, "booked": 9}


def test_a_course_does_not_end_while_a_visit_is_under_way(world: World, course: Course) -> None:
    fifth = Session.objects.get(course=course, number=5)
    Session.objects.filter(pk=fifth.pk).update(state="arrived", arrived_at=fifth.starts_at)

    with pytest.raises(IllegalMove, match="visit 5 is under way"):
        end(world, course, EndReason.OTHER, now=fifth.starts_at)


def test_an_ended_course_does_not_end_again(world: World, course: Course) -> None:
    version = fresh(course).version
    end(world, course, EndReason.OTHER)

    with pytest.raises(Stale, match="Rosa changed this course"):
        course_states.discontinue_course(
            request=world.request, course_id=course.pk, version=version, reason=EndReason.OTHER, now=AFTER_FOUR
        )
    with pytest.raises(IllegalMove, match="This course is ended"):
        end(world, course, EndReason.OTHER)


# A quiet end.


@pytest.mark.parametrize("reason", [EndReason.DIED, EndReason.ADMITTED, EndReason.WITHDREW])
def test_after_a_quiet_end_no_message_is_left_to_be_sent(world: World, course: Course, reason: EndReason) -> None:
    friday = dt.datetime(2026, 12, 4, 17, 5, tzinfo=dt.UTC)
    planning.plan_messages(now=friday)
    assert Message.objects.filter(course=course, state="pending").exists()

    end(world, course, reason, now=friday)
    withdrawing.withdraw_messages(now=friday)

    assert not Message.objects.filter(course=course, state="pending").exists()
    assert planning.plan_messages(now=friday) == 0


def test_a_message_already_claimed_is_stopped_at_the_last_look(world: World, course: Course) -> None:
    friday = dt.datetime(2026, 12, 4, 17, 5, tzinfo=dt.UTC)
    planning.plan_messages(now=friday)
    end(world, course, EndReason.DIED, now=friday)

    assert sending.drain_messages(now=friday) == 0

    settled = Message.objects.filter(course=course, kind="week").values_list("state", "reason")
    assert set(settled) == {("skipped_changed", "The course ended; nobody is told.")}


def test_of_a_patient_who_died_every_course_ends_and_nothing_can_be_booked(world: World, course: Course) -> None:
    other = world.visit(start_on=dt.date(2026, 12, 15), preferred_minute=900)
    poison = world.visit(world.daniel, start_on=dt.date(2026, 12, 15), preferred_minute=600)

    end(world, course, EndReason.DIED)

    assert Patient.objects.get(pk=world.maria.pk).state == PatientState.DECEASED
    assert Course.objects.get(pk=other.course_id).state == "discontinued"
    assert Course.objects.get(pk=poison.course_id).state == "active"
    assert set(Session.objects.filter(patient=world.maria).values_list("state", flat=True)) == {
        "completed",
        "cancelled",
    }


def test_a_death_noted_by_mistake_is_taken_back_with_the_end_of_the_course(world: World, course: Course) -> None:
    end(world, course, EndReason.DIED)

    undoing.undo_change(request=world.request, course_id=course.pk, version=fresh(course).version, now=AFTER_FOUR)

    assert (fresh(course).state, Patient.objects.get(pk=world.maria.pk).state) == ("active", PatientState.ACTIVE)


def test_late_cancellations_are_the_patients_and_by_the_policy(world: World, course: Course) -> None:
    fifth, sixth = (Session.objects.get(course=course, number=number) for number in (5, 6))
    cancel(session_id=fifth.pk, version=1, reason="Ill", now=fifth.starts_at - dt.timedelta(hours=23), by=None)
    cancel(session_id=sixth.pk, version=1, reason="Ill", now=sixth.starts_at - dt.timedelta(hours=25), by=None)

    fifth.refresh_from_db()
    sixth.refresh_from_db()
    assert (fifth.is_late_cancel, sixth.is_late_cancel) == (True, False)


def test_an_older_change_of_the_course_is_not_taken_back_under_a_newer_one(world: World, course: Course) -> None:
    fifth = Session.objects.get(course=course, number=5)
    hold(world, course)
    end(world, course, EndReason.OTHER)
    fifth.refresh_from_db()

    with pytest.raises(IllegalMove, match="Take the newer change back first"):
        undoing.undo(session_id=fifth.pk, version=fifth.version, now=AFTER_FOUR, by=world.receptionist)

    assert fresh(course).state == "discontinued"
