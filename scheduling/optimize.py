"""The seats of `scheduling.domain.reseat`, solved by CP-SAT: the extra `[optimize]`. Nothing in the product needs it.

The model is the problem as it is stated: one way for each seat, and no five minutes of a lane taken twice.
"""

from collections.abc import Iterator, Mapping, Sequence

from ortools.sat.python import cp_model

from scheduling.domain.bitmap import each
from scheduling.domain.reseat import Option, Seat, Seating

Ways = list[tuple[int | None, int, cp_model.IntVar]]  # option of the seat, its cost, and whether it is the one


class NoAnswer(Exception):
    """The solver found nothing in the time it was given."""


def optimal(seats: Sequence[Seat], *, seconds: float, workers: int = 2, seed: int) -> Seating:
    """Return the best seating CP-SAT finds in so many seconds; the optimum if it needs less.

    :raises NoAnswer: it found none.
    """
    return solved(seats, seconds=seconds, workers=workers, seed=seed)[0]


def solved(seats: Sequence[Seat], *, seconds: float, workers: int = 2, seed: int) -> tuple[Seating, int]:
    """Return the best seating CP-SAT finds in so many seconds, and what it proved that none can be below.

    :raises NoAnswer: it found none.
    """
    model = cp_model.CpModel()
    ways = {seat.key: _ways(model, seat) for seat in seats}
    for rivals in _rivals(seats, ways):
        model.add_at_most_one(rivals)
    model.minimize(sum(cost * is_it for of_seat in ways.values() for _option, cost, is_it in of_seat))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise NoAnswer(f"{solver.status_name(status)} after {seconds} seconds.")
    return _seating(seats, ways, solver), round(solver.best_objective_bound)


def _ways(model: cp_model.CpModel, seat: Seat) -> Ways:
    ways: Ways = [(None, seat.unseated, model.new_bool_var(""))]
    ways += [(index, option.cost, model.new_bool_var("")) for index, option in enumerate(seat.options)]
    model.add_exactly_one(is_it for _option, _cost, is_it in ways)
    return ways


def _rivals(seats: Sequence[Seat], ways: Mapping[int, Ways]) -> Iterator[list[cp_model.IntVar]]:
    """Yield, for five minutes of a lane and day, everything that would take them; the same set once."""
    takers: dict[tuple[int, int, int], list[cp_model.IntVar]] = {}
    for seat in seats:
        for index, _cost, is_it in ways[seat.key]:
            for quantum in _quanta(seat.options[index]) if index is not None else ():
                takers.setdefault(quantum, []).append(is_it)
    seen = set()
    for rivals in takers.values():
        names = tuple(is_it.index for is_it in rivals)
        if names not in seen:
            seen.add(names)
            yield rivals


def _quanta(option: Option) -> set[tuple[int, int, int]]:
    return {(lane, day, quantum) for lane, day, bits in option.takes for quantum in each(bits)}


def _seating(seats: Sequence[Seat], ways: Mapping[int, Ways], solver: cp_model.CpSolver) -> Seating:
    taken = {
        seat.key: (option, cost)
        for seat in seats
        for option, cost, is_it in ways[seat.key]
        if solver.boolean_value(is_it)
    }
    chosen = {key: option for key, (option, _cost) in taken.items()}
    return Seating(chosen, sum(cost for _option, cost in taken.values()))
