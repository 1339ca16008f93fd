"""Moving the sessions of a course: the choices, what is shown is done, a place of one's own, and taking it back."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from clinic.actions import Request
from patients import life_actions
from patients.life_actions import NewAbsence
from scheduling.actions import moving, setup, undoing
from scheduling.domain.states import Scope
from scheduling.errors import CannotPlan, IllegalMove, KeyReused, PlanGone, Rejected, SlotTaken, Stale
from scheduling.models import Course, CourseEvent, Outage, Reservation, Resource, Session, SessionEvent
from scheduling.queries import repairs
from scheduling.queries.repairs import Choice
from tests.factories import FIRST_DAY, NOW, World

Rows = list[dict[str, Any]]


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 6})


def session(course: Course, number: int) -> Session:
    return Session.objects.select_related("course__site", "course__protocol", "course__patient").get(
        course=course, number=number, is_counted=True
    )


def choices(course: Course, number: int, scope: Scope = Scope.ONE, **more: Any) -> list[Choice]:
    return repairs.move_choices(session(course, number), scope=scope, now=NOW, **more)


def take(world: World, choice: Choice, *, request: Request | None = None) -> tuple[int, bool]:
    return moving.apply_change(request=request or world.request, token=choice.token, now=NOW)


def undo(world: World, course: Course) -> None:
    course.refresh_from_db()
    undoing.undo_change(request=world.request, course_id=course.pk, version=course.version, now=NOW)


def times(course: Course) -> list[tuple[int, dt.date, int]]:
    rows = Session.objects.filter(course=course, is_counted=True).order_by("starts_at")
    return list(rows.values_list("number", "day", "minute"))


def held(course: Course) -> set[tuple[str, dt.datetime]]:
    rows = Reservation.objects.filter(session__course=course, is_active=True)
    return set(rows.values_list("resource__name", "starts_at"))


def snapshot(course: Course) -> Rows:
    """Everything about a course's sessions that undoing restores."""
    left_out = {"version", "timing_version"}
    rows = Session.objects.filter(course=course).order_by("pk").values()
    return [{key: value for key, value in row.items() if key not in left_out} for row in rows]


def labels(found: list[Choice]) -> list[tuple[str, str]]:
    return [(choice.kind, choice.label) for choice in found]


def test_a_session_gets_five_places_the_least_disturbing_first(course: Course) -> None:
    assert labels(choices(course, 16)) == [
        ("other_time", "Mon Dec 28, 8am, NeuroStar 1"),
        ("other_time", "Mon Dec 28, 9am, NeuroStar 1"),
        ("other_day", "Tue Dec 29, 8:30am, NeuroStar 1"),
        ("other_day", "Wed Dec 30, 8:30am, NeuroStar 1"),
        ("other_day", "Thu Dec 31, 8:30am, NeuroStar 1"),
    ]


def test_between_full_days_a_session_moves_within_its_day_or_behind_its_phase(course: Course) -> None:
    assert labels(choices(course, 4)) == [
        ("other_time", "Mon Nov 30, 8am, NeuroStar 1"),
        ("other_time", "Mon Nov 30, 9am, NeuroStar 1"),
        ("other_day", "Wed Dec 9, 8:30am, NeuroStar 1"),
        ("other_day", "Thu Dec 10, 8:30am, NeuroStar 1"),
        ("other_day", "Fri Dec 11, 8:30am, NeuroStar 1"),
    ]


def test_the_first_visit_stays_the_first(world: World, course: Course) -> None:
    row = session(course, 4)

    with pytest.raises(CannotPlan, match="the course begins with its first visit"):
        move_to(world, row, FIRST_DAY - dt.timedelta(days=1), 510)


def test_taking_a_choice_does_exactly_that_and_nothing_else(world: World, course: Course) -> None:
    before = {number: (day, minute) for number, day, minute in times(course)}

    take(world, choices(course, 4)[0])

    after = {number: (day, minute) for number, day, minute in times(course)}
    assert after == before | {4: (before[4][0], 480)}
    moved = session(course, 4)
    assert held(course) >= {("NeuroStar 1", moved.starts_at)}
    assert len(held(course)) == 16 * 2 + 1


