"""The ways a course can be seated when some of its visits can't stay, and how much a visit that falls out harms."""

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.bitmap import span
from scheduling.domain.ground import Ground
from scheduling.domain.harm import Beside, harm_of
from scheduling.domain.living import Sitting, Under
from scheduling.domain.options import Lane
from scheduling.domain.plan import Plan
from scheduling.domain.planner import plan_course
from scheduling.domain.reseat_options import CALL, Displaced, Hit, Way, call_cost, staying, ways_of, why_not
from scheduling.domain.reseat_words import MoveKind, kind_of, summary, words_of
from scheduling.domain.spots import Spot
from tests.scheduling.domain.test_changes import course_of
from tests.scheduling.domain.test_planner import protocol
from tests.scheduling.domain.test_wishes import asked, ground

PATIENT = -7
NINE = 9 * 60


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_course(asked(), ground())


def blocked(around: Ground, lane_ids: Iterable[int], days: Iterable[dt.date]) -> Ground:
    """Return the ground with some lanes out on some days."""
    numbers, ids = {day.toordinal() for day in days}, set(lane_ids)

    def cut(lane: Lane) -> Lane:
        free = {day: mask for day, mask in lane.free.items() if day not in numbers}
        return replace(lane, free=free, hours={day: lane.hours[day] for day in free})

    return replace(around, lanes=[cut(lane) if lane.id in ids else lane for lane in around.lanes])


def displaced(under: Under, hits: Iterable[int], around: Ground, **more: Any) -> Displaced:
    given: dict[str, Any] = {"key": 0, "patient": PATIENT, "loose": around} | more
    wanted = tuple(Hit(number, stays=((99, number, 1),)) for number in hits)
    return Displaced(under=under, as_is=around, hits=wanted, **given)


def main_of(under: Under, number: int) -> Sitting:
    return next(sitting for sitting in under.sittings if sitting.number == number)


def kinds(under: Under, ways: Iterable[Way], number: int) -> list[MoveKind]:
    was = main_of(under, number)
    return list(dict.fromkeys(kind_of(was, way.places[number]) for way in ways))


def test_the_ways_begin_with_what_disturbs_least_and_end_with_a_call(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)

    ways = ways_of(displaced(under, [12], blocked(ground(), [hit.main], [hit.day])))

    assert kinds(under, ways, 12) == [MoveKind.OTHER_DEVICE, MoveKind.OTHER_TIME, MoveKind.OTHER_DAY, MoveKind.CALL]
    assert [way.cost for way in ways] == sorted(way.cost for way in ways)
    assert ways[-1].cost == CALL
    assert ways[-1].takes == ((99, 12, 1),)


def test_a_way_takes_its_resources_and_the_patients_time(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)

    way = ways_of(displaced(under, [12], blocked(ground(), [hit.main], [hit.day])))[0]

    place = way.places[12]
    assert place is not None
    day, begins = place.day.toordinal(), place.minute // 5
    assert set(way.takes) == {
        *((use.resource_id, day, span(begins, 6)) for use in place.uses),
        (PATIENT, day, span(begins, 6)),
    }


