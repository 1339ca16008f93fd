"""Committing a block: all or nothing; blocking now and moving later; one thing to say to each patient."""

import dataclasses
import datetime as dt

import pytest

from clinic.models import AuditEntry
from scheduling import block_token
from scheduling.actions import attendance, blocks, courses, moving, setup
from scheduling.actions.setup import NewResource
from scheduling.domain.reseat_words import MoveKind
from scheduling.domain.states import Scope
from scheduling.errors import PlanGone, SlotTaken
from scheduling.models import Block, CourseEvent, Outage, Reservation, Session
from scheduling.queries import outages, repairs
from scheduling.queries.outages import Fixed
from tests.factories import FIRST_DAY, NOW, World, propose
from tests.scheduling.living.clinic import ROOMS
from tests.scheduling.outage_scenes import TUESDAY, WEDNESDAY, Clinic, names_held, on, picture

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clinic(world: World) -> Clinic:
    return Clinic(world)


# Committing: all or nothing.


def test_committing_moves_everybody_as_shown_and_one_event_a_course_belongs_to_the_block(clinic: Clinic) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 600)
    proposal = clinic.preview(clinic.blocking("NeuroStar 1", last=WEDNESDAY))

    block = clinic.apply(proposal)

    for row in proposal.rows:
        visit = Session.objects.get(pk=row.session.pk)
        assert row.to is not None
        assert (visit.day, visit.minute) == (row.to.day, row.to.minute)
        assert names_held(visit) == sorted(use.name for use in row.to.uses)
    events = (
        CourseEvent.objects.filter(block=block).order_by("course_id").values_list("course_id", "kind", "data__moved")
    )
    assert list(events) == [(mine.pk, "reseated", 2), (other.pk, "reseated", 2)]
    assert set(AuditEntry.objects.filter(action="block.reseated").values_list("patient_id", flat=True)) == {
        mine.patient_id,
        other.patient_id,
    }


def test_the_same_request_blocks_once(clinic: Clinic) -> None:
    clinic.course(0, 510)
    token = block_token.sign(clinic.preview(clinic.blocking("NeuroStar 1")), now=NOW)
    request = dataclasses.replace(clinic.world.request, key="k-1", route="/outages/", body_sha256="x")

    first = blocks.apply_block(request=request, token=token, now=NOW)
    second = blocks.apply_block(request=request, token=token, now=NOW + HOUR)

    assert (first[1], second, Block.objects.count()) == (False, (first[0], True), 1)


def test_a_proposal_is_good_for_fifteen_minutes(clinic: Clinic) -> None:
    token = block_token.sign(clinic.preview(clinic.blocking("NeuroStar 1")), now=NOW)

    with pytest.raises(PlanGone, match="more than 15 minutes old"):
        blocks.apply_block(request=clinic.world.request, token=token, now=NOW + dt.timedelta(minutes=15))


def test_a_place_taken_meanwhile_leaves_everything_as_it_was(clinic: Clinic) -> None:
    clinic.course(0, 510)
    proposal = clinic.preview(clinic.blocking("NeuroStar 1", last=WEDNESDAY))
    clinic.course(1, 510, pins={"tms_device": clinic.device(2).pk}, start_on=dt.date(2026, 11, 30))
    before = picture()

    with pytest.raises(SlotTaken):
        clinic.apply(proposal)

    assert (picture(), Block.objects.count(), Outage.objects.count()) == (before, 0, 0)


