"""A lost session: three places to make it up, what shifts, who decides, and what if the patient came after all."""

import datetime as dt

import pytest

from scheduling.actions import attendance, cancelling, course_states, moving, setup, undoing
from scheduling.actions.setup import NewResource
from scheduling.domain.states import CancelledBy, Scope
from scheduling.errors import CannotPlan, IllegalMove, NotAllowed
from scheduling.models import Course, CourseEvent, Session
from scheduling.queries import repairs
from scheduling.queries.repairs import Choice
from tests.factories import NOW, World, cancel, prepare_visit


@pytest.fixture
def course(world: World) -> Course:
    return world.book(counts={"acute": 10, "taper": 3})


def row(course: Course, number: int) -> Session:
    fetched = Session.objects.select_related("course__site", "course__protocol", "course__patient")
    return fetched.get(course=course, number=number, is_counted=True)


def deliver(course: Course, until: int, *, by: object = None) -> None:
    for session in Session.objects.filter(course=course, state="booked").order_by("starts_at")[:until]:
        attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=None)
        attendance.start(session_id=prepare_visit(session).pk, version=2, now=session.starts_at, by=None)
        late = session.starts_at + dt.timedelta(hours=4)
        attendance.complete(session_id=session.pk, version=3, now=late, by=None)


def miss(session: Session) -> Session:
    """Mark a visit a no-show a quarter of an hour after its start."""
    late = session.starts_at + dt.timedelta(minutes=15)
    attendance.mark_no_show(session_id=session.pk, version=session.version, now=late, by=None)
    return again(session)


def again(session: Session) -> Session:
    """Return a session as it is now."""
    fetched = Session.objects.select_related("course__site", "course__protocol", "course__patient")
    return fetched.get(pk=session.pk)


def choices(lost: Session) -> list[Choice]:
    return repairs.make_up_choices(lost, now=lost.starts_at + dt.timedelta(minutes=15))


def take(world: World, lost: Session, choice: Choice, *, may_decide: bool = False) -> None:
    moving.apply_change(
        request=world.request,
        token=choice.token,
        session_id=lost.pk,
        version=lost.version,
        now=lost.starts_at + dt.timedelta(minutes=16),
        may_decide=may_decide,
    )


def counted(course: Course) -> list[tuple[int, str, dt.date]]:
    rows = Session.objects.filter(course=course, is_counted=True).order_by("starts_at")
    return list(rows.values_list("number", "phase", "day"))


def test_three_legal_places_come_first_and_what_is_not_allowed_says_why(course: Course) -> None:
    deliver(course, 4)

    found = choices(miss(row(course, 5)))

    assert [(choice.kind, choice.label, choice.why_not) for choice in found] == [
        ("today", "Tue Dec 1, 9:30am, NeuroStar 1", ""),
        ("soonest", "Wed Dec 9, 8:30am, NeuroStar 1", ""),
        ("later", "Thu Dec 10, 8:30am, NeuroStar 1", ""),
        ("tomorrow", "Tomorrow", "not allowed, one a day"),
    ]


def test_a_make_up_is_appended_to_its_phase_and_linked_to_what_it_makes_up(world: World, course: Course) -> None:
    deliver(course, 4)
    lost = miss(row(course, 5))

    take(world, lost, choices(lost)[1])

    added = Session.objects.get(makeup_of=lost)
    assert (added.number, added.phase, added.day, added.visit_type) == (10, "acute", dt.date(2026, 12, 9), "treatment")
    assert [number for number, _phase, _day in counted(course)] == list(range(1, 14))
    event = CourseEvent.objects.get(course=course, kind="made_up")
    assert event.data == {"moved": 0, "added": 1, "makeup_of": lost.pk}


def test_where_the_phase_is_full_to_its_end_the_taper_shifts(world: World) -> None:
    course = world.book(counts={"acute": 13, "taper": 3})  # the last acute session is on a Friday
    deliver(course, 4)
    lost = miss(row(course, 5))
    tapers = [day for _number, phase, day in counted(course) if phase == "taper"]

    end = next(choice for choice in choices(lost) if choice.kind == "end")
    take(world, lost, end)

    after = [day for _number, phase, day in counted(course) if phase == "taper"]
    assert Session.objects.get(makeup_of=lost).day == dt.date(2026, 12, 14)
    assert [(b - a).days for a, b in zip(tapers, after, strict=True)] == [7, 7, 6]  # the last one meets Christmas Day


def test_undoing_a_make_up_puts_the_taper_back(world: World) -> None:
    course = world.book(counts={"acute": 13, "taper": 3})
    deliver(course, 4)
    lost = miss(row(course, 5))
    before = counted(course)
    take(world, lost, next(choice for choice in choices(lost) if choice.kind == "end"))
    course.refresh_from_db()

    now = lost.starts_at + dt.timedelta(minutes=17)
    undoing.undo_change(request=world.request, course_id=course.pk, version=course.version, now=now)

    assert counted(course) == before
    assert Session.objects.get(makeup_of=lost).state == "cancelled"


