"""A call for help from a chair: it stands until somebody is there, and is in nobody's way."""

import datetime as dt

import pytest

from clinic.models import AuditEntry
from scheduling.actions import attendance, helping, undoing
from scheduling.errors import IllegalMove, NotFound
from scheduling.models import Resource, Session, SessionEvent
from scheduling.queries import watch
from scheduling.queries.history import session_history_of
from tests.factories import World

AT = dt.datetime(2026, 11, 24, 13, 30, tzinfo=dt.UTC)


@pytest.fixture
def session(world: World) -> Session:
    return Session.objects.get(course=world.book(), number=1)


def ask(world: World, session: Session, at: dt.datetime = AT) -> bool:
    device = Resource.objects.get(site=world.site, name="NeuroStar 1")
    return helping.ask_for_help(request=world.request, session_id=session.pk, resource_id=device.pk, now=at)


def places(world: World, at: dt.datetime = AT) -> list[tuple[str, str]]:
    return [(call.place, call.by) for call in watch.help_asked(site_ids=[world.site.pk], now=at)]


def test_a_call_names_the_chair_and_who_called_until_somebody_is_there(world: World, session: Session) -> None:
    assert ask(world, session) is True
    assert places(world) == [("NeuroStar 1", "Rosa")]

    assert helping.give_help(request=world.request, session_id=session.pk, now=AT) is True

    assert places(world) == []
    assert [line.text for line in session_history_of(session)][:2] == [
        "Somebody came to help",
        "Help was asked for at the chair",
    ]
    assert AuditEntry.objects.filter(action__in=["session.help_asked", "session.help_given"]).count() == 2


def test_calling_twice_is_one_call_and_coming_twice_is_once(world: World, session: Session) -> None:
    assert [ask(world, session), ask(world, session)] == [True, False]
    came = [helping.give_help(request=world.request, session_id=session.pk, now=AT) for _ in range(2)]

    assert came == [True, False]
    assert SessionEvent.objects.filter(session=session, kind__startswith="help_").count() == 2


def test_a_call_and_a_step_do_not_meet_and_the_step_is_taken_back(world: World, session: Session) -> None:
    attendance.arrive(session_id=session.pk, version=1, now=session.starts_at, by=world.receptionist)
    ask(world, session, session.starts_at)

    undoing.undo(session_id=session.pk, version=2, now=session.starts_at, by=world.receptionist)

    session.refresh_from_db()
    assert (session.state, session.version) == ("booked", 3)


def test_nobody_waits_for_yesterdays_call_nor_in_a_chair_nobody_came_to(world: World, session: Session) -> None:
    ask(world, session)
    assert places(world, AT + dt.timedelta(hours=12)) == []

    attendance.mark_no_show(session_id=session.pk, version=1, now=session.ends_at, by=world.receptionist)

    assert places(world, session.ends_at) == []
    with pytest.raises(IllegalMove, match="Nobody is in the chair"):
        ask(world, session)


def test_there_is_no_help_for_nothing(world: World, session: Session) -> None:
    with pytest.raises(NotFound):
        helping.give_help(request=world.request, session_id=session.pk + 99, now=AT)
