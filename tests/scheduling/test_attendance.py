import contextlib
import datetime as dt
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.actions import attendance, misses, undoing
from scheduling.domain.states import PRESENT, RELEASED, SESSION_MOVES, SessionState
from scheduling.errors import IllegalMove, NotFound, Rejected, SlotTaken, Stale
from scheduling.models import Course, CourseEvent, Reservation, Session, SessionEvent
from tests.factories import NOW, World, cancel, somebody_came

TODAY = NOW.date() + dt.timedelta(days=1)
AT = dt.datetime(2026, 11, 17, 15, 30, tzinfo=dt.UTC)  # half past ten in New York, half an hour after the visit begins

VERBS: dict[SessionState, Callable[..., None]] = {
    SessionState.ARRIVED: attendance.arrive,
    SessionState.IN_TREATMENT: attendance.start,
    SessionState.MONITORING: attendance.monitor,
    SessionState.COMPLETED: attendance.complete,
    SessionState.NO_SHOW: attendance.mark_no_show,
    SessionState.NOT_TREATED: partial(attendance.turn_away, reason="Ate"),
    SessionState.CANCELLED: partial(cancel, reason="Ill"),
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
    is_lost = state in RELEASED
    Session.objects.filter(pk=session.pk).update(
        state=state,
        is_active=not is_lost,
        is_counted=not is_lost,
        cancelled_by="clinic" if state == "cancelled" else "",
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


def test_nobody_is_turned_away_on_a_day_that_has_not_come(session: Session) -> None:
    with pytest.raises(Rejected, match=r"This visit is on Tue Nov 17\. Cancel it if"):
        act(partial(attendance.turn_away, reason="Ate"), session, at=NOW)


def test_a_visit_can_be_checked_in_from_the_first_minute_of_its_local_day(session: Session) -> None:
    midnight = dt.datetime(2026, 11, 17, 5, tzinfo=dt.UTC)  # New York

    with pytest.raises(Rejected):
        act(attendance.arrive, session, at=midnight - dt.timedelta(seconds=1))
    act(attendance.arrive, session, at=midnight)

    assert session.state == "arrived"


def test_care_9_a_late_patient_can_be_checked_in(session: Session) -> None:
    act(attendance.arrive, session, at=AT + dt.timedelta(hours=2))

    assert session.state == "arrived"


def test_a_no_show_is_not_recorded_before_the_visit_begins(session: Session) -> None:
    with pytest.raises(Rejected, match="This visit begins at 10am"):
        act(attendance.mark_no_show, session, at=session.starts_at - dt.timedelta(minutes=1))


@pytest.mark.parametrize("verb", [cancel, attendance.turn_away])
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
    for verb in (attendance.arrive, attendance.start, undoing.undo, undoing.undo):
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
        act(undoing.undo, session)


def test_cancelling_frees_the_place_and_undo_takes_it_back(session: Session) -> None:
    act(partial(cancel, reason="Ill"), session)
    assert set(Reservation.objects.filter(session=session).values_list("is_active", flat=True)) == {False}

    act(undoing.undo, session)

    assert (session.state, session.reason, session.timing_version) == ("booked", "", 3)
    assert set(Reservation.objects.filter(session=session).values_list("is_active", flat=True)) == {True}


def test_a_cancelled_visit_whose_time_has_gone_cannot_be_put_back(world: World, session: Session) -> None:
    act(partial(cancel, reason="Ill"), session, at=NOW)
    world.visit(world.daniel, start_on=TODAY, preferred_minute=600)

    with pytest.raises(SlotTaken):
        act(undoing.undo, session)

    session.refresh_from_db()
    assert session.state == "cancelled"


def test_bah_8_a_no_show_pressed_by_mistake_is_taken_back_in_one_step(session: Session) -> None:
    act(attendance.mark_no_show, session)

    act(undoing.undo, session)

    assert session.state == "booked"


def test_the_last_delivered_session_completes_the_course_and_undo_reopens_it(session: Session) -> None:
    for verb in (attendance.arrive, attendance.start, attendance.complete):
        act(verb, session)
    assert Course.objects.get(pk=session.course_id).state == "completed"

    act(undoing.undo, session)

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


def test_a_visit_turned_away_can_be_taken_back_with_its_reason(session: Session) -> None:
    act(attendance.arrive, session)
    act(partial(attendance.turn_away, reason="  Ate  "), session)
    assert (session.state, session.reason, session.is_active) == ("not_treated", "Ate", False)

    act(undoing.undo, session)

    assert (session.state, session.reason, session.arrived_at) == ("arrived", "", AT)


def test_undo_of_undo_is_not_a_redo(session: Session) -> None:
    act(attendance.arrive, session)
    act(undoing.undo, session)

    with pytest.raises(IllegalMove, match="nothing to undo"):
        act(undoing.undo, session)


def test_undo_after_a_new_step_takes_the_new_step_back(session: Session) -> None:
    for verb in (attendance.mark_no_show, undoing.undo, attendance.arrive, undoing.undo):
        act(verb, session)

    assert (session.state, session.arrived_at) == ("booked", None)


@pytest.mark.parametrize("verb", [*VERBS.values(), undoing.undo])
def test_no_verb_moves_a_session_somebody_changed_meanwhile(session: Session, verb: Callable[..., None]) -> None:
    Session.objects.filter(pk=session.pk).update(version=7)

    with pytest.raises(Stale):
        verb(session_id=session.pk, version=6, now=AT, by=None)

    session.refresh_from_db()
    assert (session.state, session.version, session.events.count()) == ("booked", 7, 1)


def test_a_refused_cancellation_keeps_the_place(session: Session) -> None:
    act(attendance.arrive, session)
    act(attendance.start, session)

    with pytest.raises(IllegalMove):
        act(partial(cancel, reason="Ill"), session)

    assert set(Reservation.objects.filter(session=session).values_list("is_active", flat=True)) == {True}


def test_words_for_a_change_by_the_clock_name_the_clock(world: World, session: Session) -> None:
    somebody_came(world, day=TODAY)
    misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(minutes=15))

    with pytest.raises(
        Stale, match=r"^The clock changed this visit at 11:15am on Tue Nov 17: it is waiting to be settled"
    ):
        attendance.arrive(session_id=session.pk, version=1, now=AT, by=world.receptionist)


# Weighted: it is undoing and the clock that have to get along.
MOVES = [*VERBS, *["undo"] * 5, *["flag"] * 4]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from(MOVES), min_size=1, max_size=12))
def test_after_any_steps_the_row_the_history_and_the_place_agree(
    world: World, session: Session, moves: list[Any]
) -> None:
    """However people click: the last event tells the state, an undo restores the state before, once flagged is once."""
    begin, later = transaction.savepoint(), session.ends_at + dt.timedelta(minutes=30)
    somebody_came(world, day=TODAY)
    try:
        for move in moves:
            take(move, session, later)
        check_history(session)
    finally:  # each example begins with the visit as booked
        transaction.savepoint_rollback(begin)
        session.refresh_from_db()