def test_two_visits_of_a_course_are_decided_together(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hits = [main_of(under, number) for number in (12, 13)]
    everything = {lane.id for lane in ground().lanes}

    ways = ways_of(displaced(under, [12, 13], blocked(ground(), everything, [hit.day for hit in hits])))

    for way in ways:
        days = [place.day for place in way.places.values() if place]
        assert len(days) == len(set(days))
    assert any(all(way.places[number] for number in (12, 13)) for way in ways)


def test_where_a_day_is_lost_to_all_the_visit_goes_behind_its_phase_and_the_taper_stays_or_shifts(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hits = list(range(12, 15))
    everything = {lane.id for lane in ground().lanes}
    shut = blocked(ground(), everything, [main_of(under, number).day for number in hits])

    best = ways_of(displaced(under, hits, shut))[0]

    assert all(best.places[number] for number in hits)
    moved = {number: place for number, place in best.places.items() if place}
    order = sorted(
        [(place.day, place.phase) for place in moved.values()]
        + [(each.day, each.phase) for each in under.sittings if each.number not in moved]
    )
    assert [phase for _day, phase in order] == ["acute"] * 30 + ["taper"] * 6


def test_what_may_not_shift_stays(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hits = list(range(12, 15))
    everything = {lane.id for lane in ground().lanes}
    shut = blocked(ground(), everything, [main_of(under, number).day for number in hits])
    taper = frozenset(sitting.number for sitting in under.sittings if sitting.phase == "taper")

    ways = ways_of(displaced(under, hits, shut, kept=taper))

    assert {number for way in ways for number in way.places} <= {*hits, *range(15, 31)}


def test_one_place_is_offered_with_each_of_the_people_who_could_be_there(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)
    around = blocked(ground(), [hit.main], [hit.day])
    other = next(each.id for each in around.lanes if each.kind == "tms_device" and each.id != hit.main)
    spot = Spot(hit.day, hit.minute, other)
    only = Displaced(0, under, around, (Hit(12, spots=(spot,), is_bound=True),), PATIENT)

    people = {use.name for way in ways_of(only) for use in (way.places[12].uses if way.places[12] else ())[1:]}

    assert people == {lane.name for lane in around.lanes if lane.kind == "operator"}


def test_a_bound_visit_goes_there_or_nowhere(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)
    spot = Spot(hit.day, 15 * 60, hit.main)
    bound = Displaced(0, under, ground(), (Hit(12, spots=(spot,), is_bound=True),), PATIENT)

    ways = ways_of(bound)

    assert {(way.places[12] and (way.places[12].day, way.places[12].minute)) for way in ways} == {(hit.day, 900)}
    assert staying(ways) is None
    assert why_not(bound, bound.hits[0], spot) == ""


def test_a_place_that_breaks_a_rule_says_which(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    bound = Hit(12, spots=(Spot(main_of(under, 13).day, NINE, 1),), is_bound=True)
    of = Displaced(0, under, ground(), (bound,), PATIENT)

    assert why_not(of, bound, Spot(main_of(under, 13).day, NINE, 1)) == "not allowed, one a day"
    assert ways_of(of) == []


def test_a_hard_provider_is_not_swapped_for_another(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)
    hard = replace(under, wish=replace(under.wish, protocol=replace(under.wish.protocol, keep_provider="hard")))

    ways = ways_of(displaced(hard, [12], blocked(ground(), [hit.main], [hit.day]), loose=None))

    mains = {place.uses[0].resource_id for way in ways if (place := way.places[12])}
    assert mains == {hit.main}


def test_nobody_comes_on_more_days_a_week_than_they_can_travel(plan: Plan) -> None:
    under = course_of(plan, delivered=30, max_travel_days=3)
    hit = main_of(under, 34)  # of the second week of the taper
    around = blocked(ground(), {lane.id for lane in ground().lanes}, [hit.day])

    for way in ways_of(displaced(under, [34], around, loose=None)):
        days = [each.day for each in under.sittings if each.number != 34] + [p.day for p in way.places.values() if p]
        weeks = [day.isocalendar().week for day in set(days) if day >= dt.date(2027, 1, 11)]
        assert max(weeks.count(week) for week in weeks) <= 3


def test_who_is_harmed_more_costs_more_to_leave_and_to_delay(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)
    around = blocked(ground(), {lane.id for lane in ground().lanes}, [hit.day])

    cheap, dear = (
        ways_of(Displaced(0, under, around, (Hit(12, harm=harm, stay_cost=call_cost(harm)),), PATIENT))
        for harm in (0, 80)
    )

    assert cheap[0].cost < dear[0].cost
    assert (cheap[-1].cost, dear[-1].cost) == (CALL, CALL + 24_000)


def test_times_nobody_was_told_about_move_for_less(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)
    around = blocked(ground(), [lane.id for lane in ground().lanes if lane.kind == "tms_device"], [hit.day])

    told, untold = (
        ways_of(Displaced(0, under, around, (Hit(12, is_told=is_told),), PATIENT))[0].cost for is_told in (True, False)
    )

    assert untold == told // 4


def test_without_a_ground_everybody_stays(plan: Plan) -> None:
    under = course_of(plan, delivered=10)

    [way] = ways_of(Displaced(0, under, None, (Hit(12),), PATIENT))

    assert way.places == {12: None}


@given(numbers=st.sets(st.integers(12, 30), min_size=1, max_size=4), cut=st.sets(st.integers(1, 3), max_size=2))
def test_whatever_is_hit_no_way_breaks_the_rhythm_of_the_course(numbers: set[int], cut: set[int]) -> None:
    under = course_of(_PLAN, delivered=10)
    days = [main_of(under, number).day for number in numbers]
    everything = [lane for lane in ground().lanes if lane.kind != "tms_device" or lane.id not in cut]

    for way in ways_of(displaced(under, sorted(numbers), blocked(ground(), [each.id for each in everything], days))):
        places = {number: place for number, place in way.places.items() if place}
        rows = sorted(
            [(place.day, place.phase) for place in places.values()]
            + [(each.day, each.phase) for each in under.sittings if each.number not in places]
        )
        assert len({day for day, _phase in rows}) == 36
        assert [phase for _day, phase in rows] == ["acute"] * 30 + ["taper"] * 6
        assert all(day.isoweekday() < 6 for day, _phase in rows)
        taper = [day for day, phase in rows if phase == "taper"]
        monday = taper[0] - dt.timedelta(days=taper[0].weekday())
        weeks = [(day - monday).days // 7 for day in taper]
        assert all(weeks.count(week) <= most for week, most in enumerate((3, 2, 1)))
        assert all((later - earlier).days < 14 for (earlier, _p), (later, _q) in itertools.pairwise(rows))


_PLAN = plan_course(asked(), ground())


# Harm.


def test_a_day_of_an_acute_course_harms_less_than_an_induction_past_its_week() -> None:
    day = dt.date(2026, 12, 3)
    daily = harm_of(
        protocol("tms_mdd_36"),
        phase="acute",
        day=day,
        beside=Beside(day - dt.timedelta(days=1), day - dt.timedelta(days=1), day + dt.timedelta(days=1)),
    )
    sedated = harm_of(
        protocol("esk_trd"),
        phase="induction",
        day=day,
        beside=Beside(day - dt.timedelta(days=8), day - dt.timedelta(days=8), day + dt.timedelta(days=3)),
    )

    assert (daily.score, sedated.score) == (19, 73)
    assert daily.words == (
        "Acute: 2 days from one visit to the next if this one falls out; up to 3 nobody minds. "
        "The last one was 1 day before."
    )
    assert sedated.words == (
        "Induction: 11 days from one visit to the next if this one falls out; from 7 on a clinician decides. "
        "The last one was 8 days before. A ride is arranged for it."
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (3, "up to 3 nobody minds"),
        (4, "from 4 on somebody looks"),
        (7, "from 7 on the threshold is determined anew"),
        (14, "from 14 on a clinician decides"),
    ],
)
def test_the_limit_a_gap_reaches_is_named_and_each_weighs_more(days: int, words: str) -> None:
    day = dt.date(2026, 12, 3)
    found = [
        harm_of(protocol("tms_mdd_36"), phase="acute", day=day, beside=Beside(None, day, day + dt.timedelta(days=gap)))
        for gap in (days - 1, days)
    ]

    assert words in found[1].words
    assert found[0].score < found[1].score


def test_a_severe_score_and_the_first_phase_weigh_in_and_an_unbegun_course_hardly_at_all() -> None:
    day = dt.date(2026, 12, 3)
    near = Beside(None, day - dt.timedelta(days=1), day + dt.timedelta(days=1))
    tms = protocol("tms_mdd_36")

    usual = harm_of(tms, phase="acute", day=day, beside=near).score
    severe = harm_of(tms, phase="acute", day=day, beside=replace(near, severity=0.8)).score
    taper = harm_of(tms, phase="taper", day=day, beside=near).score
    unbegun = harm_of(tms, phase="acute", day=day, beside=Beside(None, None, day))

    assert (severe - usual, usual - taper) == (5, 5)
    assert (unbegun.score, unbegun.words) == (5, "Acute: the course has not begun.")


def test_the_distance_a_maintenance_asks_for_is_no_gap() -> None:
    day = dt.date(2026, 12, 3)
    esk = protocol("esk_trd")
    two_weeks = Beside(day - dt.timedelta(days=7), day - dt.timedelta(days=7), day + dt.timedelta(days=7))

    assert "up to" in harm_of(esk, phase="maintenance", day=day, beside=two_weeks).words


# Words.


def test_a_move_is_told_by_how_far_it_goes(plan: Plan) -> None:
    first, second = plan.sessions[11], plan.sessions[12]
    was = Sitting(12, "acute", first.day, first.minute, first.uses[0].resource_id, True, "treatment")
    name = first.uses[0].name

    said = [
        words_of(was, first),
        words_of(replace(was, main=99), first),
        words_of(replace(was, minute=NINE), first),
        words_of(was, second),
    ]

    assert said == [
        f"Same time on {name}, with {first.uses[1].name}",
        f"Same time on {name}",
        f"8:30am instead of 9am, {name}",
        f"{second.day:%a %b} {second.day.day}, 8:30am instead of {first.day:%a %b} {first.day.day}, 8:30am, {name}",
    ]


def test_the_summary_counts_what_happens_to_everybody(plan: Plan) -> None:
    place = plan.sessions[11]
    was = Sitting(12, "acute", place.day, place.minute, 99, True, "treatment")
    earlier = replace(was, day=place.day - dt.timedelta(days=1))
    rows = [(was, place)] * 11 + [(earlier, place)] * 2 + [(was, None)]

    said = summary(rows, later=0, today=earlier.day)

    assert said == f"14 sessions: 11 move to {place.uses[0].name}, 2 to tomorrow, 1 needs you."
    assert summary([], later=0, today=place.day) == "Nothing is booked in that time."
    assert summary([(was, place)], later=2, today=place.day) == (
        f"1 session: 1 moves to {place.uses[0].name}. 2 later visits shift."
    )


def test_a_patients_own_busy_time_is_not_used(plan: Plan) -> None:
    under = course_of(plan, delivered=10)
    hit = main_of(under, 12)
    away = {hit.day.toordinal(): span(0, 288) & ~span(14 * 12, 12)}

    ways = ways_of(displaced(under, [12], ground(away=away), loose=None))

    here = {place.minute for way in ways if (place := way.places[12]) and place.day == hit.day}
    assert here == {840, 870}
