"""Plans of realistic cases cost what an independent CP-SAT model finds to be the least, and break no hard rule."""

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from scheduling.domain.costs import AS_ASKED, EARLIEST, STEADIEST, Costs
from scheduling.domain.ground import Ground
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.domain.planner import Infeasible, plan_course, plans_to_choose
from scheduling.domain.wish import Wish
from tests.scheduling.oracle.cases import realistic_case
from tests.scheduling.oracle.oracle import best_cost
from tests.scheduling.oracle.validator import faults

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

# The long run: ORACLE_CASES=200 script/test tests/scheduling/oracle
CASES = int(os.environ.get("ORACLE_CASES", "20"))


@pytest.mark.parametrize("seed", range(CASES))
def test_a_realistic_plan_costs_the_least_possible_and_breaks_no_rule(seed: int) -> None:
    wish, ground = realistic_case(seed)

    plan = _planned(wish, ground, AS_ASKED)

    assert (plan and plan.cost) == best_cost(wish, ground, AS_ASKED)
    assert plan is None or faults(plan, wish, ground) == []


@pytest.mark.parametrize("seed", range(2, CASES, 4))
def test_the_other_tastes_cost_the_least_possible_too(seed: int) -> None:
    wish, ground = realistic_case(seed)
    costs = (STEADIEST, EARLIEST)[seed // 4 % 2]

    plan = _planned(wish, ground, costs)

    assert (plan and plan.cost) == best_cost(wish, ground, costs)


def _planned(wish: Wish, ground: Ground, costs: Costs) -> Plan | None:
    try:
        return plan_course(wish, ground, costs=costs)
    except Infeasible:
        return None


@pytest.mark.parametrize("seed", range(0, 10 * CASES, 5))
def test_every_plan_offered_breaks_no_rule(seed: int) -> None:
    wish, ground = realistic_case(seed)
    try:
        choices = plans_to_choose(wish, ground)
    except Infeasible:
        return

    assert [fault for choice in choices for fault in faults(choice.plan, wish, ground)] == []


Tamper = Callable[[list[PlannedSession]], None]


def _change(row: int, **changes: object) -> Tamper:
    def tamper(sessions: list[PlannedSession]) -> None:
        sessions[row - 1] = replace(sessions[row - 1], **changes)  # type: ignore[arg-type]

    return tamper


def _swap_device(sessions: list[PlannedSession]) -> None:
    session = sessions[4]
    others = [use for use in session.uses[1:] if use.kind == "operator"]
    uses = (replace(session.uses[0], resource_id=others[0].resource_id), *session.uses[1:])
    sessions[4] = replace(session, uses=uses)


def _drop(sessions: list[PlannedSession]) -> None:
    del sessions[9]


def _shift(sessions: list[PlannedSession]) -> None:
    sessions[3] = replace(sessions[3], day=sessions[4].day)


def _shorten(sessions: list[PlannedSession]) -> None:
    sessions[2] = replace(sessions[2], uses=sessions[2].uses[:1])


@pytest.fixture(scope="module")
def good() -> tuple[Wish, Ground, Plan]:
    wish, ground = realistic_case(0)
    return wish, ground, plan_course(wish, ground)


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (_drop, "acute: 29 sessions instead of 30"),
        (_change(6, day=dt.date(2026, 1, 4)), "a weekday that is not allowed"),
        (_change(6, minute=60), "is not free"),
        (_change(1, minutes=30), "lasts 30 minutes"),
        (_shift, "acute: 2 on"),
        (_swap_device, "is not what the step needs"),
        (_shorten, "holds 1 resources instead of 2"),
        (_change(36, day=dt.date(2029, 1, 1)), "a gap of"),
        (_change(2, number=7), "not numbered 1 to N"),
    ],
)
def test_the_judge_finds_what_is_wrong(good: tuple[Wish, Ground, Plan], tamper: Tamper, fault: str) -> None:
    wish, ground, plan = good
    sessions = list(plan.sessions)
    tamper(sessions)

    assert any(fault in found for found in faults(replace(plan, sessions=tuple(sessions)), wish, ground))


def test_the_judge_knows_the_patients_life(good: tuple[Wish, Ground, Plan]) -> None:
    wish, ground, plan = good
    day = plan.sessions[10].day.toordinal()
    always = (1 << 288) - 1

    hurt = [
        (replace(ground.life, away={day: always}), "an absence"),
        (replace(ground.life, visits={day: always}), "another visit"),
        (replace(ground.life, rules={day: always}), "a rule"),
        (replace(ground.life, escort={day: always}), "the escort"),
    ]
    for life, words in hurt:
        assert any(words in fault for fault in faults(plan, wish, replace(ground, life=life)))
    assert any("can't come on that weekday" in f for f in faults(plan, replace(wish, weekdays=frozenset({6})), ground))
    assert any("travel days" in fault for fault in faults(plan, replace(wish, max_travel_days=1), ground))
