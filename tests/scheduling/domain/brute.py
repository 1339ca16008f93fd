"""An independent judge of plans: checks every hard rule its own way, and finds the best plan by trying everything."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from itertools import combinations, pairwise, product
from operator import or_

from scheduling.domain.costs import AS_ASKED
from scheduling.domain.options import Lane
from scheduling.domain.plan import Plan
from scheduling.domain.planner import Wish
from scheduling.domain.protocol import Phase

Start = tuple[int, int, int]  # day ordinal, quantum, device


def monday(day: int) -> int:
    date = dt.date.fromordinal(day)
    return day - date.weekday()


def is_free(lane: Lane, day: int, first: int, end: int) -> bool:
    return all(0 <= q < 288 and lane.free.get(day, 0) >> q & 1 for q in range(first, end))


def faults(plan: Plan, wish: Wish, lanes: list[Lane], busy: dict[int, int]) -> list[str]:
    """Return every hard rule a plan breaks."""
    by_id = {lane.id: lane for lane in lanes}
    found = []
    taken: set[tuple[int, int, int]] = set()
    for session in plan.sessions:
        day = session.day.toordinal()
        visit = wish.protocol.visit_types[session.visit_type]
        if (session.day, session.minute) < wish.not_before:
            found.append(f"{session.number} begins before now")
        first, length = session.minute // 5, visit.minutes // 5
        if any(busy.get(day, 0) >> q & 1 for q in range(first, first + length)):
            found.append(f"{session.number} meets another visit of the patient")
        needs = [(step, need) for step in visit.steps for need in step.needs for _n in range(need.count)]
        if len(needs) != len(session.uses):
            found.append(f"{session.number} holds {len(session.uses)} resources, needs {len(needs)}")
        for (step, need), use in zip(needs, session.uses, strict=False):
            begin = (session.minute + step.at - need.setup) // 5
            end = (session.minute + step.at + step.minutes + need.turnover) // 5
            lane = by_id[use.resource_id]
            if lane.kind != need.kind or wish.pins.get(need.kind, lane.id) != lane.id:
                found.append(f"{session.number} holds the wrong {need.kind}")
            if not is_free(lane, day, begin, end):
                found.append(f"{session.number} holds {lane.name} while it is not free")
            for q in range(begin, end):
                if (lane.id, day, q) in taken:
                    found.append(f"{session.number} shares {lane.name}")
                taken.add((lane.id, day, q))
    return found + _cadence_faults(plan, wish)


def _cadence_faults(plan: Plan, wish: Wish) -> list[str]:
    found = []
    done = 0
    previous: int | None = None
    for phase in wish.protocol.phases:
        days = [session.day.toordinal() for session in plan.sessions[done : done + phase.planned]]
        anchor = _anchor(phase, previous, days)
        for index, day in enumerate(days):
            if dt.date.fromordinal(day).isoweekday() not in phase.weekdays:
                found.append(f"{done + index + 1} is on a weekday the phase does not allow")
            if previous is not None and day - previous < phase.min_gap_days:
                found.append(f"{done + index + 1} is too close to the one before")
            if previous is not None and wish.protocol.gaps.hard_days and day - previous >= wish.protocol.gaps.hard_days:
                found.append(f"{done + index + 1} is too far from the one before")
            if phase.starts == "next_monday" and index == 0 and previous is not None and day < monday(previous) + 7:
                found.append("the taper begins in the week of the phase before")
            previous = day
        for week in {monday(day) for day in days}:
            most = _quota(phase, week, anchor)
            if most is not None and sum(monday(day) == week for day in days) > most:
                found.append(f"more than {most} in a week")
        done += phase.planned
    if done != len(plan.sessions):
        found.append(f"{len(plan.sessions)} sessions instead of {done}")
    return found


def _anchor(phase: Phase, previous: int | None, days: list[int]) -> int:
    if phase.starts == "next_monday" and previous is not None:
        return monday(previous) + 7
    return monday(days[0]) if days else 0


def _quota(phase: Phase, week: int, anchor: int) -> int | None:
    if phase.weeks:
        return phase.weeks[min((week - anchor) // 7, len(phase.weeks) - 1)]
    return phase.per_week


def best_cost(wish: Wish, lanes: list[Lane], busy: dict[int, int]) -> int | None:
    """Return the least cost of any legal plan, by trying every sequence of starts; None if there is none.

    For protocols of one visit type with one step, one phase or an acute phase and a taper.
    """
    best: int | None = None
    mains = [lane.id for lane in lanes if lane.kind == "tms_device"]
    assert wish.preferred_minute is not None
    for main in mains:
        for cost in _costs(wish, lanes, busy, main, wish.preferred_minute // 5):
            best = cost if best is None or cost < best else best
    return best


def _costs(wish: Wish, lanes: list[Lane], busy: dict[int, int], main: int, wanted: int) -> Iterator[int]:
    first = wish.start_on.toordinal()
    day_cost: dict[int, int] = {}
    asked = replace(AS_ASKED, is_any_time=wish.is_any_time)
    for day in range(first, first + wish.horizon_days + 1):
        costs = [
            asked.of_time(q, wanted, None) + (0 if device == main else AS_ASKED.other_device)
            for device, q in _starts(wish, lanes, busy, day)
        ]
        if costs:
            day_cost[day] = min(costs)
    total = sum(phase.planned for phase in wish.protocol.phases)
    ideal = _ideal(sorted(day_cost), wish)
    for days in combinations(sorted(day_cost), total):
        if _is_legal(list(days), wish):
            late = sum(AS_ASKED.late * max(0, day - wanted_day) for day, wanted_day in zip(days, ideal, strict=True))
            yield (
                AS_ASKED.day_later * _waited(list(days), wish)
                + sum(day_cost[day] for day in days)
                + _short_gaps(list(days), wish)
                + _drift(list(days), wish)
                + late
            )


def _ideal(usable: list[int], wish: Wish) -> list[int]:
    """Place one session after the other on the first day its rules and its wished spacing allow."""
    days: list[int] = []
    for phase in wish.protocol.phases:
        before = days[-1] if days else None
        part: list[int] = []
        for _session in range(phase.planned):
            fitting = [day for day in usable if _follows(day, phase, part, before, wish)]
            if part and phase.per_week == 1:
                # The weekday of the first, or the next one with room in that week; else as soon as may be.
                wanted = monday(part[-1]) + 7 + dt.date.fromordinal(part[0]).weekday()
                first = max(wanted, part[-1] + max(phase.min_gap_days, phase.wish_gap_days or 0))
                of_week = [day for day in usable_days(usable, phase) if first <= day < monday(wanted) + 7]
                least = wanted if of_week else monday(wanted)
                fitting = [day for day in fitting if day >= least]
            day = next(iter(fitting), None)
            if day is None:
                total = sum(each.planned for each in wish.protocol.phases)
                return days + part + [wish.start_on.toordinal() + wish.horizon_days] * (total - len(days) - len(part))
            part.append(day)
        days += part
    return days


def usable_days(usable: list[int], phase: Phase) -> list[int]:
    return [day for day in usable if dt.date.fromordinal(day).isoweekday() in phase.weekdays]


def _follows(day: int, phase: Phase, part: list[int], before: int | None, wish: Wish) -> bool:
    previous = part[-1] if part else before
    if dt.date.fromordinal(day).isoweekday() not in phase.weekdays:
        return False
    if previous is not None:
        gap = max(phase.min_gap_days, phase.wish_gap_days or 0) if part else phase.min_gap_days
        if day - previous < (gap if part or phase.starts != "next_monday" else 1):
            return False
        if day - previous >= (wish.protocol.gaps.hard_days or 999):
            return False
        if not part and phase.starts == "next_monday" and day < monday(previous) + 7:
            return False
    most = _quota(phase, monday(day), _anchor(phase, before, part or [day]))
    return most is None or sum(monday(day) == monday(other) for other in part) < most


def _starts(wish: Wish, lanes: list[Lane], busy: dict[int, int], day: int) -> Iterator[tuple[int, int]]:
    visit = wish.protocol.visit_types[wish.protocol.other_visit]
    length = visit.minutes // 5
    needs = [need for step in visit.steps for need in step.needs]
    ever = reduce(or_, (lane.free.get(day, 0) for lane in lanes if lane.kind == needs[0].kind), 0)
    for q in range(288 - length + 1):
        if not ever >> q & 1:  # where nothing it holds first is free, nothing more need be looked at
            continue
        if (dt.date.fromordinal(day), q * 5) < wish.not_before or any(
            busy.get(day, 0) >> x & 1 for x in range(q, q + length)
        ):
            continue
        pools = [
            [
                lane.id
                for lane in lanes
                if lane.kind == need.kind
                and wish.pins.get(need.kind, lane.id) == lane.id
                and is_free(lane, day, q - need.setup // 5, q + length + need.turnover // 5)
            ]
            for need in needs
        ]
        for chosen in product(*pools):
            if len(set(chosen)) == len(chosen):
                yield chosen[0], q


def _is_legal(days: list[int], wish: Wish) -> bool:
    done, previous = 0, None
    for phase in wish.protocol.phases:
        part = days[done : done + phase.planned]
        anchor = _anchor(phase, previous, part)
        for index, day in enumerate(part):
            if dt.date.fromordinal(day).isoweekday() not in phase.weekdays:
                return False
            if previous is not None and not phase.min_gap_days <= day - previous < (
                wish.protocol.gaps.hard_days or 999
            ):
                return False
            if index == 0 and phase.starts == "next_monday" and previous is not None and day < anchor:
                return False
            previous = day
        if any(
            (most := _quota(phase, week, anchor)) is not None and sum(monday(day) == week for day in part) > most
            for week in {monday(day) for day in part}
        ):
            return False
        done += phase.planned
    return True


def _waited(days: list[int], wish: Wish) -> int:
    """Days from the wished start on; from one weekly visit to the next, whole weeks."""
    total, done, before = 0, 0, wish.start_on.toordinal()
    for phase in wish.protocol.phases:
        for index, day in enumerate(days[done : done + phase.planned]):
            weekly = index and phase.per_week == 1
            total += monday(day) - monday(before) if weekly else day - before
            before = day
        done += phase.planned
    return total


def _drift(days: list[int], wish: Wish) -> int:
    """A phase of one visit a week keeps the weekday of its first."""
    cost, done = 0, 0
    for phase in wish.protocol.phases:
        part = days[done : done + phase.planned]
        if phase.per_week == 1:
            weekdays = [dt.date.fromordinal(day).isoweekday() for day in part]
            cost += sum(AS_ASKED.off_weekday * abs(weekday - weekdays[0]) for weekday in weekdays)
        done += phase.planned
    return cost


def _short_gaps(days: list[int], wish: Wish) -> int:
    cost, done = 0, 0
    for phase in wish.protocol.phases:
        part = days[done : done + phase.planned]
        if phase.wish_gap_days:
            cost += sum(AS_ASKED.short_gap * max(0, phase.wish_gap_days - (b - a)) for a, b in pairwise(part))
        done += phase.planned
    return cost
