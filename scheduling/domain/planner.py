"""Pure: from a wish to the best plan, with the reason for every session, and from one plan to several.

The standing time is the one asked for, or the half hour that fits most days, of equals the least scarce. Every main
device is searched, each search bounded by the cheapest plan so far; the result is optimal for the costs in `costs`.
"""

import datetime as dt
from collections.abc import Sequence

from scheduling.domain import explain, local_time, words
from scheduling.domain.costs import AS_ASKED, EARLIEST, STEADIEST, Costs
from scheduling.domain.ground import Ground, Series, count_half_hours, day_book, with_sessions
from scheduling.domain.local_time import QUANTUM
from scheduling.domain.options import Lane
from scheduling.domain.plan import Choice, Deviation, Fit, Plan, PlannedSession, PlannedUse
from scheduling.domain.search import Path, Placed
from scheduling.domain.wish import FREE, Infeasible, Life, Wish

__all__ = [
    "FREE",
    "Choice",
    "Deviation",
    "Fit",
    "Ground",
    "Infeasible",
    "Lane",
    "Life",
    "Plan",
    "PlannedSession",
    "PlannedUse",
    "Wish",
    "best_times",
    "plan_course",
    "plans_to_choose",
]

SOON_DAYS = 7  # a start within a week of the wished day needs no word
EARLIEST_START = 8 * 60  # the standing time where nothing at all is free; the search then says why


def plan_course(wish: Wish, ground: Ground, *, costs: Costs = AS_ASKED) -> Plan:
    """Return the cheapest plan that keeps every hard rule.

    :raises Infeasible: there is none within the horizon.
    """
    return _Planner(wish, ground).plan(costs)


def plans_to_choose(wish: Wish, ground: Ground) -> list[Choice]:
    """Return the plan as asked, the one that ends earliest and the one with the steadiest time, each once.

    :raises Infeasible: there is no plan within the horizon.
    """
    planner = _Planner(wish, ground)
    asked = planner.plan(AS_ASKED)
    steady_at = planner.steadiest_quantum()
    found = {"as_asked": asked}
    # A plan without a deviation is as steady as any, and one that ends when the cadence alone would is as early.
    found["earliest"] = asked if planner.ends_at_best(asked) else planner.plan(EARLIEST)
    is_steady = wish.is_any_time or not asked.deviations
    found["steadiest"] = asked if is_steady else planner.plan(STEADIEST, standing=steady_at)
    choices: list[Choice] = []
    for taste, plan in found.items():
        twin = next((choice for choice in choices if choice.plan.times == plan.times), None)
        if twin:
            choices[choices.index(twin)] = Choice((*twin.tastes, taste), twin.plan)
        else:
            choices.append(Choice((taste,), plan))
    return choices


def best_times(wish: Wish, ground: Ground, plan: Plan) -> list[Fit]:
    """Return, for each half hour that fits at all, how many of a plan's sessions could be then on their days."""
    book = day_book(wish, ground)
    counts: dict[int, int] = {}
    for session in plan.sessions:
        count_half_hours(book.starts(session.day.toordinal(), session.visit_type).values(), counts)
    return [Fit(quantum * QUANTUM, count) for quantum, count in sorted(counts.items()) if count]


