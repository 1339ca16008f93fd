"""Pure: how much a course suffers if one of its visits falls out: who is seated first, and who is called first.

The measure is the gap the visit would leave, held against the limits of its protocol in that phase; what the protocol
leaves to a clinician weighs more than what the desk looks at. All weights are defaults.
"""

import datetime as dt
from dataclasses import dataclass

from scheduling.domain import conflicts
from scheduling.domain.changes import Gap, limits_in
from scheduling.domain.protocol import ProtocolDefinition

MOST = 100
# Points of a gap that has reached a limit; on the way to the next one up to `_ON_THE_WAY` more.
_POINTS = {Gap.NONE: 0, Gap.SOFT: 30, Gap.REMAP: 45, Gap.FLAG: 60, Gap.HARD: 75, Gap.CLOSE: 85}
_ON_THE_WAY = 14
_FIRST_PHASE, _SEDATED, _SEVERE = 5, 4, 5
SEVERE = 0.74  # of the highest score of a scale: 20 of 27 on the PHQ-9 (severe)
OPEN_END = 7  # days a visit is away from the next one where none is booked after it
_AT = {
    Gap.SOFT: "somebody looks",
    Gap.REMAP: "the threshold is determined anew",
    Gap.FLAG: "a clinician decides",
    Gap.HARD: "a clinician decides",
    Gap.CLOSE: "the course is over",
}


@dataclass(frozen=True, slots=True)
class Harm:
    """How bad it is if a visit falls out: 0 to 100, and why in words for the desk."""

    score: int
    words: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The days around a visit: of the last delivered one, and of the nearest that stand before and after it.

    `severity`: the latest score on a scale as a share of its highest; None: not known.
    """

    delivered: dt.date | None
    before: dt.date | None
    after: dt.date | None
    severity: float | None = None


def harm_of(protocol: ProtocolDefinition, *, phase: str, day: dt.date, beside: Beside) -> Harm:
    """Return how much a course suffers if its visit of a day falls out."""
    found = next(each for each in protocol.phases if each.name == phase)
    is_first = next(each for each in protocol.phases if each.series == found.series) is found
    days = _without(day, beside)
    if days is None:
        return Harm(_extras(protocol, is_first, beside), f"{_name(phase)}: the course has not begun.")
    reached, limit, ahead = _reached(protocol, phase, days)
    since = limit or 0
    way = (days - since) / (ahead[1] - since) if ahead else 1.0
    points = _POINTS[reached] + (_ON_THE_WAY if limit else _POINTS[Gap.SOFT] - 1) * min(1.0, way)
    score = min(MOST, int(points) + _extras(protocol, is_first, beside))
    return Harm(score, f"{_name(phase)}: {_words(days, reached, limit, ahead)}{_more(protocol, day, beside)}")


def _without(day: dt.date, beside: Beside) -> int | None:
    """Return the days without a visit if this one falls out, or None if there is none to count from."""
    last = max((each for each in (beside.delivered, beside.before) if each is not None), default=None)
    if last is None:
        return None
    return ((beside.after or day + dt.timedelta(days=OPEN_END)) - last).days


def _limits(protocol: ProtocolDefinition, phase: str) -> list[tuple[Gap, int]]:
    """Return the limits of a phase in the order of their days."""
    gaps = limits_in(protocol, phase)
    found = [
        (Gap.SOFT, gaps.soft_days),
        (Gap.REMAP, gaps.remap_days),
        (Gap.FLAG, gaps.flag_days),
        (Gap.HARD, gaps.hard_days),
        (Gap.CLOSE, gaps.close_days),
    ]
    found_phase = next(each for each in protocol.phases if each.name == phase)
    if protocol.makeup == "clinician" and not found_phase.interval_weeks:
        found.append((Gap.FLAG, protocol.clinician_after_days))
    return sorted(((gap, limit) for gap, limit in found if limit is not None), key=lambda row: row[1])


def _reached(protocol: ProtocolDefinition, phase: str, days: int) -> tuple[Gap, int | None, tuple[Gap, int] | None]:
    """Return the gravest limit a gap reaches, its days, and the next one."""
    limits = _limits(protocol, phase)
    behind = [row for row in limits if days >= row[1]]
    ahead = next((row for row in limits if days < row[1]), None)
    if not behind:
        return Gap.NONE, None, ahead
    gap, limit = max(behind, key=lambda row: (_POINTS[row[0]], row[1]))
    return gap, limit, ahead


def _words(days: int, reached: Gap, limit: int | None, ahead: tuple[Gap, int] | None) -> str:
    gap = f"{days} {'day' if days == 1 else 'days'} from one visit to the next if this one falls out"
    if limit is not None:
        return f"{gap}; from {limit} on {_AT[reached]}."
    if ahead is not None:
        return f"{gap}; up to {ahead[1] - 1} nobody minds."
    return f"{gap}."


def _extras(protocol: ProtocolDefinition, is_first_phase: bool, beside: Beside) -> int:
    is_severe = beside.severity is not None and beside.severity >= SEVERE
    return _FIRST_PHASE * is_first_phase + _SEDATED * (protocol.modality in conflicts.SEDATING) + _SEVERE * is_severe


def _more(protocol: ProtocolDefinition, day: dt.date, beside: Beside) -> str:
    parts = []
    if beside.delivered is not None:
        days = (day - beside.delivered).days
        parts.append(f" The last one was {days} {'day' if days == 1 else 'days'} before.")
    if protocol.modality in conflicts.SEDATING:
        parts.append(" A ride is arranged for it.")
    if beside.severity is not None and beside.severity >= SEVERE:
        parts.append(" The latest score is severe.")
    return "".join(parts)


def _name(phase: str) -> str:
    return phase.replace("_", " ").capitalize()