def take(move: Any, session: Session, at: dt.datetime) -> None:
    if move == "flag":
        misses.flag_missed_sessions(now=at)
        return
    with contextlib.suppress(IllegalMove):
        act(undoing.undo if move == "undo" else VERBS[move], session, at=at)


def check_history(session: Session) -> None:
    session.refresh_from_db()
    events = list(session.events.order_by("pk"))
    assert (events[-1].to_state, session.version) == (session.state, len(events))
    for earlier, later in pairwise(events):
        assert later.from_state == earlier.to_state
        undone = next((event for event in events if event.pk == later.data.get("undoes")), None)
        if undone:
            assert (later.from_state, later.to_state) == (undone.to_state, undone.from_state)
        else:
            assert SessionState(later.to_state) in SESSION_MOVES[SessionState(later.from_state)]
    assert sum(event.kind == "flagged" for event in events) <= 1
    held = set(Reservation.objects.filter(session=session).values_list("is_active", flat=True))
    assert held == {SessionState(session.state) not in RELEASED} == {session.is_active} == {session.is_counted}
    assert session.arrived_at is not None or SessionState(session.state) not in PRESENT
    assert session.arrived_at is None or session.state not in ("booked", "missed", "no_show")
    is_done = Course.objects.get(pk=session.course_id).state == "completed"
    assert is_done == (session.state == "completed")
