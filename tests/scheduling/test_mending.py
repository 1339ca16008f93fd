"""Times that went to others while somebody was choosing: the others stay, all are held, nothing is booked."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from attention import queries as attention
from attention.domain.items import Kind
from clinic.models import AuditEntry
from scheduling.actions import courses, holds, mending
from scheduling.errors import PlanGone, SlotTaken
from scheduling.models import Course, Session
from scheduling.queries.courses import courses_of
from scheduling.queries.mending import mended
from scheduling.queries.planning import Proposal
from tests.factories import NOW, World, make_patient, propose

SOON = NOW + dt.timedelta(minutes=5)


def take(world: World, proposal: Proposal, number: int) -> None:
    """Another patient gets the place of one session of a plan."""
    session = proposal.plan.sessions[number - 1]
    other = make_patient(world.site, world.receptionist, f"Other{number}", "Body", phone=f"+155501{number:05}")
    pins = {"tms_device": session.uses[0].resource_id}
    theirs = propose(world.site, other, start_on=session.day, preferred_minute=session.minute, pins=pins, first_only=1)
    assert (theirs.plan.sessions[0].day, theirs.plan.sessions[0].minute) == (session.day, session.minute)
    courses.book_course(request=world.request, proposal=theirs, now=NOW)


@pytest.fixture
def raced(world: World) -> Proposal:
    """Maria's plan, in which the times of sessions 7 and 19 have gone."""
    proposal = world.propose()
    take(world, proposal, 7)
    take(world, proposal, 19)
    return proposal


def places(proposal: Proposal) -> list[tuple[dt.date, int, int]]:
    return [(each.day, each.minute, each.uses[0].resource_id) for each in proposal.plan.sessions]


def test_only_what_was_taken_gets_another_place(raced: Proposal) -> None:
    found = mended(raced, now=NOW)

    before, after = places(raced), places(found.proposal)
    assert (found.lost, found.rows) == (2, (7, 19))
    assert [number for number, (old, new) in enumerate(zip(before, after, strict=True), start=1) if old != new] == [
        7,
        19,
    ]
    assert after[6][0] == before[6][0]
    assert found.proposal.plan.sessions[6].deviation == "8:30am was taken while you were choosing."


def test_a_plan_that_is_free_is_not_mended(world: World) -> None:
    with pytest.raises(PlanGone, match="None of these times is taken"):
        mended(world.propose(), now=NOW)


def test_what_is_picked_instead_is_held_and_not_booked(world: World, raced: Proposal) -> None:
    with pytest.raises(SlotTaken):
        courses.book_course(request=world.request, proposal=raced, now=NOW)

    course_id, found = mending.hold_mended(request=world.request, proposal=raced, now=NOW)

    course = Course.objects.get(pk=course_id)
    assert found is not None
    assert (course.state, course.held_until) == ("draft", SOON)
    assert set(course.sessions.values_list("state", flat=True)) == {"held"}
    assert AuditEntry.objects.filter(object_type="course", object_id=course_id).get().action == "course.held"


def test_twins_with_one_key_hold_once(world: World, raced: Proposal) -> None:
    request = replace(world.request, key="k", route="r", body_sha256="b")
    first, found = mending.hold_mended(request=request, proposal=raced, now=NOW)

    assert mending.hold_mended(request=request, proposal=raced, now=NOW) == (first, None)
    assert found is not None
    assert Course.objects.filter(patient=world.maria).count() == 1


@pytest.mark.parametrize("times", [1, 2])
def test_who_loses_once_more_gets_another_pick_and_then_no_more(
    world: World, raced: Proposal, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    book: Callable[..., tuple[int, bool]] = courses.book_course
    left = [SlotTaken("gone")] * times

    def quicker(**asked: object) -> tuple[int, bool]:
        if left:
            raise left.pop()
        return book(**asked)

    monkeypatch.setattr(courses, "book_course", quicker)

    if times == 1:
        course_id, _found = mending.hold_mended(request=world.request, proposal=raced, now=NOW)
        assert Course.objects.get(pk=course_id).state == "draft"
    else:
        with pytest.raises(SlotTaken):
            mending.hold_mended(request=world.request, proposal=raced, now=NOW)


def test_a_hold_while_somebody_looks_is_nobody_elses_business(world: World, raced: Proposal) -> None:
    mending.hold_mended(request=world.request, proposal=raced, now=NOW)

    kinds = {
        item.kind for item in attention.items(site_ids=[world.site.pk], now=NOW) if item.patient_id == world.maria.pk
    }

    assert kinds & {Kind.HOLD_ENDING, Kind.HOLD_READY, Kind.HOLD_OVER} == set()


def test_what_nobody_confirms_goes_back_and_leaves_no_course_behind(world: World, raced: Proposal) -> None:
    course_id, _found = mending.hold_mended(request=world.request, proposal=raced, now=NOW)

    assert holds.release_expired_holds(now=SOON) == 1

    assert Course.objects.get(pk=course_id).state == "entered_in_error"
    assert courses_of(world.maria, now=SOON) == []
    assert Session.objects.filter(patient=world.maria, is_active=True).count() == 0


def test_booking_what_was_held_meanwhile_asks_for_no_more_than_booking_at_once(world: World, raced: Proposal) -> None:
    course_id, _found = mending.hold_mended(request=world.request, proposal=raced, now=NOW)

    holds.confirm_hold(request=world.request, course_id=course_id, now=NOW)

    assert Course.objects.get(pk=course_id).state == "active"
