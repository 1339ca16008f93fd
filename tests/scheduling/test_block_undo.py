"""One undo for a block and all it moved, and the way back once a device is there again."""

import datetime as dt

import pytest

from scheduling.actions import moving, undoing
from scheduling.domain.operations import BlockState
from scheduling.domain.spots import Spot
from scheduling.errors import IllegalMove, Stale
from scheduling.models import Block, CourseEvent, Outage, Session
from scheduling.queries import outages
from scheduling.queries.outages import Fixed
from tests.factories import NOW, World
from tests.scheduling.outage_scenes import TUESDAY, WEDNESDAY, Clinic, names_held, on, picture

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clinic(world: World) -> Clinic:
    return Clinic(world)


def test_one_undo_takes_everything_back_and_reopens_the_device(clinic: Clinic) -> None:
    clinic.course(0, 510), clinic.course(1, 600)
    before = picture()
    block = clinic.block("NeuroStar 1", last=WEDNESDAY)

    clinic.undo(block)

    block.refresh_from_db()
    assert (picture(), block.state, Outage.objects.count()) == (before, BlockState.UNDONE, 0)
    kinds = CourseEvent.objects.filter(block=block).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["reseated", "reseated", "undone", "undone"]
    assert outages.patients_to_tell(block.pk) == []


def test_places_that_were_traded_are_traded_back(clinic: Clinic) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 540)
    before = picture()
    fixed = {
        on(mine, TUESDAY).pk: Fixed(Spot(TUESDAY, 540, clinic.device(1).pk)),
        on(other, TUESDAY).pk: Fixed(Spot(TUESDAY, 510, clinic.device(1).pk)),
    }
    operators = [name for name in names_held(on(mine, TUESDAY)) if name != "NeuroStar 1"]
    block = clinic.apply(clinic.preview(clinic.blocking(*operators), fixed=fixed))
    assert (on(mine, TUESDAY).minute, on(other, TUESDAY).minute) == (540, 510)

    clinic.undo(block)

    assert picture() == before


@pytest.mark.parametrize("what", ["changed", "taken", "passed", "blocked"])
def test_nothing_is_undone_if_one_visit_cannot_go_back_and_the_words_name_it(clinic: Clinic, what: str) -> None:
    course, other = clinic.course(0, 510), clinic.course(1, 600)
    block = clinic.block("NeuroStar 1")
    visit, now = on(course, TUESDAY), NOW
    if what == "changed":
        moving.move_to(
            request=clinic.world.request, session_id=visit.pk, version=visit.version, day=TUESDAY, minute=840, now=NOW
        )
    elif what == "taken":
        Outage.objects.filter(block=block).update(resource=clinic.device(3))
        clinic.course(2, 510, pins={"tms_device": clinic.device(1).pk}, start_on=dt.date(2026, 11, 30))
    elif what == "passed":
        now = visit.starts_at
    else:
        clinic.block_now("NeuroStar 1", from_minute=505, to_minute=530)
    before = picture()

    with pytest.raises(IllegalMove) as refused:
        clinic.undo(Block.objects.get(pk=block.pk), now=now)

    why = {
        "changed": "was changed since",
        "taken": "its old place has gone to somebody else",
        "passed": "its old time has passed",
        "blocked": "its old place is blocked by something else",
    }[what]
    assert refused.value.fields[str(visit.pk)] == why
    assert str(on(other, TUESDAY).pk) not in refused.value.fields
    assert [each["verb"] for each in refused.value.alternatives] == ["reopen"]
    block.refresh_from_db()
    assert (picture(), block.state) == (before, BlockState.IN_FORCE)


