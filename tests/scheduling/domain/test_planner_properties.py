import datetime as dt
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.domain.options import Lane
from scheduling.domain.planner import Ground, Infeasible, Life, Wish, plan_course
from scheduling.domain.protocol import Gaps, Need, Phase, ProtocolDefinition, Step, VisitType
from tests.scheduling.domain import brute

# The long run: PLANNER_EXAMPLES=20000 script/test tests/scheduling/domain
EXAMPLES = int(os.environ.get("PLANNER_EXAMPLES", "2000"))
START = dt.date(2026, 3, 4)  # a Wednesday: weekly quotas, weekends and the clock change of March 8 are all in reach
NEVER = dt.date(2026, 1, 1)


@st.composite
def visits(draw: st.DrawFn) -> VisitType:
    needs = [Need("tms_device", setup=draw(st.sampled_from([0, 5])), turnover=draw(st.sampled_from([0, 5])))]
    if draw(st.booleans()):
        needs.append(Need("operator", count=1))
    if draw(st.booleans()):
        needs.append(Need("operator", count=1))
    minutes = draw(st.sampled_from([5, 10]))
    return VisitType("treatment", "Treatment", minutes, (Step("treatment", 0, minutes, tuple(needs)),))


@st.composite
def protocols(draw: st.DrawFn) -> ProtocolDefinition:
    visit = draw(visits())
    weekdays = tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=2, max_size=7))))
    phases = [
        Phase(
            "acute",
            sessions=draw(st.integers(1, 3)),
            per_week=draw(st.one_of(st.none(), st.integers(1, 3))),
            weekdays=weekdays,
            min_gap_days=draw(st.integers(1, 3)),
        )
    ]
    if draw(st.booleans()):
        weeks = draw(st.sampled_from([(1,), (2,), (1, 1), (2, 1)]))
        phases.append(
            Phase(
                "taper",
                weeks=weeks,
                starts="next_monday",
                weekdays=weekdays,
                wish_gap_days=draw(st.sampled_from([None, 2])),
            )
        )
    return ProtocolDefinition(
        code="t",
        name="T",
        tag="T",
        modality="tms",
        summary="",
        phases=tuple(phases),
        visit_types={"treatment": visit},
        first_visit="treatment",
        other_visit="treatment",
        remap_visit=None,
        gaps=Gaps(hard_days=draw(st.sampled_from([None, 4, 14]))),
        makeup="append",
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Wish, list[Lane], dict[int, int]]:
    protocol = draw(protocols())
    horizon = 12 if len(protocol.phases) == 1 else 15
    first = START.toordinal()
    masks = st.dictionaries(
        st.integers(first, first + horizon),
        st.integers(0, 255).map(lambda bits: bits << 100),
        max_size=horizon,
    )
    lanes = [
        Lane(1, "tms_device", "A", frozenset(), draw(masks)),
        Lane(2, "tms_device", "B", frozenset(), draw(masks)),
    ]
    lanes += [
        Lane(3, "operator", "O", frozenset(), draw(masks)),
        Lane(4, "operator", "P", frozenset(), draw(masks)),
    ]
    wish = Wish(
        protocol=protocol,
        start_on=START,
        preferred_minute=500 + 5 * draw(st.integers(0, 8)),
        window=None,
        pins=draw(st.sampled_from([{}, {"tms_device": 2}])),
        not_before=draw(st.sampled_from([(NEVER, 0), (START, 515)])),
        horizon_days=horizon,
        is_any_time=draw(st.booleans()),
    )
    busy = draw(st.dictionaries(st.integers(first, first + horizon), st.just(0b1100 << 100), max_size=3))
    return wish, lanes, busy


@pytest.mark.once
@pytest.mark.timeout(3600)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_a_plan_breaks_no_hard_rule_is_found_whenever_one_exists_and_costs_the_least(
    case: tuple[Wish, list[Lane], dict[int, int]],
) -> None:
    wish, lanes, busy = case
    least = brute.best_cost(wish, lanes, busy)

    try:
        plan = plan_course(wish, Ground(lanes=lanes, zone="America/New_York", life=Life(visits=busy)))
    except Infeasible:
        plan = None

    assert (plan is None) == (least is None)
    if plan is not None:
        assert brute.faults(plan, wish, lanes, busy) == []
        assert plan.cost == least
