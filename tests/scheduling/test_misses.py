import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from clinic.actions import record_heartbeat
from scheduling.actions import attendance, misses, setup, undoing
from scheduling.actions.setup import NewResource
from scheduling.errors import IllegalMove
from scheduling.models import RecordingGap, Reservation, Session, SessionEvent
from tests.factories import NOW, World, cancel, somebody_came, worker_lives

TODAY = NOW.date() + dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def session(world: World) -> Session:
    """A visit at ten on a day on which somebody else came."""
    somebody_came(world, day=TODAY, minute=480)
    return world.visit(start_on=TODAY, preferred_minute=600)


@pytest.fixture
def lonely(world: World) -> Session:
    """The only visit of its day."""
    return world.visit(start_on=TODAY, preferred_minute=600)


def flags(session: Session) -> int:
    return SessionEvent.objects.filter(session=session, kind="flagged").count()


def state(session: Session) -> str:
    session.refresh_from_db()
    return session.state


def test_a_session_nobody_arrived_for_is_flagged_once_fifteen_minutes_after_its_end(session: Session) -> None:
    grace_ends = session.ends_at + 15 * MINUTE

    assert misses.flag_missed_sessions(now=grace_ends - dt.timedelta(seconds=1)) == 0
    assert misses.flag_missed_sessions(now=grace_ends) == 1
    assert misses.flag_missed_sessions(now=grace_ends + dt.timedelta(days=1)) == 0

    session.refresh_from_db()
    assert (session.state, session.version, flags(session)) == ("missed", 2, 1)


def test_bah_3_a_session_with_an_arrival_is_never_flagged(session: Session) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=None)

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(days=30)) == 0


def test_a_cancelled_session_is_never_flagged(session: Session) -> None:
    cancel(session_id=session.pk, version=1, reason="Ill", now=NOW, by=None)

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(days=30)) == 0


def test_the_flag_can_be_undone_and_does_not_come_back(session: Session) -> None:
    later = session.ends_at + dt.timedelta(hours=1)
    misses.flag_missed_sessions(now=later)

    undoing.undo(session_id=session.pk, version=2, now=later, by=None)

    assert misses.flag_missed_sessions(now=later + dt.timedelta(days=1)) == 0
    assert (state(session), flags(session)) == ("booked", 1)


def test_a_settled_flag_taken_back_twice_does_not_come_back(session: Session) -> None:
    later = session.ends_at + dt.timedelta(hours=1)
    misses.flag_missed_sessions(now=later)
    attendance.mark_no_show(session_id=session.pk, version=2, now=later, by=None)
    undoing.undo(session_id=session.pk, version=3, now=later, by=None)
    assert state(session) == "missed"

    undoing.undo(session_id=session.pk, version=4, now=later, by=None)

    assert misses.flag_missed_sessions(now=later + dt.timedelta(days=1)) == 0
    assert flags(session) == 1


def test_an_arrival_pressed_by_mistake_and_undone_leaves_the_visit_to_be_flagged(session: Session) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=None)
    undoing.undo(session_id=session.pk, version=2, now=session.starts_at, by=None)

    assert misses.flag_missed_sessions(now=session.ends_at + 15 * MINUTE) == 1


def test_a_flag_leaves_the_patient_counted_until_a_person_settles_it(session: Session) -> None:
    misses.flag_missed_sessions(now=session.ends_at + 15 * MINUTE)

    session.refresh_from_db()
    assert (session.is_active, session.is_counted) == (True, True)


@pytest.mark.parametrize(("verb", "then"), [(attendance.arrive, "arrived"), (attendance.mark_no_show, "no_show")])
def test_a_person_settles_the_flag(session: Session, verb: Any, then: str) -> None:
    later = session.ends_at + dt.timedelta(hours=1)
    misses.flag_missed_sessions(now=later)

    verb(session_id=session.pk, version=2, now=later, by=None)

    assert state(session) == then


def test_every_flag_has_its_event_by_the_clock(session: Session) -> None:
    later = session.ends_at + dt.timedelta(hours=1)

    misses.flag_missed_sessions(now=later)

    event = SessionEvent.objects.get(session=session, kind="flagged")
    assert (event.from_state, event.to_state, event.at, event.by) == ("booked", "missed", later, None)


def test_more_than_a_batch_is_flagged_in_one_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "BATCH", 10)
    course = world.book()
    answer_every_day(world, course.pk)

    assert SessionEvent.objects.filter(kind="flagged").count() == 36


def answer_every_day(world: World, course_id: int) -> None:
    """Flag a whole course of a site that recorded nothing for a year, by answering for every day."""
    late = NOW + dt.timedelta(days=365)
    misses.flag_missed_sessions(now=late)
    for gap in RecordingGap.objects.all():
        misses.settle_gap(request=world.request, gap_id=gap.pk, nobody_came=True, now=late)


def test_bah_4_an_idle_run_costs_one_look_whatever_the_past_holds(world: World) -> None:
    answer_every_day(world, world.book().pk)

    with CaptureQueriesContext(connection) as queries:
        misses.flag_missed_sessions(now=NOW + dt.timedelta(days=366))

    looks = [query["sql"] for query in queries if query["sql"].startswith("SELECT") and "heartbeat" not in query["sql"]]
    assert len(looks) == 1


# Held back: nobody could have recorded anything.


def test_where_nothing_was_recorded_that_day_nobody_is_flagged_and_a_person_is_asked_once(lonely: Session) -> None:
    next_day = lonely.ends_at + dt.timedelta(days=1)

    assert misses.flag_missed_sessions(now=next_day) == 0
    assert misses.flag_missed_sessions(now=next_day + dt.timedelta(days=1)) == 0

    lonely.refresh_from_db()
    gap = RecordingGap.objects.get()
    assert (lonely.state, lonely.recording_gap, lonely.version) == ("booked", gap, 1)
    assert (gap.site, gap.day, gap.is_outage, gap.settled_at) == (lonely.site, TODAY, False, None)