class _Planner:
    """The plans of one wish; what is free is worked out once for all of them."""

    def __init__(self, wish: Wish, ground: Ground) -> None:
        self.wish, self.ground = wish, ground
        self.first = Series(wish, ground, wish.protocol.series[0])
        if not self.first.blocks:
            raise Infeasible("This protocol plans no sessions ahead.", code="nothing_to_plan", at_session=1)
        self.first.check_kinds()
        self.standing: int | None = None

    def plan(self, costs: Costs, *, standing: int | None = None) -> Plan:
        """Return the cheapest plan for these costs around a standing time (quanta), or the wish's own."""
        sessions: list[PlannedSession] = []
        total, ground = 0, self.ground
        wanted = standing if standing is not None else self.standing_quantum()
        for name in self._rigid_first():
            is_first = name == self.wish.protocol.series[0]
            series = self.first if is_first and not sessions else Series(self.wish, ground, name)
            series.check_kinds()
            # The wished time is for the first series; the others keep the time that fits them best.
            quantum = wanted if is_first else _most_fitting(self.wish, series)
            path, deepest = series.best(quantum, costs)
            if path is None:
                raise _infeasible(series, deepest)
            laid = lay_out(self.wish, series, quantum, path)
            sessions += laid
            total += path.cost
            ground = with_sessions(ground, laid)
        return _plan(self.wish, self.ground, sessions, wanted, total, late=self._late_start(sessions))

    def _late_start(self, sessions: Sequence[PlannedSession]) -> Deviation | None:
        """Return why a course begins more than a week after the wished day, or None if it does not."""
        begins = min(session.day for session in sessions)
        wished = self.wish.start_on.toordinal() + 7 * self.first.blocks[0].phase.offset_weeks
        waits = begins.toordinal() - wished
        if waits <= SOON_DAYS:
            return None
        visit = self.wish.protocol.visit_types[self.first.blocks[0].visits[0]]
        kind = self.first.book.tightest_kind(visit.code, range(wished, begins.toordinal()))
        who = f"no {words.kind(kind)} has" if kind else "the patient and the clinic do not have"
        text = f"Begins {waits} days later: {who} {visit.minutes} minutes free before {local_time.day_text(begins)}."
        return Deviation(number=1, code="late_start", text=text)

    def _rigid_first(self) -> Sequence[str]:
        """Return the series in the order to lay them out: what has few starts, like a group, before the rest."""
        names = self.wish.protocol.series
        if len(names) == 1:
            return names
        return sorted(names, key=lambda name: Series(self.wish, self.ground, name).starts_in_all())

    def standing_quantum(self) -> int:
        """Return the standing time: the one asked for, or the one that fits most days."""
        if self.wish.preferred_minute is not None:
            return self.wish.preferred_minute // QUANTUM
        if self.standing is None:
            self.standing = _most_fitting(self.wish, self.first)
        return self.standing

    def steadiest_quantum(self) -> int:
        """Return the half hour that fits most of the course's days, the nearest to the standing time of equals."""
        standing = self.standing_quantum()
        fits = self.first.fits(len(self.first.blocks))
        asked = [(standing * QUANTUM, count) for minute, count in fits if minute == standing * QUANTUM]
        best = max(asked + fits, key=lambda fit: (fit[1], -abs(fit[0] - standing * QUANTUM)), default=None)
        return best[0] // QUANTUM if best else standing

    def ends_at_best(self, plan: Plan) -> bool:
        """Tell whether no plan can end before this one does."""
        return len(self.wish.protocol.series) == 1 and plan.sessions[-1].day.toordinal() <= self.first.soonest_end()


