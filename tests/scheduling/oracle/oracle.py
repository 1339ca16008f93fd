"""An independent optimum: the least any legal plan of one series can cost, by CP-SAT over (block, day) booleans.

Nothing of the planner's logic is used. What a start costs on each day and device is found by trying every quantum of
the raw lanes; what days may follow each other is a constraint model; every main device is a model of its own.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from ortools.sat.python import cp_model

from scheduling.domain.costs import Costs
from scheduling.domain.ground import Ground
from scheduling.domain.protocol import Phase
from scheduling.domain.wish import Wish
from tests.scheduling.oracle.course import Block, Course, is_paid, latest_before
from tests.scheduling.oracle.rules import (
    is_weekly,
    longest_gap,
    monday,
    opening,
    week_quota,
)

Line = tuple[list[int], list[cp_model.IntVar]]  # the days a block may be on, and whether it is done by each


def best_cost(wish: Wish, ground: Ground, costs: Costs) -> int | None:
    """Return the least cost of any plan that keeps every hard rule, or None if there is none."""
    course = Course(wish, ground, costs)
    best: int | None = None
    for main in course.mains():
        cost = _Model(course, main).least(below=best)
        best = cost if best is None or (cost is not None and cost < best) else best
    return best


class _Model:
    """The course around one main device, as constraints."""

    def __init__(self, course: Course, main: int) -> None:
        self.course = course
        self.model = cp_model.CpModel()
        self.never = self.model.new_constant(0)
        self.terms: list[cp_model.LinearExpr] = []
        days = range(course.first, course.last + 1)
        self.prices = [
            {day: cost for day in days if (cost := course.price(block, day, main)) is not None}
            for block in course.blocks
        ]
        self.days = [sorted(prices) for prices in self.prices]
        # By block and candidate day: whether the block is on that day; and whether it is on that day or before.
        self.on = [[self.model.new_bool_var("") for _day in of_block] for of_block in self.days]
        self.done = [[self.model.new_bool_var("") for _day in of_block] for of_block in self.days]

    def least(self, *, below: int | None) -> int | None:
        """Return the least cost, or None if there is none below a limit."""
        if not all(self.days):
            return None
        self._each_once()
        for later in range(1, len(self.days)):
            self._follow(later)
        for phase in self.course.wish.protocol.phases:
            self._weeks_of(phase)
        self._travel()
        for index in range(len(self.days)):
            self._price(index)
        total = cp_model.LinearExpr.sum(self.terms)
        self.model.minimize(total)
        return self._solved(below)

    def _solved(self, below: int | None) -> int | None:
        solver = cp_model.CpSolver()
        # One worker is the same every time, and with the whole model in its linear part as quick as two.
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.linearization_level = 2
        solver.parameters.add_lp_constraints_lazily = False
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.max_presolve_iterations = 1

        def give_up(bound: float) -> None:
            if below is not None and bound > below - 1:
                solver.stop_search()

        # A limit as a constraint would be hard to refute; as a bound it ends the search as soon as it is reached.
        solver.best_bound_callback = give_up
        status = solver.solve(self.model)
        if status == cp_model.OPTIMAL:
            return round(solver.objective_value)
        is_beaten = below is not None and solver.best_objective_bound > below - 1
        assert is_beaten or status == cp_model.INFEASIBLE, solver.status_name(status)
        return None

    def _each_once(self) -> None:
        for on, done in zip(self.on, self.done, strict=True):
            self.model.add_exactly_one(on)
            for index, now in enumerate(done):
                self.model.add(now == on[index] + (done[index - 1] if index else self.never))
        first = opening(self.course.blocks[0].phase, None, self.course.first)
        self.model.add(self._by(0, first - 1) == 0)

    def _by(self, block: int, day: int) -> cp_model.LinearExpr:
        """Return whether a block is on a day or before."""
        return self._at(self._line(block), day)

    def _at(self, line: Line, day: int) -> cp_model.LinearExpr:
        days, done = line
        at = bisect_right(days, day)
        return done[at - 1] if at else self.never

    def _between(self, block: int, first: int, last: int) -> cp_model.LinearExpr:
        return self._by(block, last) - self._by(block, first - 1)

    def _sum(self, block: int, weight: Callable[[int], int]) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.weighted_sum(self.on[block], [weight(day) for day in self.days[block]])

    def _follow(self, later: int) -> None:
        """Keep a block far enough from the one before, and not too far."""
        block = self.course.blocks[later]
        for day, done in zip(self.days[later], self.done[later], strict=True):
            self.model.add(done <= self._by(later - 1, latest_before(block, day)))
        most = longest_gap(self.course.wish, block.phase, is_first=block.index == 0)
        if most is not None:
            for day, done in zip(self.days[later - 1], self.done[later - 1], strict=True):
                self.model.add(self._by(later, day + most) >= done)

    def _of_phase(self, phase: Phase) -> list[int]:
        return [index for index, block in enumerate(self.course.blocks) if block.phase is phase]

    def _mondays(self) -> range:
        return range(monday(self.course.first), self.course.last + 1, 7)

    def _weeks_of(self, phase: Phase) -> None:
        blocks = self._of_phase(phase)
        if not (blocks and (phase.per_week or phase.weeks)):
            return
        if not phase.weeks or blocks[0] == 0:
            lines = {block: self._line(block) for block in blocks}
            self._keep_quotas(lines, phase, self.course.anchor(phase, None))
            return
        # One copy of the phase for every Monday it may be counted from: without, the bound is too weak to be proved.
        anchors = list(self._anchors(phase, blocks[0]))
        copies = [self._copy(phase, blocks, anchor, here) for anchor, here in anchors]
        for block in blocks:
            for index, done in enumerate(self.done[block]):
                self.model.add(done == sum(copy[block][1][index] for copy in copies))

    def _line(self, block: int) -> Line:
        return self.days[block], self.done[block]

    def _copy(self, phase: Phase, blocks: Sequence[int], anchor: int, here: cp_model.LinearExpr) -> dict[int, Line]:
        """Return a phase's blocks where its weeks are counted from a Monday; none is ever done where they are not."""
        lines: dict[int, Line] = {}
        for block in blocks:
            days = self.days[block]
            done = [self.never if day < anchor else self.model.new_bool_var("") for day in days]
            for now, then in pairwise(done):
                self.model.add(now <= then)
            self.model.add(done[-1] == here)
            lines[block] = (days, done)
        for earlier, later in pairwise(blocks):
            for day, now in zip(*lines[later], strict=True):
                self.model.add(now <= self._at(lines[earlier], day - phase.min_gap_days))
        self._keep_quotas(lines, phase, anchor)
        return lines

    def _keep_quotas(self, lines: Mapping[int, Line], phase: Phase, anchor: int) -> None:
        """One block that is as many places later as the week's quota stands in a later week. As a sum it is weak."""
        blocks = sorted(lines)
        for week in self._mondays():
            most = (week_quota(phase, (week - anchor) // 7) or 0) if week >= anchor else 0
            for earlier, later in zip(blocks, blocks[most:], strict=False):
                self.model.add(self._at(lines[later], week + 6) <= self._at(lines[earlier], week - 1))

    def _anchors(self, phase: Phase, first: int) -> Iterator[tuple[int, cp_model.LinearExpr]]:
        """Yield each Monday the phase's weeks may be counted from, and whether they are."""
        for anchor in sorted({self.course.anchor(phase, day) for day in self.days[first - 1]}):
            days = [day for day in self.days[first - 1] if self.course.anchor(phase, day) == anchor]
            yield anchor, self._between(first - 1, days[0], days[-1])

    def _travel(self) -> None:
        if self.course.wish.max_travel_days is None:
            return
        for week in self._mondays():
            left = self.course.travel_days_left(week)
            for_this = [day for day in range(week, week + 7) if left < 0 or day not in self.course.travelled]
            on = [self._between(block, day, day) for block in range(len(self.days)) for day in for_this]
            self.model.add(sum(on) <= max(left, 0))

    def _price(self, index: int) -> None:
        course, block = self.course, self.course.blocks[index]
        uncovered = course.costs.uncovered
        self.terms.append(
            self._sum(index, lambda day: self.prices[index][day] + (0 if is_paid(course.wish, day) else uncovered))
        )
        if block.phase.interval_weeks and index:
            away = self._difference(index, lambda day: day) - 7 * block.phase.interval_weeks
            self._pay_for_distance(course.costs.off_interval, away)
        else:
            self._pay_for_waiting(index, block)
        if block.index and block.phase.wish_gap_days:
            self._pay_for_closeness(index, block.phase.wish_gap_days)
        if block.index and is_weekly(block.phase):
            drift = self._difference(index, lambda day: (day - 1) % 7, since=index - block.index)
            self._pay_for_distance(course.costs.off_weekday, drift)

    def _difference(
        self, index: int, measure: Callable[[int], int], *, since: int | None = None
    ) -> cp_model.LinearExpr:
        return self._sum(index, measure) - self._sum(index - 1 if since is None else since, measure)

    def _pay_for_waiting(self, index: int, block: Block) -> None:
        costs, ideal = self.course.costs, self.course.ideal[index]
        if index == 0:
            waited = self._sum(index, lambda day: day - self.course.first)
        else:
            weekly = block.index > 0 and is_weekly(block.phase)
            waited = self._difference(index, monday if weekly else lambda day: day)
        self.terms.append(costs.day_later * waited)
        self.terms.append(self._sum(index, lambda day: costs.late * max(0, day - ideal)))

    def _pay_for_closeness(self, index: int, wished: int) -> None:
        short = self.model.new_int_var(0, wished, "")
        self.model.add(short >= wished - self._difference(index, lambda day: day))
        self.terms.append(self.course.costs.short_gap * short)

    def _pay_for_distance(self, price: int, difference: cp_model.LinearExpr) -> None:
        distance = self.model.new_int_var(0, 366, "")
        self.model.add(distance >= difference)
        self.model.add(distance >= -difference)
        self.terms.append(price * distance)