def test_while_the_day_is_not_over_the_clock_looks_again(world: World, lonely: Session) -> None:
    assert misses.flag_missed_sessions(now=lonely.ends_at + 15 * MINUTE) == 0
    assert not RecordingGap.objects.exists()

    somebody_came(world, day=TODAY)

    assert misses.flag_missed_sessions(now=lonely.ends_at + 31 * MINUTE) == 1


def test_the_answer_that_nobody_came_flags_them_all(world: World, lonely: Session) -> None:
    later = lonely.ends_at + dt.timedelta(days=1)
    misses.flag_missed_sessions(now=later)
    gap = RecordingGap.objects.get()

    misses.settle_gap(request=world.request, gap_id=gap.pk, nobody_came=True, now=later)

    assert (state(lonely), flags(lonely)) == ("missed", 1)
    with pytest.raises(IllegalMove, match="answered this already"):
        misses.settle_gap(request=world.request, gap_id=gap.pk, nobody_came=True, now=later)


def test_the_answer_that_they_are_recorded_by_hand_leaves_them(world: World, lonely: Session) -> None:
    later = lonely.ends_at + dt.timedelta(days=1)
    misses.flag_missed_sessions(now=later)

    misses.settle_gap(request=world.request, gap_id=RecordingGap.objects.get().pk, nobody_came=False, now=later)
    attendance.arrive(session_id=lonely.pk, version=1, now=later, by=None)

    assert state(lonely) == "arrived"
    assert misses.flag_missed_sessions(now=later + dt.timedelta(days=1)) == 0


def test_sessions_of_an_outage_are_held_back_where_nobody_wrote_anything_since(session: Session) -> None:
    worker_lives(now=session.starts_at - MINUTE)  # the last sign of life before everything stopped

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(hours=3)) == 0

    gap = RecordingGap.objects.get()
    assert (gap.is_outage, state(session)) == (True, "booked")


def test_an_outage_is_remembered_once_the_worker_is_back(session: Session) -> None:
    back_up = session.ends_at + dt.timedelta(hours=3)
    worker_lives(now=session.starts_at - MINUTE)
    record_heartbeat(name="worker", now=back_up)  # the heartbeat may come before the sweep

    assert misses.flag_missed_sessions(now=back_up + MINUTE) == 0


def test_a_worker_that_was_down_while_people_went_on_recording_flags_as_ever(world: World, session: Session) -> None:
    worker_lives(now=session.starts_at - MINUTE)
    other = Session.objects.get(patient=world.daniel)
    attendance.start(session_id=other.pk, version=2, now=session.ends_at, by=world.receptionist)

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(hours=3)) == 1


def test_a_visit_before_an_outage_is_flagged_as_ever(session: Session) -> None:
    worker_lives(now=session.ends_at + dt.timedelta(hours=1))

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(hours=4)) == 1


# A poisoned row.


def test_one_poisoned_row_does_not_stop_the_rest(
    world: World, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fine = world.visit(world.daniel, start_on=TODAY, preferred_minute=660)
    write = misses._flag

    def refuse(rows: Any, now: dt.datetime) -> None:
        if any(row.pk == session.pk for row in rows):
            raise DatabaseError("this row is broken")
        write(rows, now)

    monkeypatch.setattr(misses, "_flag", refuse)

    assert misses.flag_missed_sessions(now=fine.ends_at + 15 * MINUTE) == 1

    assert (state(session), state(fine)) == ("booked", "missed")
    assert f"Session {session.pk} can't be flagged" in caplog.text


# What a visit held for nobody.


@pytest.fixture
def esketamine(world: World) -> Session:
    setup.add_resources(
        site=world.site,
        resources=[
            NewResource("observation_chair", "Chair 1", "SPR"),
            NewResource("observer", "Nurse"),
            NewResource("observation_place", "Nurse, place 1"),
        ],
    )
    course = world.book(protocol_code="esk_trd", start_on=TODAY, preferred_minute=600)
    somebody_came(world, day=TODAY)
    return Session.objects.get(course=course, number=1)


def held(session: Session) -> set[str]:
    rows = Reservation.objects.filter(session=session, is_active=True)
    return set(rows.values_list("resource__name", flat=True))


def test_an_observed_visit_is_flagged_from_its_start_and_gives_back_what_is_left(esketamine: Session) -> None:
    half_an_hour = esketamine.starts_at + 30 * MINUTE
    assert held(esketamine) == {"Chair 1", "Nurse", "Nurse, place 1"}

    assert misses.flag_missed_sessions(now=half_an_hour) == 1

    assert held(esketamine) == set()


def test_who_comes_late_after_the_flag_takes_the_places_again(esketamine: Session) -> None:
    half_an_hour = esketamine.starts_at + 30 * MINUTE
    misses.flag_missed_sessions(now=half_an_hour)

    attendance.arrive(session_id=esketamine.pk, version=2, now=half_an_hour + MINUTE, by=None)

    assert (state(esketamine), held(esketamine)) == ("arrived", {"Chair 1", "Nurse", "Nurse, place 1"})


def test_who_comes_late_after_flag_and_no_show_takes_everything_again(esketamine: Session) -> None:
    at = esketamine.starts_at + 30 * MINUTE
    misses.flag_missed_sessions(now=at)
    attendance.mark_no_show(session_id=esketamine.pk, version=2, now=at, by=None)

    attendance.arrive(session_id=esketamine.pk, version=3, now=at + MINUTE, by=None)

    assert held(esketamine) == {"Chair 1", "Nurse", "Nurse, place 1"}