def test_a_session_is_made_up_once(world: World, course: Course) -> None:
    deliver(course, 4)
    lost = miss(row(course, 5))
    take(world, lost, choices(lost)[1])

    with pytest.raises(IllegalMove, match="made up already"):
        choices(lost)


def test_came_late_takes_the_make_up_back_in_one_step_that_can_be_undone(world: World, course: Course) -> None:
    deliver(course, 4)
    lost = miss(row(course, 5))
    take(world, lost, choices(lost)[1])
    came = lost.starts_at + dt.timedelta(minutes=20)

    attendance.arrive(session_id=lost.pk, version=lost.version, now=came, by=world.receptionist)

    makeup = Session.objects.get(makeup_of=lost)
    lost.refresh_from_db()
    assert (lost.state, makeup.state, makeup.cancelled_by) == ("arrived", "cancelled", "system")
    undoing.undo(session_id=lost.pk, version=lost.version, now=came, by=world.receptionist)
    lost.refresh_from_db()
    makeup.refresh_from_db()
    assert (lost.state, makeup.state) == ("no_show", "booked")


def test_taking_back_that_somebody_came_late_gives_a_lost_visit_the_number_it_had(world: World, course: Course) -> None:
    deliver(course, 4)
    lost = miss(row(course, 6))
    miss(row(course, 5))
    came = lost.starts_at + dt.timedelta(minutes=20)

    attendance.arrive(session_id=lost.pk, version=lost.version, now=came, by=world.receptionist)
    lost.refresh_from_db()
    counted_as = lost.number
    undoing.undo(session_id=lost.pk, version=lost.version, now=came, by=world.receptionist)

    lost.refresh_from_db()
    assert (counted_as, lost.number) == (5, 6)


def test_bah_8_a_no_show_pressed_by_mistake_withdraws_its_make_up(world: World, course: Course) -> None:
    deliver(course, 4)
    lost = miss(row(course, 5))
    take(world, lost, choices(lost)[1])

    undoing.undo(session_id=lost.pk, version=lost.version, now=lost.starts_at + dt.timedelta(minutes=30), by=None)

    assert Session.objects.get(makeup_of=lost).state == "cancelled"
    assert len(counted(course)) == 13


def test_a_lost_first_visit_makes_the_make_up_the_first_visit(world: World, course: Course) -> None:
    lost = miss(row(course, 1))

    today = choices(lost)[0]
    take(world, lost, today)

    added = Session.objects.get(makeup_of=lost)
    assert (today.kind, added.visit_type, added.number) == ("today", "mapping", 1)


def test_after_a_week_the_make_up_next_in_line_is_a_re_mapping(world: World) -> None:
    course = world.book(counts={"acute": 8, "taper": 3})
    deliver(course, 4)
    for _day in range(4):
        last = miss(row(course, 5))
    monday = dt.datetime(2026, 12, 7, 12, 0, tzinfo=dt.UTC)  # a week after the last delivered visit

    end = next(choice for choice in repairs.make_up_choices(last, now=monday) if choice.kind == "end")

    assert end.change is not None
    assert [(added.day, added.visit_type) for added in end.change.added] == [(dt.date(2026, 12, 7), "remap")]


def test_nothing_is_owed_where_as_many_are_booked_as_prescribed(course: Course) -> None:
    with pytest.raises(IllegalMove, match="Only a visit that did not take place"):
        repairs.make_up_choices(row(course, 5), now=NOW)


def test_a_cancelled_visit_is_made_up_as_well(course: Course) -> None:
    session = row(course, 5)
    cancel(session_id=session.pk, version=1, reason="Ill", now=NOW, by=None)
    lost = Session.objects.select_related("course__site", "course__protocol", "course__patient").get(pk=session.pk)

    assert repairs.make_up_choices(lost, now=NOW)[0].kind in {"soonest", "today"}
    assert lost.cancelled_by == CancelledBy.PATIENT


def test_no_make_up_shortens_the_course_and_can_be_taken_back(world: World, course: Course) -> None:
    deliver(course, 4)
    lost = miss(row(course, 5))
    now = lost.starts_at + dt.timedelta(minutes=20)

    moving.waive_make_up(
        request=world.request, session_id=lost.pk, version=lost.version, reason="Patient's wish", now=now
    )

    course.refresh_from_db()
    assert course.prescribed == 12
    with pytest.raises(IllegalMove, match="Nothing is owed"):
        choices(again(lost))
    undoing.undo_change(request=world.request, course_id=course.pk, version=course.version, now=now)
    course.refresh_from_db()
    assert (course.prescribed, choices(again(lost))[0].kind) == (13, "today")


