import datetime as dt
from collections.abc import Callable
from functools import partial

import pytest

from scheduling.actions import attendance
from scheduling.domain.states import SESSION_MOVES, SessionState
from scheduling.errors import IllegalMove, NotFound, Rejected, SlotTaken, Stale
from scheduling.models import Course, CourseEvent, Reservation, Session, SessionEvent
from tests.factories import NOW, World

TODAY = NOW.date() + dt.timedelta(days=1)
AT = dt.datetime(2026, 11, 17, 15, 30, tzinfo=dt.UTC)  # half past ten in New York, half an hour after the visit begins

VERBS: dict[SessionState, Callable[..., None]] = {
    SessionState.ARRIVED: attendance.arrive,
    SessionState.IN_TREATMENT: attendance.start,
    SessionState.MONITORING: attendance.monitor,
    SessionState.COMPLETED: attendance.complete,
    SessionState.NO_SHOW: attendance.mark_no_show,
    SessionState.NOT_TREATED: partial(attendance.turn_away, reason="Ate"),
    SessionState.CANCELLED: partial(attendance.cancel, reason="Ill"),
}


@pytest.fixture
def session(world: World) -> Session:
    return world.visit(start_on=TODAY, preferred_minute=600)


def act(verb: Callable[..., None], session: Session, *, at: dt.datetime = AT, by: object = None) -> None:
    session.refresh_from_db()
    verb(session_id=session.pk, version=session.version, now=at, by=by)
    session.refresh_from_db()


def put(session: Session, state: SessionState) -> None:
    """Put a session into a state by the back door, as history that already happened."""
    Session.objects.filter(pk=session.pk).update(
        state=state,
        is_active=state not in ("cancelled", "entered_in_error"),
        arrived_at=AT,
        reason="Ill" if state in ("cancelled", "not_treated") else "",
    )


def test_a_visit_goes_from_booked_to_done_with_a_time_and_an_event_each(world: World, session: Session) -> None:
    for verb in (attendance.arrive, attendance.start, attendance.complete):
        act(verb, session, by=world.receptionist)

    assert (session.state, session.arrived_at, session.started_at, session.ended_at, session.version) == (
        "completed",
        AT,
        AT,
        AT,
        4,
    )
    events = SessionEvent.objects.filter(session=session).order_by("pk")
    assert list(events.values_list("from_state", "to_state")) == [
        ("", "booked"),
        ("booked", "arrived"),
        ("arrived", "in_treatment"),
        ("in_treatment", "completed"),
    ]
    assert {event.by for event in events} == {world.receptionist}


@pytest.mark.parametrize("state", list(SessionState), ids=lambda state: state.value)
@pytest.mark.parametrize("to", list(VERBS), ids=lambda state: state.value)
def test_a_verb_moves_a_session_exactly_where_the_table_allows(
    session: Session, state: SessionState, to: SessionState
) -> None:
    put(session, state)

    try:
        act(VERBS[to], session)
    except IllegalMove:
        session.refresh_from_db()
        assert (session.state, to in SESSION_MOVES[state]) == (state, False)
    else:
        assert (session.state, to in SESSION_MOVES[state]) == (to, True)


def test_a_visit_of_another_day_is_not_checked_in_early(session: Session) -> None:
    with pytest.raises(Rejected, match="This visit is on Tue Nov 17"):
        act(attendance.arrive, session, at=NOW)


def test_care_9_a_late_patient_can_be_checked_in(session: Session) -> None:
    act(attendance.arrive, session, at=AT + dt.timedelta(hours=2))

    assert session.state == "arrived"


def test_a_no_show_is_not_recorded_before_the_visit_begins(session: Session) -> None:
    with pytest.raises(Rejected, match="This visit begins at 10am"):
        act(attendance.mark_no_show, session, at=session.starts_at - dt.timedelta(minutes=1))


@pytest.mark.parametrize("verb", [attendance.cancel, attendance.turn_away])
def test_a_refusal_needs_a_reason(session: Session, verb: Callable[..., None]) -> None:
    with pytest.raises(Rejected, match="Say why"):
        act(partial(verb, reason="  "), session)


