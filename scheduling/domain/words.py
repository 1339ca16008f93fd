"""Pure: a plan in sentences."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scheduling.domain.cadence import Block
from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import PlannedSession
from scheduling.domain.protocol import Phase, ProtocolDefinition
from scheduling.domain.wish import Wish

_KINDS = {
    "tms_device": "TMS device",
    "deep_tms_device": "deep TMS device",
    "operator": "TMS operator",
    "iv_nurse": "infusion nurse",
    "iv_watch": "place under a nurse's watch",
    "observation_place": "place under an observer's watch",
    "ect_room": "ECT room",
    "anesthesia": "anesthesia provider",
    "preop_bay": "pre-op bay",
    "vns_programmer": "VNS programmer",
    "group_place": "place in a group",
}
FAR_DAYS = 300  # a day so far from the first needs its year
MOST_NAMED = 5  # closed days
DIFFER = "Times differ from day to day: "
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def kind(code: str) -> str:
    """Return a resource kind as people say it."""
    return _KINDS.get(code, code.replace("_", " "))


def resource(code: str, having: Iterable[str]) -> str:
    """Return a kind with what it must have: `TMS device with coil_b`."""
    wanted = sorted(having)
    return f"{kind(code)} with {listed(wanted)}" if wanted else kind(code)


def numbered(sessions: Sequence[PlannedSession]) -> list[PlannedSession]:
    """Return sessions numbered from 1 in the order given."""
    return [replace(session, number=number) for number, session in enumerate(sessions, start=1)]


def devices(sessions: Sequence[PlannedSession]) -> str:
    """Return how many devices a plan uses: `one device`, or how many."""
    used = {session.uses[0].resource_id for session in sessions}
    return "one device" if len(used) == 1 else f"{len(used)} devices"


def summary(sessions: Sequence[PlannedSession], skipped: Sequence[tuple[dt.date, str]], wish: Wish) -> str:
    """Return a plan in a few sentences: how many, when, where, what is skipped, what is booked later."""
    first, last = sessions[0], sessions[-1]
    count = f"{len(sessions)} sessions" if len(sessions) > 1 else "1 session"
    far = (last.day - first.day).days > FAR_DAYS
    end = f"{day_text(last.day)}, {last.day.year}" if far else day_text(last.day)
    span = f"{day_text(first.day)} to {end}" if first.day != last.day else day_text(first.day)
    times = Counter(session.minute for session in sessions)
    if len(times) == 1:
        when = f"All at {clock_text(first.minute)}" if len(sessions) > 1 else f"At {clock_text(first.minute)}"
    else:
        common = times.most_common(3)
        rest = len(sessions) - sum(number for _minute, number in common)
        parts = [f"{number} at {clock_text(minute)}" for minute, number in common] + (
            [f"{rest} at other times"] if rest else []
        )
        when = f"{DIFFER * wish.is_any_time}{', '.join(parts)}"
    names = Counter(session.uses[0].name for session in sessions)
    where = (
        f"all on {next(iter(names))}"
        if len(names) == 1
        else ", ".join(f"{n} on {name}" for name, n in names.most_common())
    )
    sentences = [f"{count}, {span}.", f"{when}, {where}."]
    if len(skipped) > MOST_NAMED:
        sentences.append(f"{len(skipped)} closed days are skipped.")
    elif skipped:
        sentences.append(f"{listed([name for _day, name in skipped])} {'is' if len(skipped) == 1 else 'are'} skipped.")
    sentences += [text for phase in wish.protocol.phases if (text := _later(phase))]
    return " ".join(sentences)


def _later(phase: Phase) -> str | None:
    if phase.rule:
        return f"{phase.name.capitalize()} treatments are booked week by week, by the score."
    if phase.open_ended:
        return f"{phase.name.capitalize()} goes on and is booked {phase.plan_ahead} ahead."
    return None


def why(block: Block, protocol: ProtocolDefinition, offset: int) -> str:
    """Return why a session is where it is; `offset`: which of its day's visits."""
    phase, number = block.phase, block.index * block.phase.per_day + offset + 1
    of = "" if phase.open_ended else f" of {phase.planned}"
    place = f"{phase.name.replace('_', ' ').capitalize()} {number}{of}: {_rule(phase)}."
    if number == 1 and phase is protocol.phases[0]:
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
        apart = (
            f"{phase.spacing_minutes} minutes apart"
            if phase.spacing_minutes
            else f"{phase.rest_minutes} minutes of rest"
        )
        return f"{phase.per_day} a day, {apart}"
    if phase.planned == 1:
        return "one visit"
    return f"{phase.per_week or len(phase.weekdays)} a week, {_weekdays(phase.weekdays)}"


def _weekdays(weekdays: Sequence[int]) -> str:
    names = [_DAYS[day - 1] for day in weekdays]
    if len(names) > 2 and list(weekdays) == list(range(weekdays[0], weekdays[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return listed(names)


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
