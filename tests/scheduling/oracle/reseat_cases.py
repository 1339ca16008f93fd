"""Outages as clinics have them: three devices, one down for two days, courses of daily visits that were on it.

Everybody has a standing time. The other devices are filled by other courses to a load of 0.6 to 0.95, operators have
shifts and other work. What a visit may do instead: another device at its time, another time within three hours,
another day, the end of the course. What people were told is disturbed least: minutes and moved visits are the cost.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from operator import or_

from scheduling.domain.reseat import Option, Seat

DEVICES = (1, 2, 3)
BROKEN = 1
OPERATORS = (11, 12, 13, 14)
PATIENTS = 1000  # the first of the patients' lanes
OPEN, SHUT = 90, 210  # quanta: 7:30 to 17:30
DAYS = 30  # weekdays that are looked at
DOWN = (2, 3)
REACH = 36  # quanta: a visit stays within three hours of its time
LENGTHS = {14: 8, 24: 6, 60: 3}  # quanta a visit takes, by how many are hit: 60 in two days are short ones
LOADS = (0.6, 0.7, 0.8, 0.9, 0.95)

MOVED, OTHER_DEVICE, OTHER_DAY, TAIL = 30, 10, 90, 150  # a moved visit, and what is added; five minutes are 1
CALL = 1200  # nobody found a place: a person must call; more for those a gap harms more
KEPT_OF_ONE, KEPT_OF_ALL = 14, 120  # options looked at for one of several visits, and kept of a whole course


@dataclass(slots=True)
class Clinic:
    """What is free. `free`: by lane and day, a bitmap."""

    chance: random.Random
    length: int
    free: dict[tuple[int, int], int] = field(default_factory=dict)

    def take(self, lane: int, day: int, bits: int) -> None:
        self.free[lane, day] &= ~bits

    def is_free(self, lane: int, day: int, bits: int) -> bool:
        return self.free[lane, day] & bits == bits


@dataclass(frozen=True, slots=True)
class Way:
    """One way for one visit."""

    cost: int
    day: int
    takes: tuple[tuple[int, int, int], ...]


def outage(seed: int, hit: int) -> list[Seat]:
    """Return the courses to seat anew when so many visits (14, 24 or 60) are hit."""
    chance = random.Random(f"{seed} {hit}")
    clinic = _clinic(chance, LENGTHS[hit], LOADS[seed % len(LOADS)])
    seats: list[Seat] = []
    times = list(range(OPEN, SHUT - clinic.length + 1, clinic.length))
    chance.shuffle(times)
    while hit:
        time = times.pop()
        visits = _visits_of(chance, time, clinic.length, hit)
        hit -= len(visits)
        seats.append(_seat(clinic, PATIENTS + len(seats), visits))
    return seats


def _clinic(chance: random.Random, length: int, load: float) -> Clinic:
    clinic = Clinic(chance, length)
    for day in range(DAYS):
        for operator in OPERATORS:
            first = OPEN if operator % 2 else OPEN + 24
            clinic.free[operator, day] = _span(first, 96)
        for device in DEVICES:
            is_down = device == BROKEN and day in DOWN
            clinic.free[device, day] = 0 if is_down else _span(OPEN, SHUT - OPEN)
    for device in DEVICES:
        for time in range(OPEN, SHUT - length + 1, length):
            _fill_line(clinic, device, time, load)
    _other_work(clinic)
    return clinic


def _other_work(clinic: Clinic) -> None:
    for operator, day, time in product(OPERATORS, range(DAYS), range(OPEN, SHUT, 6)):
        if clinic.chance.random() < 0.15:
            clinic.take(operator, day, _span(time, 6))


def _fill_line(clinic: Clinic, device: int, time: int, load: float) -> None:
    """Fill a standing time of a device with one course after another, with days between them."""
    chance = clinic.chance
    day = -chance.randrange(30)
    while day < DAYS:
        visits = chance.choice((20, 30, 36))
        if chance.random() < load:
            for busy in range(max(day, 0), min(day + visits, DAYS)):
                _other_course(clinic, device, busy, _span(time, clinic.length))
        day += visits


def _other_course(clinic: Clinic, device: int, day: int, bits: int) -> None:
    free = [operator for operator in OPERATORS if clinic.is_free(operator, day, bits)]
    if free:
        clinic.take(device, day, bits)
        clinic.take(clinic.chance.choice(free), day, bits)


def _visits_of(chance: random.Random, time: int, length: int, most: int) -> list[tuple[int, int]]:
    """Return (day, quantum) of the visits of one course that are hit: mostly one a day, some come twice."""
    both = [(DOWN[0], time), (DOWN[1], time)]
    luck = chance.random()
    if luck < 0.3 or most == 1:
        return [chance.choice(both)]
    if luck < 0.9 or most == 2 or time + 5 * length > SHUT:
        return both
    return [*both, (DOWN[1], time + 4 * length)]


def _seat(clinic: Clinic, patient: int, visits: Sequence[tuple[int, int]]) -> Seat:
    chance = clinic.chance
    last = chance.randrange(DOWN[1] + 1, DAYS - 4)
    is_daily = chance.random() < 0.8
    ways = [_ways(clinic, patient, day, time, last, is_daily=is_daily) for day, time in visits]
    if len(ways) > 1:
        ways = [sorted(of_one, key=_cost)[:KEPT_OF_ONE] for of_one in ways]
    options = sorted(
        (Option(sum(map(_cost, way)), _merged(way)) for way in product(*ways) if _is_apart(way)),
        key=lambda option: option.cost,
    )
    harm = chance.choice((1, 1, 2, 3))
    return Seat(patient, tuple(options[:KEPT_OF_ALL]), CALL * harm * len(visits))


def _ways(clinic: Clinic, patient: int, day: int, time: int, last: int, *, is_daily: bool) -> list[Way]:
    found = list(_on(clinic, patient, day, time, 0))
    if not is_daily:
        for other in (day - 1, day + 1):
            found += _on(clinic, patient, other, time, OTHER_DAY)
    for other in range(last + 1, last + 4):
        found += _on(clinic, patient, other, time, TAIL + 20 * (other - last))
    return found


def _on(clinic: Clinic, patient: int, day: int, time: int, extra: int) -> Iterator[Way]:
    for start in range(max(OPEN, time - REACH), min(SHUT - clinic.length, time + REACH) + 1):
        bits = _span(start, clinic.length)
        for device, operator in product(DEVICES, OPERATORS):
            if clinic.is_free(device, day, bits) and clinic.is_free(operator, day, bits):
                cost = MOVED + extra + abs(start - time) + (OTHER_DEVICE if device != BROKEN else 0)
                yield Way(cost, day, ((device, day, bits), (operator, day, bits), (patient, day, bits)))


def _is_apart(ways: Sequence[Way]) -> bool:
    """Return whether visits of one course don't meet, and no two come on one day unless well apart."""
    days: dict[int, int] = {}
    for way in ways:
        bits = way.takes[0][2]
        wide = bits << 12 | bits | bits >> 12
        if days.get(way.day, 0) & wide:
            return False
        days[way.day] = days.get(way.day, 0) | bits
    return True


def _merged(ways: Sequence[Way]) -> tuple[tuple[int, int, int], ...]:
    keys = dict.fromkeys((lane, day) for way in ways for lane, day, _bits in way.takes)
    return tuple(
        (*key, reduce(or_, (bits for way in ways for *lane, bits in way.takes if tuple(lane) == key))) for key in keys
    )


def _cost(way: Way) -> int:
    return way.cost


def _span(first: int, length: int) -> int:
    return ((1 << length) - 1) << first