def test_somebody_who_read_an_older_version_is_told_who_changed_it_and_when(world: World, session: Session) -> None:
    act(attendance.arrive, session, by=world.technician)

    with pytest.raises(Stale) as refusal:
        attendance.start(session_id=session.pk, version=1, now=AT, by=world.receptionist)

    assert str(refusal.value) == (
        "Tess changed this visit at 10:30am on Tue Nov 17: it is here now. Look at it and try again."
    )


def test_a_session_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        attendance.arrive(session_id=1, version=1, now=AT, by=world.receptionist)


def test_undo_walks_back_one_step_at_a_time_and_keeps_both_in_the_history(session: Session) -> None:
    for verb in (attendance.arrive, attendance.start, attendance.undo, attendance.undo):
        act(verb, session)

    assert (session.state, session.arrived_at, session.started_at, session.version) == ("booked", None, None, 5)
    kinds = SessionEvent.objects.filter(session=session).order_by("pk").values_list("kind", "to_state")
    assert list(kinds) == [
        ("booked", "booked"),
        ("moved", "arrived"),
        ("moved", "in_treatment"),
        ("undone", "arrived"),
        ("undone", "booked"),
    ]


def test_there_is_nothing_to_undo_on_a_visit_nobody_touched(session: Session) -> None:
    with pytest.raises(IllegalMove, match="nothing to undo"):
        act(attendance.undo, session)


def test_cancelling_frees_the_place_and_undo_takes_it_back(session: Session) -> None:
    act(partial(attendance.cancel, reason="Ill"), session)
    assert set(Reservation.objects.filter(session=session).values_list("is_active", flat=True)) == {False}

    act(attendance.undo, session)

    assert (session.state, session.reason, session.timing_version) == ("booked", "", 3)
    assert set(Reservation.objects.filter(session=session).values_list("is_active", flat=True)) == {True}


def test_a_cancelled_visit_whose_time_has_gone_cannot_be_put_back(world: World, session: Session) -> None:
    act(partial(attendance.cancel, reason="Ill"), session, at=NOW)
    world.visit(world.daniel, start_on=TODAY, preferred_minute=600)

    with pytest.raises(SlotTaken):
        act(attendance.undo, session)

    session.refresh_from_db()
    assert session.state == "cancelled"


def test_bah_8_a_no_show_pressed_by_mistake_is_taken_back_in_one_step(session: Session) -> None:
    act(attendance.mark_no_show, session)

    act(attendance.undo, session)

    assert session.state == "booked"


def test_the_last_delivered_session_completes_the_course_and_undo_reopens_it(session: Session) -> None:
    for verb in (attendance.arrive, attendance.start, attendance.complete):
        act(verb, session)
    assert Course.objects.get(pk=session.course_id).state == "completed"

    act(attendance.undo, session)

    assert Course.objects.get(pk=session.course_id).state == "active"
    kinds = CourseEvent.objects.filter(course=session.course_id).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["booked", "completed", "undone"]


def test_a_no_show_does_not_complete_a_course(session: Session) -> None:
    act(attendance.mark_no_show, session)

    assert Course.objects.get(pk=session.course_id).state == "active"


def test_oemr_3_a_step_of_one_session_leaves_the_other_35_as_they_are(world: World) -> None:
    course = world.book(start_on=TODAY, preferred_minute=600)
    first = Session.objects.get(course=course, number=1)
    others = Session.objects.filter(course=course, number__gt=1).order_by("pk")
    before = list(others.values())

    act(attendance.arrive, first)

    assert list(others.values()) == before


def test_two_requests_with_one_version_move_a_session_once(world: World, session: Session) -> None:
    act(attendance.arrive, session)

    with pytest.raises(Stale):
        attendance.arrive(session_id=session.pk, version=1, now=AT, by=world.receptionist)

    assert SessionEvent.objects.filter(session=session, to_state="arrived").count() == 1
