import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.actions import attendance, misses
from scheduling.models import Session, SessionEvent
from tests.factories import NOW, World

TODAY = NOW.date() + dt.timedelta(days=1)


@pytest.fixture
def session(world: World) -> Session:
    return world.visit(start_on=TODAY, preferred_minute=600)


def flags(session: Session) -> int:
    return SessionEvent.objects.filter(session=session, kind="flagged").count()


def test_a_session_nobody_arrived_for_is_flagged_once_fifteen_minutes_after_its_end(session: Session) -> None:
    grace_ends = session.ends_at + dt.timedelta(minutes=15)

    assert misses.flag_missed_sessions(now=grace_ends - dt.timedelta(seconds=1)) == 0
    assert misses.flag_missed_sessions(now=grace_ends) == 1
    assert misses.flag_missed_sessions(now=grace_ends + dt.timedelta(days=1)) == 0

    session.refresh_from_db()
    assert (session.state, session.version, flags(session)) == ("missed", 2, 1)


def test_bah_3_a_session_with_an_arrival_is_never_flagged(session: Session) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=None)

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(days=30)) == 0


def test_a_cancelled_session_is_never_flagged(session: Session) -> None:
    attendance.cancel(session_id=session.pk, version=1, reason="Ill", now=NOW, by=None)

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(days=30)) == 0


def test_the_flag_can_be_undone_and_does_not_come_back(session: Session) -> None:
    later = session.ends_at + dt.timedelta(hours=1)
    misses.flag_missed_sessions(now=later)

    attendance.undo(session_id=session.pk, version=2, now=later, by=None)

    assert misses.flag_missed_sessions(now=later + dt.timedelta(days=1)) == 0
    session.refresh_from_db()
    assert (session.state, flags(session)) == ("booked", 1)


def test_a_settled_flag_taken_back_twice_does_not_come_back(session: Session) -> None:
    later = session.ends_at + dt.timedelta(hours=1)
    misses.flag_missed_sessions(now=later)
    attendance.mark_no_show(session_id=session.pk, version=2, now=later, by=None)
    attendance.undo(session_id=session.pk, version=3, now=later, by=None)
    session.refresh_from_db()
    assert session.state == "missed"

    attendance.undo(session_id=session.pk, version=4, now=later, by=None)

    assert misses.flag_missed_sessions(now=later + dt.timedelta(days=1)) == 0
    assert flags(session) == 1


def test_an_arrival_pressed_by_mistake_and_undone_leaves_the_visit_to_be_flagged(session: Session) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=None)
    attendance.undo(session_id=session.pk, version=2, now=session.starts_at, by=None)

    assert misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(minutes=15)) == 1


def test_a_flag_leaves_the_patient_and_the_device_where_they_were(session: Session) -> None:
    misses.flag_missed_sessions(now=session.ends_at + dt.timedelta(minutes=15))

    session.refresh_from_db()
    assert (session.is_active, set(session.reservations.values_list("is_active", flat=True))) == (True, {True})


@pytest.mark.parametrize(("verb", "state"), [(attendance.arrive, "arrived"), (attendance.mark_no_show, "no_show")])
def test_a_person_settles_the_flag(session: Session, verb: object, state: str) -> None:
    later = session.ends_at + dt.timedelta(hours=1)
    misses.flag_missed_sessions(now=later)

    verb(session_id=session.pk, version=2, now=later, by=None)  # type: ignore[operator]

    session.refresh_from_db()
    assert session.state == state


def test_every_flag_has_its_event_by_the_clock(session: Session) -> None:
    later = session.ends_at + dt.timedelta(hours=1)

    misses.flag_missed_sessions(now=later)

    event = SessionEvent.objects.get(session=session, kind="flagged")
    assert (event.from_state, event.to_state, event.at, event.by) == ("booked", "missed", later, None)


def test_more_than_a_batch_is_flagged_in_one_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "BATCH", 10)
    world.book()

    assert misses.flag_missed_sessions(now=NOW + dt.timedelta(days=365)) == 36
    assert SessionEvent.objects.filter(kind="flagged").count() == 36


def test_bah_4_an_idle_run_costs_one_look_whatever_the_past_holds(world: World) -> None:
    world.book()
    misses.flag_missed_sessions(now=NOW + dt.timedelta(days=365))

    with CaptureQueriesContext(connection) as queries:
        misses.flag_missed_sessions(now=NOW + dt.timedelta(days=366))

    assert len([query for query in queries if query["sql"].startswith("SELECT")]) == 1
