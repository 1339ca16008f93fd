"""Week plans like those of the radiotherapy literature: everybody comes five times and wishes for 90 minutes.

`python -m bench.weekplan [--seeds N] [--seconds S] [--size 66|270] [--wishes uniform|peaked]`; see bench/README.md.
"""

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ortools.sat.python import cp_model

from scheduling.domain.reseat import Option, Seat, Seating, first_come_first_served, seat

SIZES = {66: 2, 270: 8}  # patients: devices
DAYS = 5
DAY = 120  # quanta of five minutes: 8:00 to 18:00
WINDOW = 18  # 90 minutes
POOL = 0  # the lane of all devices together: they are alike
LENGTHS = ((2, 62), (3, 24), (4, 7), (6, 4), (8, 3))  # quanta a session takes, and how often of a hundred
OTHER_WINDOW = 0.2  # share of sessions for which somebody wishes for another time than usually
PEAKS = ((0.35, 0), (0.3, 84))  # share of the wishes around a quantum, spread by an hour; the rest anywhere
OUTSIDE, NOT_AT_ALL = 1, 100
UNIFORM_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Session:
    """What is to be placed. `window`: the first quantum of the time wished for."""

    day: int
    length: int
    window: int

    def is_inside(self, start: int) -> bool:
        return self.window <= start <= self.window + WINDOW - self.length


@dataclass(frozen=True, slots=True)
class Placed:
    session: Session
    device: int
    start: int


def week(patients: int, wishes: str, seed: int) -> list[Session]:
    """Return the sessions of a week, in the order in which people asked."""
    chance = random.Random(f"{patients} {wishes} {seed}")
    lengths, weights = zip(*LENGTHS, strict=True)
    sessions = []
    for _patient in range(patients):
        (length,) = chance.choices(lengths, weights)
        usual = _window(chance, wishes)
        for day in range(DAYS):
            window = _window(chance, wishes) if chance.random() < OTHER_WINDOW else usual
            sessions.append(Session(day, length, window))
    return sessions


def _window(chance: random.Random, wishes: str) -> int:
    luck = chance.random()
    for share, peak in PEAKS if wishes == "peaked" else ():
        if luck < share:
            return min(max(round(chance.gauss(peak, 12)), 0), DAY - WINDOW)
        luck -= share
    return chance.randrange(DAY - WINDOW + 1)


def seats_of(sessions: Sequence[Session]) -> list[Seat]:
    """Return the week as seats: inside the window for nothing, outside at a price, nearest first."""
    made: dict[tuple[int, int, int, int], Option] = {}

    def option(session: Session, start: int) -> Option:
        cost = 0 if session.is_inside(start) else OUTSIDE
        key = (session.day, session.length, start, cost)
        if key not in made:
            made[key] = Option(cost, ((POOL, session.day, ((1 << session.length) - 1) << start),))
        return made[key]

    return [
        Seat(number, tuple(option(session, start) for start in _starts(session)), NOT_AT_ALL)
        for number, session in enumerate(sessions)
    ]


def _starts(session: Session) -> list[int]:
    return sorted(
        range(DAY - session.length + 1),
        key=lambda start: (not session.is_inside(start), _away(session, start), start),
    )


def _away(session: Session, start: int) -> int:
    return 0 if session.is_inside(start) else abs(start - session.window)


def on_devices(sessions: Sequence[Session], starts: Sequence[int | None], devices: int) -> list[Placed]:
    """Give each session a device: in the order of their starts there is always one left, if not too many meet."""
    free = {(day, device): 0 for day in range(DAYS) for device in range(devices)}
    placed = []
    for start, session in sorted(
        ((start, session) for start, session in zip(starts, sessions, strict=True) if start is not None),
        key=lambda pair: pair[0],
    ):
        device = next(device for device in range(devices) if free[session.day, device] <= start)
        free[session.day, device] = start + session.length
        placed.append(Placed(session, device, start))
    return placed


def faults(sessions: Sequence[Session], placed: Sequence[Placed], devices: int) -> list[str]:
    """Return what is wrong with a plan, whoever made it."""
    found = []
    if sorted(map(repr, sessions)) != sorted(repr(place.session) for place in placed):
        found.append("not every session is placed once")
    busy = set()
    for place in placed:
        ends = place.start + place.session.length
        quanta = {(place.session.day, place.device, at) for at in range(place.start, ends)}
        if place.start < 0 or ends > DAY or not 0 <= place.device < devices:
            found.append("a session out of hours or on no device")
        if busy & quanta:
            found.append("two sessions meet")
        busy |= quanta
    return found


def outside(placed: Sequence[Placed]) -> int:
    """Return how many sessions are outside their window."""
    return sum(not place.session.is_inside(place.start) for place in placed)


def packing_bound(sessions: Sequence[Session], devices: int) -> int:
    """Return how many must be outside at least: from one time to another no more fits than the devices have minutes.

    Of the windows that lie between two times the shortest sessions fit best; stretches that don't meet add up.
    """
    return sum(_packing_bound([s for s in sessions if s.day == day], devices) for day in range(DAYS))