def test_one_visit_or_one_course_of_a_block_in_force_is_not_undone_by_itself(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    block = clinic.block("NeuroStar 1")
    visit = on(course, TUESDAY)
    course.refresh_from_db()

    with pytest.raises(IllegalMove, match="Undo the block, or move this visit"):
        undoing.undo(session_id=visit.pk, version=visit.version, now=NOW, by=clinic.world.receptionist)
    with pytest.raises(IllegalMove, match="part of a block"):
        undoing.undo_change(request=clinic.world.request, course_id=course.pk, version=course.version, now=NOW)

    clinic.reopen(block)
    undoing.undo_change(request=clinic.world.request, course_id=course.pk, version=course.version, now=NOW)
    assert names_held(on(course, TUESDAY))[0] == "NeuroStar 1"


def test_a_visit_of_a_reopened_block_does_not_go_back_under_the_rest_of_it(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    block = clinic.block("NeuroStar 1")
    clinic.reopen(block, at=on(course, TUESDAY).ends_at)
    course.refresh_from_db()

    with pytest.raises(IllegalMove, match="still blocked then"):
        undoing.undo_change(request=clinic.world.request, course_id=course.pk, version=course.version, now=NOW)


def test_a_block_somebody_changed_is_stale_and_one_undone_is_not_undone_again(clinic: Clinic) -> None:
    block = clinic.block_now("NeuroStar 1")
    clinic.undo(block)

    with pytest.raises(Stale):
        clinic.undo(block)
    block.refresh_from_db()
    with pytest.raises(IllegalMove, match="not in force"):
        clinic.undo(block)


# The way back.


def test_after_reopening_people_are_asked_back_to_what_they_were_told_first(clinic: Clinic) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 600)
    before = [
        (on(course, day).minute, names_held(on(course, day))[0])
        for course in (mine, other)
        for day in (TUESDAY, WEDNESDAY)
    ]
    block = clinic.block("NeuroStar 1", last=WEDNESDAY)
    block = clinic.reopen(block)

    found = outages.return_choices(block=block, now=NOW)
    clinic.apply(found)

    after = [
        (on(course, day).minute, names_held(on(course, day))[0])
        for course in (mine, other)
        for day in (TUESDAY, WEDNESDAY)
    ]
    assert (found.words, after) == ("4 of 4 can go back to the time they were told first.", before)
    kinds = CourseEvent.objects.filter(block=block).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["reseated", "reseated", "moved_back", "moved_back"]
    assert outages.return_choices(block=block, now=NOW).rows == ()


def test_only_those_whose_place_is_still_free_go_back_and_the_others_say_why_not(clinic: Clinic) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 600)
    block = clinic.block("NeuroStar 1")
    block = clinic.reopen(block)
    clinic.course(2, 510, pins={"tms_device": clinic.device(1).pk}, start_on=dt.date(2026, 11, 30))

    found = outages.return_choices(block=block, now=NOW)

    said = {row.session.course_id: row.words for row in found.rows}
    assert said == {
        mine.pk: "Stays where it is now: NeuroStar 1 is taken at 8:30am until 9am",
        other.pk: "Same time on NeuroStar 1",
    }
    clinic.apply(found)
    assert (names_held(on(mine, TUESDAY))[0], names_held(on(other, TUESDAY))[0]) == ("NeuroStar 2", "NeuroStar 1")


def test_who_was_moved_by_hand_since_is_left_alone(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    block = clinic.reopen(clinic.block("NeuroStar 1"))
    visit = on(course, TUESDAY)
    moving.move_to(
        request=clinic.world.request, session_id=visit.pk, version=visit.version, day=TUESDAY, minute=840, now=NOW
    )

    assert outages.return_choices(block=block, now=NOW).rows == ()


def test_reopening_ends_the_outage_now_and_one_that_has_not_begun_is_gone(clinic: Clinic) -> None:
    begun = clinic.block_now("NeuroStar 1", first=NOW.date(), last=WEDNESDAY)
    ahead = clinic.block_now("NeuroStar 2")

    clinic.reopen(begun, now=NOW + HOUR), clinic.reopen(ahead, now=NOW + HOUR)

    assert list(Outage.objects.values_list("block_id", "ends_at")) == [(begun.pk, NOW + HOUR)]


def test_nobody_is_asked_back_before_the_device_is(clinic: Clinic) -> None:
    block = Block.objects.select_related("site").get(pk=clinic.block_now("NeuroStar 1").pk)

    with pytest.raises(IllegalMove, match="Reopen it first"):
        outages.return_choices(block=block, now=NOW)


def test_a_course_that_was_shifted_as_a_whole_goes_back_as_a_whole(clinic: Clinic) -> None:
    course = clinic.course(0, 510, counts={"acute": 13, "taper": 3})
    before = list(Session.objects.filter(course=course).order_by("pk").values_list("day", "minute"))
    last = Session.objects.filter(course=course, phase="acute").order_by("-day")[0].day
    block = clinic.block(first=last - dt.timedelta(days=1), last=last)
    shifted = list(Session.objects.filter(course=course).order_by("pk").values_list("day", "minute"))
    assert sum(one != other for one, other in zip(before, shifted, strict=True)) > 2

    clinic.apply(outages.return_choices(block=clinic.reopen(block), now=NOW))

    assert list(Session.objects.filter(course=course).order_by("pk").values_list("day", "minute")) == before
