"""Pure: a plan in sentences."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from scheduling.domain.cadence import Block
from scheduling.domain.local_time import QUANTUM, clock_text, day_text
from scheduling.domain.options import Lane
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import Phase, ProtocolDefinition

_KINDS = {"tms_device": "TMS device", "tms_operator": "TMS operator", "iv_nurse": "infusion nurse"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def kind(code: str) -> str:
    """Return a resource kind as people say it."""
    return _KINDS.get(code, code.replace("_", " "))


def devices(sessions: Sequence[PlannedSession]) -> str:
    """Return how many devices a plan uses: `one device`, or how many."""
    used = {session.uses[0].resource_id for session in sessions}
    return "one device" if len(used) == 1 else f"{len(used)} devices"


def summary(sessions: Sequence[PlannedSession], skipped: Sequence[tuple[dt.date, str]]) -> str:
    """Return a plan in two or three sentences: how many, when, where, and what is skipped."""
    first, last = sessions[0], sessions[-1]
    count = f"{len(sessions)} sessions" if len(sessions) > 1 else "1 session"
    span = f"{day_text(first.day)} to {day_text(last.day)}" if first.day != last.day else day_text(first.day)
    times = Counter(session.minute for session in sessions)
    if len(times) == 1:
        when = f"All at {clock_text(first.minute)}" if len(sessions) > 1 else f"At {clock_text(first.minute)}"
    else:
        common = times.most_common(3)
        rest = len(sessions) - sum(number for _minute, number in common)
        parts = [f"{number} at {clock_text(minute)}" for minute, number in common] + (
            [f"{rest} at other times"] if rest else []
        )
        when = ", ".join(parts)
    names = Counter(session.uses[0].name for session in sessions)
    where = (
        f"all on {next(iter(names))}"
        if len(names) == 1
        else ", ".join(f"{n} on {name}" for name, n in names.most_common())
    )
    sentences = [f"{count}, {span}.", f"{when}, {where}."]
    if skipped:
        sentences.append(f"{_listed([name for _day, name in skipped])} {'is' if len(skipped) == 1 else 'are'} skipped.")
    return " ".join(sentences)


def why(block: Block, protocol: ProtocolDefinition, number: int) -> str:
    """Return why a session is where it is."""
    phase = block.phase
    place = f"{phase.name.capitalize()} {block.index * phase.per_day + 1} of {phase.planned}: {_rule(phase)}."
    if number == 1:
        return f"First visit, {protocol.visit_types[protocol.first_visit].minutes} minutes. {place}"
    return place


def _rule(phase: Phase) -> str:
    if phase.weeks:
        return f"{', '.join(map(str, phase.weeks))} a week, from the Monday after the phase before"
    if phase.interval_weeks:
        return "every week" if phase.interval_weeks == 1 else f"every {phase.interval_weeks} weeks"
    if phase.windows_days:
        return "within its window of days"
    if phase.per_day > 1:
        return f"{phase.per_day} a day, {phase.spacing_minutes} minutes apart"
    if phase.planned == 1:
        return "one visit"
    return f"{phase.per_week or len(phase.weekdays)} a week, {_weekdays(phase.weekdays)}"


def _weekdays(weekdays: Sequence[int]) -> str:
    names = [_DAYS[day - 1] for day in weekdays]
    if len(names) > 2 and list(weekdays) == list(range(weekdays[0], weekdays[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return _listed(names)


def deviation(quantum: int, wanted: int, device: int, main: int, lanes: Sequence[Lane]) -> str | None:
    """Return how a session differs from the standing time and device, or None."""
    names = {lane.id: lane.name for lane in lanes}
    asked, given = clock_text(wanted * QUANTUM), clock_text(quantum * QUANTUM)
    if quantum != wanted and device != main:
        return f"{asked} is taken on {names[main]}; {given} on {names[device]} is the nearest free time."
    if quantum != wanted:
        return f"{asked} is taken; {given} is the nearest free time."
    if device != main:
        return f"{names[main]} is taken at {asked}; {names[device]} is free."
    return None


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
