"""What people answer: mine, later, done, and taking that back."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from attention import actions
from attention.errors import Conflict, NotFound, Rejected, Stale
from attention.models import Acknowledgement
from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.models import AuditEntry, StaffUser
from scheduling.actions import attendance
from scheduling.models import Session
from tests.attention.desk import DAY, HOUR, Desk, step
from tests.attention.scenes import MINUTE
from tests.factories import World, make_staff

VERBS = [actions.finish_item, actions.take_item, actions.give_up_item, actions.reopen_item]


@pytest.fixture
def late(desk: Desk) -> Session:
    """A visit nobody has come to."""
    return desk.visit()


@pytest.fixture
def now(late: Session) -> dt.datetime:
    return late.starts_at + 20 * MINUTE


@pytest.fixture
def key(late: Session) -> str:
    return f"late:{late.pk}:1"


@pytest.fixture
def dana(world: World) -> StaffUser:
    """Somebody else at the same desk."""
    return make_staff("dana@example.com", Role.FRONT_DESK, world.site)


def answer() -> Acknowledgement:
    return Acknowledgement.objects.get()


def test_an_item_put_off_is_not_shown_until_its_time_comes(desk: Desk, now: dt.datetime, key: str) -> None:
    actions.hold_item(request=desk.request, key=key, until=now + 10 * MINUTE, now=now)

    assert desk.keys(now + 9 * MINUTE, "late_arrival") == []
    assert desk.keys(now + 10 * MINUTE, "late_arrival") == [key]
    [held] = desk.items(now, kind="late_arrival", include_held="1")
    assert (held["held_until"], held["version"]) == ("2026-11-24T09:00:00-05:00", 1)


@pytest.mark.parametrize("ahead", [dt.timedelta(0), -HOUR, dt.timedelta(days=90, seconds=1)])
def test_an_item_is_put_off_to_a_time_to_come_and_not_for_ever(
    desk: Desk, now: dt.datetime, key: str, ahead: dt.timedelta
) -> None:
    with pytest.raises(Rejected, match="within the next 90 days"):
        actions.hold_item(request=desk.request, key=key, until=now + ahead, now=now)

    assert not Acknowledgement.objects.exists()


def test_done_is_for_good_and_can_be_taken_back(desk: Desk, now: dt.datetime, key: str) -> None:
    actions.finish_item(request=desk.request, key=key, now=now)
    gone = desk.keys(now, "late_arrival"), desk.items(now, include_held="1")

    actions.reopen_item(request=desk.request, key=key, now=now)

    assert gone == ([], [])
    assert desk.keys(now, "late_arrival") == [key]
    assert (answer().done_at, answer().version) == (None, 2)


def test_done_ends_a_hold_and_a_hold_does_not_end_done(desk: Desk, now: dt.datetime, key: str) -> None:
    actions.hold_item(request=desk.request, key=key, until=now + HOUR, now=now)
    actions.finish_item(request=desk.request, key=key, now=now)

    with pytest.raises(Conflict, match=r"Rosa finished this at 8:50am on Tue Nov 24\. Reopen it first\."):
        actions.hold_item(request=desk.request, key=key, until=now + HOUR, now=now)

    assert (answer().done_at, answer().held_until) == (now, None)


def test_taking_back_what_was_put_off_shows_it_at_once(desk: Desk, now: dt.datetime, key: str) -> None:
    actions.hold_item(request=desk.request, key=key, until=now + DAY, now=now)

    actions.reopen_item(request=desk.request, key=key, now=now)

    assert desk.keys(now, "late_arrival") == [key]


def test_a_second_person_sees_who_is_on_it(desk: Desk, now: dt.datetime, key: str, dana: StaffUser) -> None:
    actions.take_item(request=Request(user=dana), key=key, now=now)

    for verb in (actions.take_item, actions.finish_item, actions.reopen_item):
        with pytest.raises(Conflict, match=r"^Dana is on this\.$"):
            verb(request=desk.request, key=key, now=now)
    with pytest.raises(Conflict, match="Dana is on this"):
        actions.hold_item(request=desk.request, key=key, until=now + HOUR, now=now)

    [item] = desk.items(now, kind="late_arrival")
    assert item["owner"] == {"id": dana.pk, "name": "Dana"}


def test_whose_item_it_is_may_be_given_up_by_anybody_and_taken_by_the_next(
    desk: Desk, now: dt.datetime, key: str, dana: StaffUser
) -> None:
    actions.take_item(request=Request(user=dana), key=key, now=now)

    actions.give_up_item(request=desk.request, key=key, now=now)
    actions.take_item(request=desk.request, key=key, now=now)

    assert answer().owner == desk.user


def test_the_owner_finishes_and_the_owner_stays_in_the_record(desk: Desk, now: dt.datetime, key: str) -> None:
    actions.take_item(request=desk.request, key=key, now=now)

    actions.finish_item(request=desk.request, key=key, now=now)

    assert (answer().owner, answer().by, answer().done_at) == (desk.user, desk.user, now)


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_answer_twice_is_one(desk: Desk, now: dt.datetime, key: str, verb: Any) -> None:
    if verb in (actions.give_up_item, actions.reopen_item):
        actions.take_item(request=desk.request, key=key, now=now)
    verb(request=desk.request, key=key, now=now)
    version, entries = answer().version, AuditEntry.objects.count()

    verb(request=desk.request, key=key, now=now + MINUTE)

    assert (answer().version, AuditEntry.objects.count()) == (version, entries)


def test_somebody_who_read_an_older_answer_is_told_who_answered_since(
    desk: Desk, now: dt.datetime, key: str, dana: StaffUser
) -> None:
    actions.hold_item(request=Request(user=dana), key=key, until=now + HOUR, now=now, version=0)

    with pytest.raises(Stale, match=r"Dana answered this at 8:50am on Tue Nov 24\. Look at it and try again\."):
        actions.finish_item(request=desk.request, key=key, now=now, version=0)
    actions.finish_item(request=desk.request, key=key, now=now, version=1)

    assert answer().done_at == now


def test_every_answer_leaves_an_audit_entry_about_the_patient(
    desk: Desk, late: Session, now: dt.datetime, key: str
) -> None:
    actions.take_item(request=desk.request, key=key, now=now)
    actions.hold_item(request=desk.request, key=key, until=now + MINUTE, now=now)
    actions.reopen_item(request=desk.request, key=key, now=now)
    actions.finish_item(request=desk.request, key=key, now=now)
    actions.give_up_item(request=desk.request, key=key, now=now)

    noted = AuditEntry.objects.filter(object_type="acknowledgement").order_by("pk")
    assert [entry.action.partition(".")[2] for entry in noted] == ["taken", "held", "reopened", "done", "given_up"]
    assert {(entry.actor, entry.patient_id, entry.object_id) for entry in noted} == {
        (desk.user, late.patient_id, answer().pk)
    }


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_settled_needs_no_answer(desk: Desk, late: Session, now: dt.datetime, key: str, verb: Any) -> None:
    step(attendance.arrive, late, now)

    with pytest.raises(NotFound, match="Nothing here needs anybody any more"):
        verb(request=desk.request, key=key, now=now)

    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.AUDITOR])
def test_who_may_not_settle_misses_answers_nothing(
    desk: Desk, world: World, now: dt.datetime, key: str, role: Role
) -> None:
    someone = make_staff("sam@example.com", role, world.site)

    for verb in VERBS:
        with pytest.raises(NotFound):
            verb(request=Request(user=someone), key=key, now=now)


def test_an_answer_is_one_row_a_cause_and_never_both_held_and_done(desk: Desk, world: World, now: dt.datetime) -> None:
    facts: dict[str, Any] = {"site": world.site, "key": "late:1:1", "by": desk.user, "at": now}
    Acknowledgement.objects.create(**facts)

    for more in ({}, {"key": "late:2:1", "held_until": now, "done_at": now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Acknowledgement.objects.create(**facts | more)