def _packing_bound(sessions: Sequence[Session], devices: int) -> int:
    most = [0] * (DAY + 1)  # by quantum: how many must be outside of windows that end before
    for last in range(1, DAY + 1):
        most[last] = max(
            most[last - 1], *(most[first] + _too_many(sessions, first, last, devices) for first in range(last))
        )
    return most[DAY]


def _too_many(sessions: Sequence[Session], first: int, last: int, devices: int) -> int:
    lengths = sorted(s.length for s in sessions if first <= s.window and s.window + WINDOW <= last)
    return sum(used > devices * (last - first) for used in accumulate(lengths))


def ours(sessions: Sequence[Session], devices: int, seconds: float) -> Seating:
    """Return what the product's solver makes of a week in so many seconds, from the reading of it on."""
    until = time.perf_counter() + seconds
    return seat(
        seats_of(sessions),
        seed=1,
        restarts=1_000_000,
        is_over=lambda: time.perf_counter() > until,
        capacity={POOL: devices},
    )


def cp_sat(sessions: Sequence[Session], devices: int, seconds: float) -> tuple[list[int | None], int]:
    """Return the starts CP-SAT finds in so many seconds, the days one after the other, and what it proves."""
    starts: list[int | None] = [None] * len(sessions)
    bound = 0
    for day in range(DAYS):
        of_day = [number for number, session in enumerate(sessions) if session.day == day]
        model = cp_model.CpModel()
        begins, inside, spans = [], [], []
        for number in of_day:
            session = sessions[number]
            begin = model.new_int_var(0, DAY - session.length, "")
            is_inside = model.new_bool_var("")
            model.add(begin >= session.window).only_enforce_if(is_inside)
            model.add(begin <= session.window + WINDOW - session.length).only_enforce_if(is_inside)
            begins.append(begin)
            inside.append(is_inside)
            spans.append(model.new_fixed_size_interval_var(begin, session.length, ""))
        model.add_cumulative(spans, [1] * len(spans), devices)
        model.minimize(len(of_day) - sum(inside))
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds / DAYS
        solver.parameters.num_workers = 2
        solver.parameters.random_seed = 1
        if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            for number, begin in zip(of_day, begins, strict=True):
                starts[number] = solver.value(begin)
        bound += round(solver.best_objective_bound)
    return starts, bound


def starts_of(sessions: Sequence[Session], seating: Seating) -> list[int | None]:
    """Return at which quantum each session of a seating starts, None where it has no place."""
    starts: list[int | None] = []
    for number, session in enumerate(sessions):
        choice = seating.chosen[number]
        starts.append(None if choice is None else _starts(session)[choice])
    return starts


def main() -> None:
    """Print one line for each size and kind of wishes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0, help="for a peaked week, ours and CP-SAT alike")
    parser.add_argument("--size", type=int, choices=sorted(SIZES), action="append")
    parser.add_argument("--wishes", choices=["uniform", "peaked"], action="append")
    options = parser.parse_args()
    print(
        f"{'patients / devices':20}{'wishes':9}{'seconds':>8}{'outside':>9}{'at most':>9}{'first come':>12}"
        f"{'CP-SAT':>8}{'proved':>8}{'packing':>9}{'broken':>8}"
    )
    for size in options.size or sorted(SIZES):
        for wishes in options.wishes or ["uniform", "peaked"]:
            print(_line(size, wishes, options.seeds, options.seconds), flush=True)


def _line(size: int, wishes: str, seeds: int, seconds: float) -> str:
    devices, allowed = SIZES[size], UNIFORM_SECONDS if wishes == "uniform" else seconds
    longest, found, sums, broken = 0.0, [], [0, 0, 0, 0], 0
    for seed in range(seeds):
        sessions = week(size, wishes, seed)
        began = time.perf_counter()
        placed = on_devices(sessions, starts_of(sessions, ours(sessions, devices, allowed)), devices)
        longest = max(longest, time.perf_counter() - began)
        found.append(outside(placed))
        first = first_come_first_served(seats_of(sessions), capacity={POOL: devices})
        starts, proved = cp_sat(sessions, devices, allowed)
        others = [on_devices(sessions, way, devices) for way in (starts_of(sessions, first), starts)]
        broken += sum(bool(faults(sessions, plan, devices)) for plan in (placed, *others))
        figures = (outside(others[0]), outside(others[1]), proved, packing_bound(sessions, devices))
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
    means = [total / seeds for total in sums]
    return (
        f"{f'{size} / {devices}':20}{wishes:9}{longest:8.1f}{sum(found) / seeds:9.1f}{max(found):9}{means[0]:12.1f}"
        f"{means[1]:8.1f}{means[2]:8.1f}{means[3]:9.1f}{broken:8}"
    )


if __name__ == "__main__":
    main()