def test_a_course_changed_meanwhile_is_worked_out_anew(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    proposal = clinic.preview(clinic.blocking("NeuroStar 1"))
    visit = on(course, WEDNESDAY)
    moving.move_to(request=clinic.world.request, session_id=visit.pk, version=1, day=WEDNESDAY, minute=840, now=NOW)

    with pytest.raises(PlanGone, match="changed this course"):
        clinic.apply(proposal)

    assert not Block.objects.exists()


def test_somebody_booked_into_the_time_meanwhile_is_not_overlooked(clinic: Clinic) -> None:
    clinic.course(0, 510)
    proposal = clinic.preview(clinic.blocking("NeuroStar 1"))
    clinic.course(1, 600)

    with pytest.raises(PlanGone, match="1 visit was booked into that time meanwhile"):
        clinic.apply(proposal)

    assert not Outage.objects.exists()


# Blocking now, moving later.


def test_care_8_closing_a_device_with_fourteen_booked_sessions_succeeds_and_lists_all_of_them(clinic: Clinic) -> None:
    for number in range(7):
        clinic.course(number, 510 + 30 * number, pins={"tms_device": clinic.device(1).pk})
    hit = Session.objects.filter(day__in=[TUESDAY, WEDNESDAY]).count()

    block = clinic.block_now("NeuroStar 1", last=WEDNESDAY)

    seen = outages.block_of(block_id=block.pk, now=NOW)
    again = outages.blocking_in_force(Block.objects.select_related("site").get(pk=block.pk))
    assert (hit, seen and seen.left, len(clinic.preview(again).rows)) == (14, 14, 14)
    assert Reservation.objects.filter(resource=clinic.device(1), day_number=TUESDAY.toordinal()).count() == 7


def test_those_left_are_seated_later_under_the_same_block_and_undone_with_it(clinic: Clinic) -> None:
    clinic.course(0, 510), clinic.course(1, 600)
    before = picture()
    block = clinic.block_now("NeuroStar 1", last=WEDNESDAY)
    standing = outages.blocking_in_force(Block.objects.select_related("site").get(pk=block.pk))
    some = {row.session.pk: Fixed(None) for row in clinic.preview(standing).rows[:2]}

    first = clinic.apply(clinic.preview(standing, fixed=some))
    second = clinic.apply(clinic.preview(standing))

    seen = outages.block_of(block_id=block.pk, now=NOW)
    assert (first.pk, second.pk, seen and seen.left) == (block.pk, block.pk, 0)
    clinic.undo(second)
    assert picture() == before


def test_a_blocked_time_vanishes_from_every_picker_at_once(clinic: Clinic) -> None:
    lost = clinic.course(0, 510)
    missed = on(lost, dt.date(2026, 11, 30))
    attendance.mark_no_show(
        session_id=missed.pk, version=1, now=missed.starts_at + dt.timedelta(minutes=20), by=clinic.world.receptionist
    )
    mover = clinic.course(1, 630)
    names = ("NeuroStar 1", "NeuroStar 2", "NeuroStar 3")
    old_plan = propose(clinic.world.site, clinic.world.maria, start_on=TUESDAY, protocol_code="consult")
    old_move = repairs.move_choices(on(mover, TUESDAY), scope=Scope.ONE, now=NOW)[0]

    clinic.block_now(*names, "Dr. Weiss")

    choices = repairs.move_choices(on(mover, WEDNESDAY), scope=Scope.ONE, now=NOW)
    missed.refresh_from_db()
    make_ups = repairs.make_up_choices(
        Session.objects.select_related("course__site", "course__protocol", "course__patient").get(pk=missed.pk),
        now=missed.starts_at + HOUR,
    )
    places = [move.to.day for choice in [*choices, *make_ups] if choice.change for move in choice.change.moves]
    places += [added.day for choice in make_ups if choice.change for added in choice.change.added]
    fresh = propose(clinic.world.site, clinic.world.daniel, start_on=dt.date(2026, 11, 30))
    assert TUESDAY not in {*places, *(planned.day for planned in fresh.plan.sessions)}
    with pytest.raises(PlanGone, match="out of service"):
        courses.book_course(request=clinic.world.request, proposal=old_plan, now=NOW)
    with pytest.raises(PlanGone, match="out of service"):
        moving.apply_change(request=clinic.world.request, token=old_move.token, now=NOW)


# One message a patient.


def test_a_patient_with_two_courses_is_one_to_tell_and_the_courses_keep_their_rules_together(clinic: Clinic) -> None:
    daily = clinic.course(0, 510)
    second = clinic.world.book(daily.patient, protocol_code="consult", start_on=TUESDAY, preferred_minute=840)

    block = clinic.block()

    [told] = outages.patients_to_tell(block.pk)
    changed = set(CourseEvent.objects.filter(pk__in=told.change_ids).values_list("course_id", flat=True))
    assert (told.patient_id, changed, len(told.session_ids)) == (daily.patient_id, {daily.pk, second.pk}, 2)


def test_held_times_nobody_was_told_about_move_too(clinic: Clinic) -> None:
    proposal = propose(
        clinic.world.site, clinic.patient(0), counts={"acute": 10, "taper": 3}, pins={"tms_device": clinic.device(1).pk}
    )
    proposal = dataclasses.replace(proposal, wish=dataclasses.replace(proposal.wish, pins={}))
    course_id, _again = courses.book_course(
        request=clinic.world.request, proposal=proposal, now=NOW, held_until=NOW + dt.timedelta(days=10)
    )

    clinic.block("NeuroStar 1")

    visit = Session.objects.get(course=course_id, day=TUESDAY)
    assert (visit.state, names_held(visit)[0]) == ("held", "NeuroStar 2")


# Treatments that ask for more than a device.


def test_what_two_courses_of_a_patient_forbid_each_other_is_minded_where_both_move(clinic: Clinic) -> None:
    chair = [NewResource("infusion_chair", "Chair 1", "KETAMINE"), NewResource("iv_nurse", "Nurse 1")]
    setup.add_resources(site=clinic.world.site, resources=[*chair, NewResource("iv_watch", "Watch 1")])
    daily = clinic.course(0, 510)
    infusions = clinic.world.book(daily.patient, protocol_code="ket_iv_6", start_on=FIRST_DAY, preferred_minute=840)
    day = Session.objects.get(course=infusions, number=2).day

    clinic.block(first=day, last=day)

    for infusion in Session.objects.filter(course=infusions, is_counted=True):
        same_day = Session.objects.filter(course=daily, day=infusion.day, is_counted=True)
        # Not after a sedation on its day.
        assert all(visit.ends_at <= infusion.starts_at for visit in same_day)
    assert not Session.objects.filter(day=day, is_active=True).exists()


def test_nobody_is_put_on_a_list_that_has_gone_out(clinic: Clinic) -> None:
    setup.add_resources(site=clinic.world.site, resources=ROOMS)
    course = clinic.world.book(
        clinic.patient(0), protocol_code="ect_index", start_on=dt.date(2026, 11, 23), preferred_minute=480
    )
    hit = Session.objects.get(course=course, number=2)
    now = hit.starts_at - dt.timedelta(hours=14)  # the evening before: the list of the day is out

    found = clinic.preview(clinic.blocking("ECT room", first=hit.day, last=hit.day, now=now), now=now)

    [row] = found.rows
    assert row.session.pk == hit.pk
    assert row.to is None or row.to.day > hit.day


def test_the_visits_of_one_day_stay_together(clinic: Clinic) -> None:
    navigated = [NewResource("tms_device", f"Navigated {n}", "TMS", ("neuronavigation",)) for n in (1, 2)]
    setup.add_resources(site=clinic.world.site, resources=navigated)
    course = clinic.world.book(clinic.patient(0), protocol_code="saint_50", preferred_minute=480)
    day = Session.objects.filter(course=course).order_by("-day")[0].day
    held = Reservation.objects.filter(session__course=course, session__day=day, resource__kind="tms_device")
    device = held[0].resource

    found = clinic.preview(clinic.blocking(device.name, first=day, last=day))

    assert len(found.rows) == 10
    assert {row.to.day for row in found.rows if row.to} == {day}
    assert {row.kind for row in found.rows} == {MoveKind.OTHER_DEVICE}
