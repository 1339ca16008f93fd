"""A device out, a person away, a site closed: who is hit, where they could go, and how rows are edited."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients import life_actions
from patients.life_actions import NewAbsence
from scheduling.actions import attendance, setup
from scheduling.actions.setup import NewResource
from scheduling.domain.operations import BlockKind, BlockState
from scheduling.domain.reseat_words import MoveKind
from scheduling.domain.spots import Spot
from scheduling.errors import CannotPlan, NotFound, Rejected
from scheduling.models import Block, Closure, CourseEvent, Outage, Session
from scheduling.queries import outages
from scheduling.queries.outages import Fixed
from tests.factories import FIRST_DAY, NOW, World, make_site, propose
from tests.scheduling.outage_scenes import TUESDAY, WEDNESDAY, Clinic, names_held, on, picture

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clinic(world: World) -> Clinic:
    return Clinic(world)


def test_everybody_on_the_device_moves_to_another_one_at_the_same_time(clinic: Clinic) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 600)

    found = clinic.preview(clinic.blocking("NeuroStar 1", last=WEDNESDAY))

    assert [(row.session.course_id, row.session.day, row.kind, row.words) for row in found.rows] == [
        (course.pk, day, MoveKind.OTHER_DEVICE, "Same time on NeuroStar 2")
        for day in (TUESDAY, WEDNESDAY)
        for course in (mine, other)
    ]
    assert found.words == (
        "NeuroStar 1 is out from Tue Dec 1 until the end of Wed Dec 2. 4 sessions: 4 move to NeuroStar 2."
    )
    assert found.versions == {mine.pk: mine.version, other.pk: other.version}


def test_looking_writes_nothing(clinic: Clinic) -> None:
    clinic.course(0, 510)
    before = picture()

    clinic.preview(clinic.blocking("NeuroStar 1"))

    assert (picture(), Block.objects.count(), Outage.objects.count()) == (before, 0, 0)


def test_a_preview_costs_the_same_statements_whoever_is_hit(clinic: Clinic) -> None:
    counts = []
    for courses_more in (range(1), range(1, 6)):
        for number in courses_more:
            clinic.course(number, 510 + 30 * number)
        blocking = clinic.blocking("NeuroStar 1", last=WEDNESDAY)

        with CaptureQueriesContext(connection) as statements:
            clinic.preview(blocking)

        counts.append(len(statements))

    assert counts == [20, 20]


def test_where_nothing_is_booked_it_says_so_and_blocks(clinic: Clinic) -> None:
    found = clinic.preview(clinic.blocking("NeuroStar 3"))

    block = clinic.apply(found)

    assert found.words.endswith("Nothing is booked in that time.")
    assert (block.state, Outage.objects.get(block=block).resource_id) == (BlockState.IN_FORCE, clinic.device(3).pk)


def test_who_has_begun_is_named_and_stays(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    visit = on(course, TUESDAY)
    now = visit.starts_at + dt.timedelta(minutes=5)
    attendance.arrive(session_id=visit.pk, version=visit.version, now=now, by=clinic.world.receptionist)

    found = clinic.preview(clinic.blocking("NeuroStar 1", now=now), now=now)

    assert ([row.pk for row in found.under_way], found.rows) == ([visit.pk], ())


def test_the_visit_that_ends_as_the_device_goes_out_is_not_hit_nor_the_one_that_begins_as_it_comes_back(
    clinic: Clinic,
) -> None:
    early, late = clinic.course(0, 510), clinic.course(1, 600)

    found = clinic.preview(clinic.blocking("NeuroStar 1", from_minute=540, to_minute=600))

    assert (found.rows, on(early, TUESDAY).minute, on(late, TUESDAY).minute) == ((), 510, 600)


def test_sick_leave_moves_visits_to_somebody_else_and_leaves_device_and_time(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    [person] = [name for name in names_held(on(course, TUESDAY)) if name.startswith("TMS operator")]

    found = clinic.preview(clinic.blocking(person))

    [row] = found.rows
    assert (found.blocking.kind, row.kind) == (BlockKind.AWAY, MoveKind.OTHER_PERSON)
    assert row.to is not None
    assert (row.to.day, row.to.minute, row.to.uses[0].name) == (TUESDAY, 510, "NeuroStar 1")


def test_a_closed_day_moves_visits_to_other_days_within_the_rules(clinic: Clinic) -> None:
    course = clinic.course(0, 510)

    found = clinic.preview(clinic.blocking())
    clinic.apply(found)

    assert [row.kind for row in found.rows] == [MoveKind.OTHER_DAY]
    days = list(Session.objects.filter(course=course, phase="acute").order_by("day").values_list("day", flat=True))
    assert (TUESDAY in days, len(set(days)), days[-1]) == (False, 10, dt.date(2026, 12, 9))


def test_what_follows_shifts_where_a_phase_has_no_room(clinic: Clinic) -> None:
    # Eleven days of one phase fill the weeks up to the Friday before the taper's Monday.
    course = clinic.course(0, 510, counts={"acute": 13, "taper": 3})
    last = Session.objects.filter(course=course, phase="acute").order_by("-day")[0]
    closed_until = last.day + dt.timedelta(days=3 - last.day.isoweekday() % 3)

    found = clinic.preview(clinic.blocking(first=last.day, last=closed_until))
    clinic.apply(found)

    phases = Session.objects.filter(course=course, is_counted=True).order_by("day").values_list("phase", flat=True)
    assert list(phases) == ["acute"] * 13 + ["taper"] * 3
    assert MoveKind.CALL not in {row.kind for row in found.rows}


def test_nobody_is_moved_for_who_finds_no_place_and_they_stay_booked(clinic: Clinic) -> None:
    course = clinic.course(0, 510, pins={"tms_device": clinic.device(1).pk})
    far = on(course, TUESDAY).day + dt.timedelta(days=90)

    found = clinic.preview(clinic.blocking("NeuroStar 1", last=far))
    block = clinic.apply(found)

    visit = on(course, TUESDAY)
    assert {row.kind for row in found.rows} == {MoveKind.CALL}
    assert (visit.state, visit.version, visit.starts_at.hour) == ("booked", 1, 13)
    assert not CourseEvent.objects.filter(block=block).exists()
    assert outages.patients_to_tell(block.pk) == []


def test_a_patient_who_cannot_be_told_in_time_is_not_asked_to_come_sooner(clinic: Clinic) -> None:
    course = clinic.course(0, 510, pins={"tms_device": clinic.device(1).pk})
    now = on(course, TUESDAY).starts_at - dt.timedelta(minutes=50)  # 7:40am; at 8am another place would be free

    [row] = clinic.preview(clinic.blocking("NeuroStar 1", from_minute=505, to_minute=1050, now=now), now=now).rows

    assert row.to is None or (row.to.day, row.to.minute) > (TUESDAY, 510)


def test_an_absence_and_the_patients_other_visits_are_respected(clinic: Clinic) -> None:
    course = clinic.course(0, 510, pins={"tms_device": clinic.device(1).pk})
    life_actions.add_absence(
        request=clinic.world.request,
        patient=course.patient,
        absence=NewAbsence(starts_on=TUESDAY, ends_on=TUESDAY, from_minute=600, to_minute=1440),
        now=NOW,
    )

    [row] = clinic.preview(clinic.blocking("NeuroStar 1", from_minute=510, to_minute=540)).rows

    assert row.to is not None
    assert (row.to.day, row.to.minute + row.to.minutes <= 600) == (TUESDAY, True)


def test_the_rank_says_who_suffers_most_and_why(clinic: Clinic) -> None:
    setup.add_resources(
        site=clinic.world.site,
        resources=[
            NewResource("observation_chair", "Chair 1", "SPRAVATO"),
            NewResource("observer", "Observer"),
            NewResource("observation_place", "Place 1"),
        ],
    )
    daily = clinic.course(0, 510)
    weekly = clinic.course(1, 510, protocol_code="esk_trd", counts={}, start_on=FIRST_DAY)

    day = Session.objects.get(course=weekly, number=4).day

    found = clinic.preview(clinic.blocking(first=day, last=day))

    assert [(row.rank, row.session.course_id) for row in found.rows] == [(1, weekly.pk), (2, daily.pk)]
    first, second = (row.harm for row in found.rows)
    assert first is not None
    assert second is not None
    assert first.score > second.score
    assert second.words == "Acute: 2 days from one visit to the next if this one falls out; up to 3 nobody minds."


# Editing rows.


def test_a_row_is_edited_and_the_rest_is_seated_around_it(clinic: Clinic) -> None:
    mine, other = clinic.course(0, 510), clinic.course(1, 600)
    blocking = clinic.blocking("NeuroStar 1")
    visit = on(other, TUESDAY)

    spot = Spot(TUESDAY, 510, clinic.device(2).pk)
    found = clinic.preview(blocking, fixed={visit.pk: Fixed(spot)})

    placed = {
        row.session.course_id: (row.to and (row.to.minute, row.to.uses[0].name), row.is_fixed) for row in found.rows
    }
    assert placed == {other.pk: ((510, "NeuroStar 2"), True), mine.pk: ((510, "NeuroStar 3"), False)}


def test_a_row_is_left_to_be_called(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    visit = on(course, TUESDAY)

    found = clinic.preview(clinic.blocking("NeuroStar 1"), fixed={visit.pk: Fixed(None)})
    clinic.apply(found)

    assert [(row.kind, row.words, row.is_fixed) for row in found.rows] == [
        (MoveKind.CALL, "Stays for now: somebody calls", True)
    ]
    assert names_held(on(course, TUESDAY))[0] == "NeuroStar 1"


def test_each_row_offers_other_places_and_each_of_them_can_be_taken(clinic: Clinic) -> None:
    course = clinic.course(0, 510)
    blocking, visit = clinic.blocking("NeuroStar 1"), on(course, TUESDAY)
    [row] = clinic.preview(blocking).rows
    assert [choice.label for choice in row.choices] == [
        "Tue Dec 1, 8:30am, NeuroStar 3",
        "Tue Dec 1, 8am, NeuroStar 2",
        "Tue Dec 1, 8am, NeuroStar 3",
        "Tue Dec 1, 9am, NeuroStar 2",
        "Tue Dec 1, 9am, NeuroStar 3",
    ]

    for choice in row.choices:
        [again] = clinic.preview(blocking, fixed={visit.pk: Fixed(choice.spot)}).rows

        assert again.to is not None
        assert Spot(again.to.day, again.to.minute, again.to.uses[0].resource_id) == choice.spot


@pytest.mark.parametrize(
    ("day", "minute", "device", "words"),
    [
        (WEDNESDAY, 600, 2, "Wed Dec 2, 10am: not allowed, one a day"),
        (dt.date(2026, 12, 5), 600, 2, "Sat Dec 5, 10am: not allowed, it is not given on Saturdays"),
        (TUESDAY, 600, 1, "Tue Dec 1, 10am: NeuroStar 1"),
    ],
)
def test_a_place_of_ones_own_that_cannot_be_is_refused_with_the_reason(
    clinic: Clinic, day: dt.date, minute: int, device: int, words: str
) -> None:
    visit = on(clinic.course(0, 510), TUESDAY)
    spot = Spot(day, minute, clinic.device(device).pk)

    with pytest.raises(CannotPlan) as refused:
        clinic.preview(clinic.blocking("NeuroStar 1"), fixed={visit.pk: Fixed(spot)})

    assert str(refused.value).startswith(words)


def test_a_visit_that_is_not_in_the_way_cannot_be_decided_about(clinic: Clinic) -> None:
    course = clinic.course(0, 510)

    with pytest.raises(NotFound, match="not in the way any more"):
        clinic.preview(clinic.blocking("NeuroStar 1"), fixed={on(course, WEDNESDAY).pk: Fixed(None)})


# Spans: over midnight, half days, another site, clocks that change.


def test_bah_7_a_closure_over_midnight_blocks_both_days_and_no_other_site(clinic: Clinic) -> None:
    evening, morning = dt.date(2026, 11, 30), TUESDAY
    clinic.block_now(first=evening, last=morning, from_minute=22 * 60, to_minute=9 * 60)

    here = propose(
        clinic.world.site, clinic.world.maria, start_on=TUESDAY, preferred_minute=480, protocol_code="consult"
    )
    there = propose(
        clinic.world.other_site, clinic.world.foreign, start_on=TUESDAY, preferred_minute=480, protocol_code="consult"
    )

    assert [(planned.day, planned.minute) for planned in here.plan.sessions] == [(TUESDAY, 540)]
    assert [(planned.day, planned.minute) for planned in there.plan.sessions] == [(TUESDAY, 480)]


def test_bah_7_hours_are_those_of_the_sites_own_wall(clinic: Clinic) -> None:
    since, until = outages.span_of(
        clinic.world.other_site, first=TUESDAY, last=WEDNESDAY, from_minute=22 * 60, to_minute=6 * 60
    )

    assert (since, until) == (
        dt.datetime(2026, 12, 2, 6, tzinfo=dt.UTC),
        dt.datetime(2026, 12, 2, 14, tzinfo=dt.UTC),
    )


def test_a_half_day_leaves_the_other_half(clinic: Clinic) -> None:
    early, late = clinic.course(0, 510), clinic.course(1, 840)

    found = clinic.preview(clinic.blocking(from_minute=12 * 60, to_minute=24 * 60))

    assert [row.session.course_id for row in found.rows] == [late.pk]
    assert on(early, TUESDAY).minute == 510


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (dt.date(2027, 3, 14), "2:30am on Sun Mar 14, 2027 does not exist: clocks go forward"),
        (dt.date(2027, 11, 7), "1:30am on Sun Nov 7, 2027 comes twice: clocks go back"),
    ],
)
def test_a_time_that_does_not_exist_or_comes_twice_is_refused_with_words(
    clinic: Clinic, day: dt.date, words: str
) -> None:
    minute = 150 if day.month == 3 else 90

    with pytest.raises(Rejected, match=words) as refused:
        outages.span_of(clinic.world.site, first=day, last=day, from_minute=minute, to_minute=600)

    assert refused.value.code == "no_such_time"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (dt.date(2026, 11, 13), dt.date(2026, 11, 13), "has passed"),
        (TUESDAY, dt.date(2028, 1, 1), "up to a year"),
    ],
)
def test_a_time_that_makes_no_block_is_refused(clinic: Clinic, first: dt.date, last: dt.date, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        clinic.blocking("NeuroStar 1", first=first, last=last)


def test_an_empty_time_and_a_strange_device_are_refused(clinic: Clinic) -> None:
    with pytest.raises(Rejected, match="end after it begins"):
        clinic.blocking("NeuroStar 1", from_minute=600, to_minute=600)
    other = make_site("seaside", "America/New_York", devices=1)
    device = other.resources.get(kind="tms_device")
    with pytest.raises(NotFound):
        outages.blocking_of(
            site=clinic.world.site,
            resource_ids=[device.pk],
            starts_at=NOW + HOUR,
            ends_at=NOW + 2 * HOUR,
            reason="Coil",
            now=NOW,
        )


def test_two_closures_may_begin_at_the_same_moment(clinic: Clinic) -> None:
    clinic.block_now(from_minute=0, to_minute=12 * 60)
    clinic.block_now()
    setup.close_days(site=clinic.world.site, days={TUESDAY: "Inventory"})

    assert Closure.objects.filter(site=clinic.world.site, starts_at__date=TUESDAY).count() == 3