def test_a_move_clears_the_confirmation_and_arms_the_reminder_anew(world: World, course: Course) -> None:
    Session.objects.filter(course=course, number=4).update(confirmed_at=NOW)

    take(world, choices(course, 4)[0])

    row = session(course, 4)
    assert (row.confirmed_at, row.timing_version, row.version) == (None, 2, 2)
    assert row.missed_after == row.ends_at + dt.timedelta(minutes=15)


def test_undo_restores_the_place_and_the_confirmation_as_a_new_event(world: World, course: Course) -> None:
    Session.objects.filter(course=course, number=4).update(confirmed_at=NOW)
    before, places = snapshot(course), held(course)
    take(world, choices(course, 4)[0])

    undo(world, course)

    assert (snapshot(course), held(course)) == (before, places)
    kinds = CourseEvent.objects.filter(course=course).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["booked", "moved", "undone"]
    assert session(course, 4).timing_version == 3


def test_oemr_4_from_session_5_on_at_three_leaves_4_unchanged_and_no_orphans(world: World, course: Course) -> None:
    before = times(course)
    [choice] = choices(course, 5, Scope.REST, minute=15 * 60)

    take(world, choice)

    assert times(course)[:4] == before[:4]
    assert times(course)[4:] == [(number, day, 15 * 60) for number, day, _minute in before[4:]]
    assert len(held(course)) == 16 * 2 + 1
    course.refresh_from_db()
    assert course.standing_minute == 15 * 60


def test_the_rest_can_begin_a_week_later(world: World, course: Course) -> None:
    monday = dt.date(2026, 12, 7)
    [choice] = choices(course, 5, Scope.REST, from_day=monday)
    assert choice.words.startswith("12 sessions move.")

    take(world, choice)

    assert times(course)[4][1] == monday
    assert [number for number, _day, _minute in times(course)] == list(range(1, 17))


def test_all_of_one_weekday_go_elsewhere_and_the_others_stay_if_they_can(world: World, course: Course) -> None:
    fridays = [number for number, day, _minute in times(course) if day.isoweekday() == 5]
    [choice] = choices(course, fridays[0], Scope.WEEKDAY)

    take(world, choice)

    assert [day for _number, day, _minute in times(course) if day.isoweekday() == 5] == []


def test_a_move_of_many_is_undone_as_one(world: World, course: Course) -> None:
    before, places = snapshot(course), held(course)
    [choice] = choices(course, 5, Scope.REST, from_day=dt.date(2026, 12, 7))
    take(world, choice)

    undoing.undo(session_id=session(course, 9).pk, version=session(course, 9).version, now=NOW, by=world.receptionist)

    assert (snapshot(course), held(course)) == (before, places)


def test_a_plan_shown_before_somebody_else_changed_the_course_is_refused(world: World, course: Course) -> None:
    first, second = choices(course, 4)[0], choices(course, 9)[0]
    take(world, first)

    with pytest.raises(PlanGone, match=r"^Rosa changed this course at 9am on Mon Nov 16"):
        take(world, second)


def test_a_place_taken_since_the_preview_is_refused_and_nothing_moves(world: World, course: Course) -> None:
    choice = choices(course, 16)[2]
    world.book(world.daniel, start_on=dt.date(2026, 12, 29), counts={"acute": 1, "taper": 0})
    before = snapshot(course)

    with pytest.raises(SlotTaken):
        take(world, choice)

    assert snapshot(course) == before


def test_the_same_key_moves_once(world: World, course: Course) -> None:
    choice = choices(course, 4)[0]
    request = dataclasses.replace(world.request, key="k", route="/move/", body_sha256="a")

    assert take(world, choice, request=request) == (course.pk, False)
    assert take(world, choice, request=request) == (course.pk, True)

    assert SessionEvent.objects.filter(kind="rescheduled").count() == 1
    with pytest.raises(KeyReused):
        take(world, choice, request=dataclasses.replace(request, body_sha256="b"))


# A place of one's own.


def move_to(world: World, row: Session, day: dt.date, minute: int, **more: Any) -> None:
    moving.move_to(
        request=world.request, session_id=row.pk, version=row.version, day=day, minute=minute, now=NOW, **more
    )


def test_a_visit_dragged_to_a_free_time_goes_there(world: World, course: Course) -> None:
    row = session(course, 4)

    move_to(world, row, row.day, 14 * 60)

    assert session(course, 4).minute == 14 * 60


