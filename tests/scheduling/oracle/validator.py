"""An independent judge of finished plans: every hard rule, checked its own way, quantum by quantum."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from scheduling.domain.ground import Ground
from scheduling.domain.options import Lane
from scheduling.domain.plan import Plan, PlannedSession, PlannedUse
from scheduling.domain.protocol import Need, Phase, Step
from scheduling.domain.wish import Wish
from tests.scheduling.oracle.rules import (
    PICK_UP,
    QUANTA,
    QUANTUM,
    interval_range,
    iso_weekday,
    longest_gap,
    monday,
    odd_quanta,
    opening,
    planned,
    week_quota,
)


def faults(plan: Plan, wish: Wish, ground: Ground) -> list[str]:
    """Return every hard rule a plan breaks, in words."""
    found = [
        *_numbers(plan, wish),
        *_shared(plan),
        *(fault for session in plan.sessions for fault in _session(session, wish, ground)),
        *_travel(plan, wish, ground),
    ]
    for series in dict.fromkeys(phase.series for phase in wish.protocol.phases):
        found += _series([phase for phase in wish.protocol.phases if phase.series == series], plan, wish)
    return found


def _numbers(plan: Plan, wish: Wish) -> Iterator[str]:
    if [session.number for session in plan.sessions] != list(range(1, len(plan.sessions) + 1)):
        yield "the sessions are not numbered 1 to N"
    times = [(session.day, session.minute) for session in plan.sessions]
    if times != sorted(times):
        yield "the sessions are not in the order of their times"
    for name in {session.phase for session in plan.sessions} - {phase.name for phase in wish.protocol.phases}:
        yield f"{name} is no phase of the protocol"


def _shared(plan: Plan) -> Iterator[str]:
    """Nothing is held twice at once, and the patient is at one place."""
    taken: set[tuple[object, dt.date, int]] = set()
    for session in plan.sessions:
        spans = [(use.resource_id, use.from_minute, use.to_minute) for use in session.uses]
        for key, begin, end in [*spans, ("patient", session.minute, session.minute + session.minutes)]:
            for minute in range(begin, end, QUANTUM):
                if (key, session.day, minute) in taken:
                    yield f"{session.number}: {key} is held twice at minute {minute}"
                taken.add((key, session.day, minute))


def _session(session: PlannedSession, wish: Wish, ground: Ground) -> Iterator[str]:
    yield from (f"{session.number}: {what}" for what in [*_when(session, wish, ground), *_meets(session, wish, ground)])
    if session.visit_type in wish.protocol.visit_types:
        yield from _uses(session, wish, ground)
    else:
        yield f"{session.number}: {session.visit_type} is no visit of the protocol"


def _when(session: PlannedSession, wish: Wish, ground: Ground) -> Iterator[str]:
    if (session.day, session.minute) < wish.not_before:
        yield "begins before now"
    if not 0 <= (session.day - wish.start_on).days <= wish.horizon_days:
        yield "is outside the horizon"
    if session.day in ground.closures:
        yield f"the house is closed for {ground.closures[session.day]}"
    spans = [(session.minute, session.minute + session.minutes)]
    spans += [(use.from_minute, use.to_minute) for use in session.uses]
    if any(begin < 0 or end > QUANTA * QUANTUM or begin % QUANTUM or end % QUANTUM for begin, end in spans):
        yield "is off the grid of its day"
    odd = odd_quanta(session.day.toordinal(), ground.zone)
    if any(minute // QUANTUM in odd for begin, end in spans for minute in range(begin, end, QUANTUM)):
        yield "stands in a clock change"


def _meets(session: PlannedSession, wish: Wish, ground: Ground) -> Iterator[str]:
    day, begin, end = session.day.toordinal(), session.minute, session.minute + session.minutes
    if wish.weekdays is not None and session.day.isoweekday() not in wish.weekdays:
        yield "the patient can't come on that weekday"
    life = ground.life
    for words, masks in (("another visit", life.visits), ("a rule", life.rules), ("an absence", life.away)):
        if _any(masks.get(day, 0), begin, end):
            yield f"meets {words}"
    if _any(life.escort.get(day, 0), end, end + PICK_UP):
        yield "the escort can't come"


def _any(mask: int, begin: int, end: int) -> bool:
    return any(mask >> (minute // QUANTUM) & 1 for minute in range(begin, end, QUANTUM))


def _uses(session: PlannedSession, wish: Wish, ground: Ground) -> Iterator[str]:
    visit = wish.protocol.visit_types[session.visit_type]
    if session.minutes != visit.minutes:
        yield f"{session.number}: lasts {session.minutes} minutes"
    wanted = [(step, need) for step in visit.steps for need in step.needs for _each in range(need.count)]
    if wish.interpreter:
        step = Step("interpreting", 0, visit.minutes, ())
        wanted.append((step, Need("interpreter", capabilities=(wish.interpreter,))))
    if len(wanted) != len(session.uses):
        yield f"{session.number}: holds {len(session.uses)} resources instead of {len(wanted)}"
    lanes = {lane.id: lane for lane in ground.lanes}
    for (step, need), use in zip(wanted, session.uses, strict=False):
        lane = lanes.get(use.resource_id)
        if lane is None:
            yield f"{session.number}: holds nobody knows what"
        else:
            yield from _use(session, step, need, use, lane, wish)


def _use(session: PlannedSession, step: Step, need: Need, use: PlannedUse, lane: Lane, wish: Wish) -> Iterator[str]:
    begins = session.minute + step.at
    span = (begins - need.setup, begins + step.minutes + need.turnover)
    if (use.from_minute, use.to_minute) != span:
        yield f"{session.number}: holds {lane.name} from {use.from_minute} to {use.to_minute} instead of {span}"
    asked = set(need.capabilities) | wish.requires.get(need.kind, frozenset())
    if {lane.kind, use.kind} != {need.kind}:
        yield f"{session.number}: {lane.name} is no {need.kind}"
    if lane.kind != need.kind or not asked <= lane.capabilities or wish.pins.get(need.kind, lane.id) != lane.id:
        yield f"{session.number}: {lane.name} is not what the step needs"
    day = session.day.toordinal()
    if not all(lane.free.get(day, 0) >> (minute // QUANTUM) & 1 for minute in range(*span, QUANTUM)):
        yield f"{session.number}: {lane.name} is not free"
    if need.position_minutes and not _is_position(lane.hours.get(day, 0), begins, need.position_minutes):
        yield f"{session.number}: {lane.name} is between two places of its list"


def _is_position(hours: int, minute: int, step: int) -> bool:
    first = minute // QUANTUM
    while first > 0 and hours >> (first - 1) & 1:
        first -= 1
    return bool(hours >> (minute // QUANTUM) & 1) and (minute - first * QUANTUM) % step == 0


def _travel(plan: Plan, wish: Wish, ground: Ground) -> Iterator[str]:
    if wish.max_travel_days is None:
        return
    weeks: dict[int, set[int]] = defaultdict(set)
    own = {session.day.toordinal() for session in plan.sessions}
    for day in own | {day for day, mask in ground.life.visits.items() if mask}:
        weeks[monday(day)].add(day)
    for week in {monday(day) for day in own}:
        # A week that other courses fill already is not this plan's doing, as long as it adds no day.
        if len(weeks[week]) > wish.max_travel_days and weeks[week] & own - set(ground.life.visits):
            yield f"{len(weeks[week])} travel days in the week of {dt.date.fromordinal(week)}"


def _series(phases: Sequence[Phase], plan: Plan, wish: Wish) -> list[str]:
    found: list[str] = []
    names = [phase.name for phase in phases]
    rows = [session for session in plan.sessions if session.phase in names]
    if wish.protocol.keep_provider == "hard" and len({session.uses[0].resource_id for session in rows}) > 1:
        found.append("more than one person")
    found += _visits(phases, rows, wish)
    before: int | None = None
    for phase in phases:
        mine = [session for session in rows if session.phase == phase.name]
        if len(mine) != planned(phase):
            found.append(f"{phase.name}: {len(mine)} sessions instead of {planned(phase)}")
        if mine:
            found += _phase(phase, mine, before, wish)
            before = max(session.day.toordinal() for session in mine)
    return found


def _visits(phases: Sequence[Phase], rows: Sequence[PlannedSession], wish: Wish) -> Iterator[str]:
    """The first visit of a series is of its own type, where its phase names none."""
    own = {phase.name: phase.visit for phase in phases}
    for index, session in enumerate(sorted(rows, key=lambda session: (session.day, session.minute))):
        wanted = own[session.phase] or (wish.protocol.other_visit if index else wish.protocol.first_visit)
        if session.visit_type != wanted:
            yield f"{session.number}: is a visit of type {session.visit_type} instead of {wanted}"


def _phase(phase: Phase, rows: Sequence[PlannedSession], before: int | None, wish: Wish) -> Iterator[str]:
    days = sorted({session.day.toordinal() for session in rows})
    first = opening(phase, before, wish.start_on.toordinal())
    if days[0] < first:
        yield f"{phase.name}: begins too soon"
    for day in days:
        if iso_weekday(day) not in phase.weekdays:
            yield f"{phase.name}: a weekday that is not allowed"
    yield from _distances(phase, days, before, wish)
    yield from _weekly(phase, days, first)
    yield from _daily(phase, rows, wish)
    entered = wish.start_on.toordinal() if before is None else before
    anchor = first if before is not None and phase.starts == "next_monday" else entered
    for day, (low, high) in zip(days, phase.windows_days, strict=False):
        if not low <= day - anchor <= high:
            yield f"{phase.name}: outside its window of days {low} to {high}"


def _distances(phase: Phase, days: Sequence[int], before: int | None, wish: Wish) -> Iterator[str]:
    for earlier, later in pairwise(days):
        if later - earlier < phase.min_gap_days:
            yield f"{phase.name}: {later - earlier} days apart"
        if phase.consecutive_days and later - earlier != 1:
            yield f"{phase.name}: not on consecutive days"
    whole = days if before is None else [before, *days]
    for index, (earlier, later) in enumerate(pairwise(whole)):
        if phase.interval_weeks and later - earlier < interval_range(phase)[0]:
            yield f"{phase.name}: only {later - earlier} days after the one before"
        longest = longest_gap(wish, phase, is_first=before is not None and index == 0)
        if longest is not None and later - earlier > longest:
            yield f"{phase.name}: a gap of {later - earlier} days"


def _weekly(phase: Phase, days: Sequence[int], first: int) -> Iterator[str]:
    # A weekly visit counts its weeks from the first visit, everything else from the first possible day.
    anchor = monday(days[0] if phase.per_week == 1 and not phase.weeks else first)
    for week, count in Counter(monday(day) for day in days).items():
        quota = week_quota(phase, (week - anchor) // 7)
        if quota is not None and count > quota:
            yield f"{phase.name}: {count} in the week of {dt.date.fromordinal(week)} instead of {quota}"


def _daily(phase: Phase, rows: Sequence[PlannedSession], wish: Wish) -> Iterator[str]:
    by_day: dict[dt.date, list[PlannedSession]] = defaultdict(list)
    for session in rows:
        by_day[session.day].append(session)
    for day, visits in by_day.items():
        if len(visits) != phase.per_day:
            yield f"{phase.name}: {len(visits)} on {day} instead of {phase.per_day}"
        if len({session.uses[0].resource_id for session in visits}) > 1:
            yield f"{phase.name}: several devices on {day}"
        for earlier, later in pairwise(sorted(visits, key=lambda session: session.minute)):
            ends = earlier.minute + wish.protocol.visit_types[earlier.visit_type].minutes
            if phase.spacing_minutes and later.minute - earlier.minute != phase.spacing_minutes:
                yield f"{phase.name}: not {phase.spacing_minutes} minutes apart on {day}"
            if phase.rest_minutes and later.minute - ends < phase.rest_minutes:
                yield f"{phase.name}: less than {phase.rest_minutes} minutes of rest on {day}"