def test_cancelled_visits_do_not_come_back_after_it_was_decided_not_to_make_one_of_them_up(
    world: World, course: Course
) -> None:
    first = row(course, 2)
    cancelling.cancel_sessions(
        request=world.request,
        session_id=first.pk,
        version=1,
        reason="Away",
        by_whom=CancelledBy.PATIENT,
        now=NOW,
        scope=Scope.REST,
    )
    moving.waive_make_up(
        request=world.request, session_id=first.pk, version=again(first).version, reason="Enough", now=NOW
    )

    other = again(Session.objects.filter(course=course, state="cancelled").exclude(pk=first.pk)[0])
    with pytest.raises(IllegalMove, match="13 visits would stand for the 12 that are prescribed now"):
        undoing.undo(session_id=other.pk, version=other.version, now=NOW, by=world.receptionist)


def test_a_missed_group_is_not_made_up(world: World) -> None:
    visit = world.visit()
    lost = miss(visit)

    with pytest.raises(CannotPlan, match="is not made up"):
        choices(lost)


@pytest.fixture
def esketamine(world: World) -> Course:
    setup.add_resources(
        site=world.site,
        resources=[
            NewResource("observation_chair", "Chair 1", "SPR"),
            NewResource("observer", "Nurse"),
            NewResource("observation_place", "Nurse, place 1"),
        ],
    )
    return world.book(protocol_code="esk_trd", start_on=dt.date(2026, 11, 23), preferred_minute=600)


def test_after_a_missed_week_of_esketamine_a_clinician_decides(world: World, esketamine: Course) -> None:
    deliver(esketamine, 4)
    miss(row(esketamine, 5))
    lost = miss(row(esketamine, 5))  # the second one of the week
    now = lost.starts_at + dt.timedelta(days=4)
    fresh = Session.objects.select_related("course__site", "course__protocol", "course__patient").get(pk=lost.pk)
    choice = repairs.make_up_choices(fresh, now=now)[0]
    assert choice.needs_clinician

    with pytest.raises(NotAllowed, match="A clinician decides this"):
        moving.apply_change(request=world.request, token=choice.token, now=now)
    moving.apply_change(request=world.request, token=choice.token, now=now, may_decide=True)

    assert Session.objects.filter(makeup_of=lost, state="booked").count() == 1


def test_who_had_breakfast_is_not_offered_the_same_day_where_nothing_may_be_eaten_after_midnight(world: World) -> None:
    setup.add_resources(
        site=world.site,
        resources=[
            NewResource("ect_room", "ECT suite", "ECT"),
            NewResource("anesthesia", "Anesthesia"),
            NewResource("preop_bay", "Bay 1"),
            NewResource("recovery_bay", "Recovery 1"),
        ],
    )
    course = world.book(protocol_code="ect_index", start_on=dt.date(2026, 11, 23), preferred_minute=480)
    first = row(course, 1)
    attendance.arrive(session_id=first.pk, version=1, now=first.starts_at, by=None)
    attendance.turn_away(session_id=first.pk, version=2, reason="Ate", code="ate", now=first.starts_at, by=None)

    offered = choices(again(first))

    assert [choice.kind for choice in offered if not choice.token] == ["today", "tomorrow"]
    assert all(choice.kind != "today" for choice in offered if choice.token)


def test_what_a_phase_lacks_is_still_made_up_after_the_next_one_has_begun(world: World) -> None:
    course = world.book(counts={"acute": 8, "taper": 4})
    deliver(course, 7)
    lost = miss(row(course, 8))
    deliver(course, 1)  # the taper has begun
    begun = Session.objects.get(course=course, phase="taper", state="completed")
    now = begun.starts_at + dt.timedelta(hours=5)

    first = repairs.make_up_choices(again(lost), now=now)[0]
    moving.apply_change(request=world.request, token=first.token, now=now)

    added = Session.objects.get(makeup_of=lost)
    assert (added.phase, added.day) == ("acute", begun.day + dt.timedelta(days=1))
    assert [number for number, _phase, _day in counted(course)] == list(range(1, 13))


def test_a_course_held_after_its_taper_began_goes_on_with_what_is_owed_and_leaves_the_past(world: World) -> None:
    course = world.book(counts={"acute": 8, "taper": 4})
    deliver(course, 7)
    miss(row(course, 8))
    deliver(course, 1)
    past = counted(course)[:8]
    course.refresh_from_db()
    now = Session.objects.get(course=course, phase="taper", state="completed").ends_at + dt.timedelta(hours=5)
    course_states.hold_course(
        request=world.request, course_id=course.pk, version=course.version, reason="Travel", now=now
    )
    fetched = Course.objects.select_related("site", "protocol", "patient").get(pk=course.pk)

    [choice] = repairs.resume_choices(fetched, on=now.date() + dt.timedelta(days=2), now=now)
    moving.apply_change(request=world.request, token=choice.token, now=now)

    assert counted(course)[:8] == past
    assert [phase for _number, phase, _day in counted(course)[8:]] == ["acute", "taper", "taper", "taper"]
