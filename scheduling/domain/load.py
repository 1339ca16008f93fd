"""Pure: how full a house is. Free minutes by half hour, and how much in demand a standing slot is.

A new course is given the least scarce slot that fits (Noham and Smilowitz, O12): the planner and the load view ask the
same numbers here. A slot is scarce by the share of its days that is taken, not by how often it is open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduling.domain import bitmap
from scheduling.domain.local_time import QUANTA_A_DAY, QUANTUM
from scheduling.domain.options import Lane, Use

LOOK_DAYS = 56  # the coming eight weeks
HALF_HOUR = 30 // QUANTUM
WHOLLY = 1000  # scarcity is per mille
Planes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """On how many days of some lanes a visit could start at each quantum: by their hours, and with what is left."""

    hours: Planes
    left: Planes

    def days_open(self, quantum: int) -> int:
        """Return on how many days the slot lies within the hours; two lanes on one day are two."""
        return count_at(self.hours, quantum)

    def days_free(self, quantum: int) -> int:
        """Return on how many of them it is free."""
        return count_at(self.left, quantum)

    def scarcity(self, quantum: int) -> int:
        """Return how scarce a slot is, per mille."""
        return scarcity(self.days_open(quantum), self.days_free(quantum))


@dataclass(frozen=True, slots=True)
class Cell:
    """One half hour (its first minute) of a weekday (ISO) on lanes of one kind: days it is open, days it is free."""

    weekday: int
    minute: int
    days_open: int
    days_free: int
    minutes_free: int
    scarcity: int


def scarcity(days_open: int, days_free: int) -> int:
    """Return the share of its days on which something is taken, per mille; what is never open is wholly taken."""
    return WHOLLY - WHOLLY * days_free // days_open if days_open else WHOLLY


HALF = Use("", frozenset(), 0, HALF_HOUR, 0, 0)  # half an hour of a lane, for nothing in particular


def add_up(masks: Iterable[int]) -> Planes:
    """Return for each bit how many of the masks have it set, as planes: bit q of plane n is bit n of the count at q."""
    planes: list[int] = []
    for mask in masks:
        carry = mask
        for index, plane in enumerate(planes):
            if not carry:
                break
            planes[index], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)
    return tuple(planes)


def count_at(planes: Planes, quantum: int) -> int:
    """Return the count that planes hold for one bit."""
    return sum((plane >> quantum & 1) << index for index, plane in enumerate(planes))


def demand_of(lanes: Iterable[Lane], use: Use, days: Iterable[int]) -> Demand:
    """Return how much in demand the starts of a use are on some lanes and days (ordinals)."""
    calendar, kept = list(days), list(lanes)
    seen: dict[int, int] = {0: 0}  # hours repeat, week for week

    def starts(mask: int) -> int:
        if mask not in seen:
            seen[mask] = bitmap.starts(mask, at=use.at, length=use.length, before=use.before, after=use.after)
        return seen[mask]

    return Demand(
        hours=add_up(starts(lane.hours.get(day, 0)) for lane in kept for day in calendar),
        left=add_up(starts(lane.free.get(day, 0)) for lane in kept for day in calendar),
    )


def free_minutes(mask: int) -> list[int]:
    """Return the free minutes of each half hour of a day, 48 of them."""
    return [
        QUANTUM * (mask >> quantum & bitmap.span(0, HALF_HOUR)).bit_count()
        for quantum in range(0, QUANTA_A_DAY, HALF_HOUR)
    ]


def cells(lanes: Sequence[Lane], days: Sequence[int]) -> list[Cell]:
    """Return every half hour at which lanes are open at all, by weekday; `days` are ordinals."""
    found = []
    for weekday in range(1, 8):
        of_weekday = [day for day in days if (day - 1) % 7 + 1 == weekday]
        demand = demand_of(lanes, HALF, of_weekday)
        minutes = _minutes(lanes, of_weekday)
        for place, quantum in enumerate(range(0, QUANTA_A_DAY, HALF_HOUR)):
            if demand.days_open(quantum):
                found.append(
                    Cell(
                        weekday=weekday,
                        minute=quantum * QUANTUM,
                        days_open=demand.days_open(quantum),
                        days_free=demand.days_free(quantum),
                        minutes_free=minutes[place],
                        scarcity=demand.scarcity(quantum),
                    )
                )
    return found


def _minutes(lanes: Sequence[Lane], days: Sequence[int]) -> list[int]:
    """Return the free minutes of each half hour of some days together."""
    planes = add_up(lane.free.get(day, 0) for lane in lanes for day in days)
    return [
        QUANTUM * sum(count_at(planes, quantum + offset) for offset in range(HALF_HOUR))
        for quantum in range(0, QUANTA_A_DAY, HALF_HOUR)
    ]


@dataclass(frozen=True, slots=True)
class DayLoad:
    """One day (ordinal) of a device: by half hour the minutes it is there, and those of them that are free."""

    day: int
    minutes_open: tuple[int, ...]
    minutes_free: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeviceLoad:
    """A device and the days on which it is there."""

    resource_id: int
    kind: str
    name: str
    days: tuple[DayLoad, ...]


def device_load(lane: Lane, days: Iterable[int]) -> DeviceLoad:
    """Return how full a device is on some days (ordinals); a day on which it is not there is left out."""
    return DeviceLoad(
        resource_id=lane.id,
        kind=lane.kind,
        name=lane.name,
        days=tuple(
            DayLoad(day, tuple(free_minutes(lane.hours[day])), tuple(free_minutes(lane.free.get(day, 0))))
            for day in days
            if lane.hours.get(day)
        ),
    )


def times_of(devices: Iterable[DeviceLoad]) -> range:
    """Return the places (of 48) of the half hours from the first to the last at which any device is ever there."""
    used = [place for each in devices for day in each.days for place, there in enumerate(day.minutes_open) if there]
    return range(min(used), max(used) + 1) if used else range(0)