def _most_fitting(wish: Wish, series: Series) -> int:
    fits = series.fits(len(series.blocks))
    if wish.window:
        fits = [fit for fit in fits if wish.window[0] <= fit[0] < wish.window[1]] or fits
    most = max((count for _minute, count in fits), default=0)
    best = [minute // QUANTUM for minute, count in fits if count == most]
    if len(best) < 2:
        return best[0] if best else EARLIEST_START // QUANTUM
    # Of the times that fit most days the least scarce, so that what others ask for stays free; the earliest of equals.
    demand = series.demand()
    return min(best, key=lambda quantum: (demand.scarcity(quantum), quantum))


def _infeasible(series: Series, deepest: int) -> Infeasible:
    wish, blocks, book = series.wish, series.blocks, series.book
    number = sum(len(block.visits) for block in blocks[:deepest]) + 1
    visit = wish.protocol.visit_types[blocks[deepest].visits[0]]
    tight = book.tightest_kind(visit.code, range(series.bounds.start_on, series.bounds.last_day + 1))
    last = wish.start_on + dt.timedelta(days=wish.horizon_days)
    year = f", {last.year}" if last.year != wish.start_on.year else ""
    span = f"between {local_time.day_text(wish.start_on)} and {local_time.day_text(last)}{year}"
    if tight:
        message = f"Visit {number} does not fit: no {words.kind(tight)} has {visit.minutes} minutes free {span}."
    else:
        message = f"Visit {number} does not fit {span} without breaking a rule of {wish.protocol.name}."
    return Infeasible(message, code="no_plan", at_session=number)


def _plan(
    wish: Wish, ground: Ground, sessions: list[PlannedSession], wanted: int, cost: int, *, late: Deviation | None
) -> Plan:
    ordered = words.numbered(sorted(sessions, key=lambda session: (session.day, session.minute)))
    skipped = tuple(
        (day, name)
        for day, name in sorted(ground.closures.items())
        if ordered[0].day <= day <= ordered[-1].day and day.isoweekday() < 6
    )
    deviations = tuple(
        Deviation(number=session.number, code=_deviation_code(session, wanted), text=session.deviation)
        for session in ordered
        if session.deviation
    )
    at = "Any time" if wish.is_any_time else local_time.clock_text(wanted * QUANTUM)
    return Plan(
        label=f"{at}, {words.devices(ordered)}",
        summary=words.summary(ordered, skipped, wish),
        standing_minute=wanted * QUANTUM,
        cost=cost,
        sessions=tuple(ordered),
        deviations=(late, *deviations) if late else deviations,
        skipped=skipped,
    )


def lay_out(wish: Wish, series: Series, wanted: int, path: Path) -> list[PlannedSession]:
    """Return a path as sessions, not numbered yet: who and what each holds, why it is there, how it deviates."""
    return _Sessions(wish, series, wanted, path).all()


class _Sessions:
    """Turns a path into sessions: who and what each one holds, why it is there, how it deviates."""

    def __init__(self, wish: Wish, series: Series, wanted: int, path: Path) -> None:
        self.wish, self.book, self.wanted, self.path = wish, series.book, wanted, path
        self.liked: dict[int, int] = {}
        counts: dict[int, int] = {}
        for placed in path.placed:
            counts[placed.option.main] = counts.get(placed.option.main, 0) + 1
        # The device most sessions of the plan are on.
        self.main = max(counts, key=lambda lane: (counts[lane], -lane))

    def all(self) -> list[PlannedSession]:
        """Return the sessions in the order of the path."""
        return [
            self._session(placed, visit, offset)
            for placed in self.path.placed
            for offset, visit in enumerate(placed.block.visits)
        ]

    def _session(self, placed: Placed, visit: str, offset: int) -> PlannedSession:
        quantum = placed.option.quantum + placed.block.offsets[offset]
        definition = self.wish.protocol.visit_types[visit]
        is_wished = self.wish.is_as_wished(quantum * QUANTUM, self.wanted * QUANTUM)
        is_free_to_differ = offset or (self.book.is_same_trip and self.book.life.visits.get(placed.day))
        return PlannedSession(
            number=0,
            phase=placed.block.phase.name,
            visit_type=visit,
            day=dt.date.fromordinal(placed.day),
            minute=quantum * QUANTUM,
            minutes=definition.minutes,
            uses=self._uses(placed, visit, quantum),
            why=words.why(placed.block, self.wish.protocol, offset),
            deviation=None
            if is_free_to_differ
            else explain.deviation(
                self.book,
                placed.day,
                visit,
                wanted=quantum if is_wished else self.wanted,
                given=quantum,
                device=placed.option.main,
                main=self.main,
            ),
        )

    def _uses(self, placed: Placed, visit: str, quantum: int) -> tuple[PlannedUse, ...]:
        lanes = self.book.assign(placed.day, visit, quantum, placed.option.main, self.liked)
        assert lanes is not None, "the search only offers starts that can be assigned"
        for lane in lanes:
            self.liked[lane.id] = self.liked.get(lane.id, 0) + 1
        return tuple(
            PlannedUse(
                resource_id=lane.id,
                kind=lane.kind,
                name=lane.name,
                from_minute=(quantum + use.at - use.before) * QUANTUM,
                to_minute=(quantum + use.at + use.length + use.after) * QUANTUM,
            )
            for use, lane in zip(self.book.uses[visit], lanes, strict=True)
        )


def _deviation_code(session: PlannedSession, wanted: int) -> str:
    return "other_time" if session.minute != wanted * QUANTUM else "other_device"