def test_care_9_a_visit_dragged_to_another_device_keeps_its_number(world: World, course: Course) -> None:
    row, other = session(course, 4), Resource.objects.get(site=world.site, name="NeuroStar 2")

    move_to(world, row, row.day, row.minute, resource_id=other.pk)

    assert session(course, 4).pk == row.pk
    assert ("NeuroStar 2", row.starts_at) in held(course)


def test_two_a_day_is_refused_by_name_unless_somebody_overrides_it_with_a_reason(world: World, course: Course) -> None:
    row, next_day = session(course, 4), session(course, 5).day

    with pytest.raises(CannotPlan, match="is not allowed: one a day") as refusal:
        move_to(world, row, next_day, 14 * 60)
    assert refusal.value.fields == {"override": "per_day"}

    move_to(world, row, next_day, 14 * 60, override="Patient travels tomorrow")

    event = SessionEvent.objects.get(session=row, kind="rescheduled")
    assert (event.data["overrides"], event.data["override"]) == (["per_day"], "Patient travels tomorrow")
    assert [number for number, _day, _minute in times(course)] == list(range(1, 17))


def test_what_is_taken_can_not_be_overridden_by_anybody(world: World, course: Course) -> None:
    row = session(course, 4)
    world.book(world.daniel, start_on=row.day, preferred_minute=840, counts={"acute": 1, "taper": 0})

    with pytest.raises(SlotTaken, match="NeuroStar 1 is taken at 2pm"):
        move_to(world, row, row.day, 840, override="Urgent")


def test_the_patients_absence_is_respected(world: World, course: Course) -> None:
    row = session(course, 4)
    life_actions.add_absence(
        request=world.request,
        patient=world.maria,
        absence=NewAbsence(starts_on=row.day, ends_on=row.day, weekday=None, from_minute=720, to_minute=1440),
        now=NOW,
    )

    with pytest.raises(SlotTaken, match="The patient can't come at 2pm"):
        move_to(world, row, row.day, 840)


def test_a_device_out_of_service_and_a_closed_day_are_no_places(world: World, course: Course) -> None:
    row, device = session(course, 4), Resource.objects.get(site=world.site, name="NeuroStar 1")
    setup.close_days(site=world.site, days={dt.date(2026, 12, 28): "Inventory"})
    Outage.objects.create(
        resource=device, starts_at=row.starts_at, ends_at=row.starts_at + dt.timedelta(hours=9), reason="Coil"
    )

    with pytest.raises(SlotTaken):
        move_to(world, row, row.day, 840)
    with pytest.raises(Rejected):
        move_to(world, session(course, 16), dt.date(2026, 12, 28), 840)


def test_a_visit_that_is_over_can_not_be_moved(world: World, course: Course) -> None:
    row = session(course, 1)

    with pytest.raises(IllegalMove, match="Only a visit that is still ahead"):
        moving.move_to(
            request=world.request,
            session_id=row.pk,
            version=1,
            day=FIRST_DAY,
            minute=840,
            now=row.starts_at + dt.timedelta(minutes=1),
        )


def test_somebody_who_read_an_older_version_is_told_who_moved_it_where(world: World, course: Course) -> None:
    row = session(course, 4)
    move_to(world, row, row.day, 840)

    with pytest.raises(Stale) as refusal:
        move_to(world, row, row.day, 900)

    assert str(refusal.value) == (
        "Rosa changed this visit at 9am on Mon Nov 16: it is booked for Mon Nov 30, 2pm now. Look at it and try again."
    )


def test_undo_is_refused_where_somebody_touched_a_visit_since(world: World, course: Course) -> None:
    [choice] = choices(course, 5, Scope.REST, minute=15 * 60)
    take(world, choice)
    row = session(course, 7)
    move_to(world, row, row.day, 14 * 60)
    sixth = session(course, 6)

    with pytest.raises(Stale, match="Can't undo: Rosa changed visit 7"):
        undoing.undo(session_id=sixth.pk, version=sixth.version, now=NOW, by=world.receptionist)


def test_undo_is_refused_where_the_old_time_has_gone(world: World, course: Course) -> None:
    row = session(course, 4)
    move_to(world, row, row.day, 14 * 60)
    # All three devices at the old time.
    for patient in (world.daniel,):
        world.book(patient, start_on=row.day, counts={"acute": 1, "taper": 0})
    before = snapshot(course)

    with pytest.raises(SlotTaken):
        undo(world, course)

    assert snapshot(course) == before
