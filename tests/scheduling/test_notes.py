"""The note of a visit: it merges with whatever else happens, and clashes only with another note."""

import datetime as dt

import pytest

from scheduling.actions import attendance, notes, undoing
from scheduling.errors import NotFound, Stale
from scheduling.models import Session, SessionEvent
from tests.factories import FIRST_DAY, World

AT = dt.datetime(2026, 11, 24, 13, 30, tzinfo=dt.UTC)


@pytest.fixture
def session(world: World) -> Session:
    return world.visit(start_on=FIRST_DAY)


def write(world: World, session: Session, text: str, *, seen: int) -> bool:
    return notes.write_note(request=world.request, session_id=session.pk, note=text, seen=seen, now=AT)


def test_a_note_leaves_the_version_of_the_visit_and_says_who(world: World, session: Session) -> None:
    assert write(world, session, "  Likes the left\n headrest ", seen=1)

    session.refresh_from_db()
    event = SessionEvent.objects.filter(session=session, kind="noted").get()
    assert (session.note, session.note_version, session.version) == ("Likes the left headrest", 2, 1)
    assert (event.by, event.data["was"]) == (world.receptionist, "")


def test_a_note_and_a_check_in_at_once_are_both_kept_and_the_check_in_is_taken_back(
    world: World, session: Session
) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=world.receptionist)
    write(world, session, "Runs late on Mondays", seen=1)

    undoing.undo(session_id=session.pk, version=2, now=session.starts_at, by=world.receptionist)

    session.refresh_from_db()
    assert (session.state, session.note) == ("booked", "Runs late on Mondays")


def test_two_notes_clash_with_both_texts_and_the_same_one_twice_does_not(world: World, session: Session) -> None:
    write(world, session, "Brings a friend", seen=1)

    with pytest.raises(Stale, match='Rosa wrote another note meanwhile: "Brings a friend"'):
        write(world, session, "Needs the quiet room", seen=1)
    assert write(world, session, "Brings a friend", seen=1) is False
    session.refresh_from_db()
    assert session.note == "Brings a friend"


def test_there_is_no_note_of_nothing(world: World, session: Session) -> None:
    with pytest.raises(NotFound):
        notes.write_note(request=world.request, session_id=session.pk + 99, note="x", seen=1, now=AT)
