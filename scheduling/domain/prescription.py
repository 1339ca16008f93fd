"""Pure: a protocol as one patient is prescribed it: other counts, another pace, within what the protocol permits."""

from collections.abc import Mapping
from dataclasses import replace

from scheduling.domain.protocol import MAX_SESSIONS, Phase, ProtocolDefinition


class NotPermitted(ValueError):
    """The protocol does not permit this prescription; `str()` says what it permits."""


def prescribed(
    protocol: ProtocolDefinition,
    *,
    counts: Mapping[str, int] | None = None,
    per_week: int | None = None,
    interval_weeks: int | None = None,
) -> ProtocolDefinition:
    """Return the protocol with other session counts by phase, fewer sessions a week, or another booster interval.

    :raises NotPermitted: an unknown phase, a count that fills no whole days or is too large, a pace out of range.
    """
    counts = counts or {}
    unknown = set(counts) - {phase.name for phase in protocol.phases}
    if unknown:
        raise NotPermitted(f"{protocol.name} has no phase {min(unknown)}.")
    phases = tuple(_phase(phase, counts.get(phase.name), per_week, interval_weeks) for phase in protocol.phases)
    if per_week is not None and phases == protocol.phases and per_week not in {p.per_week for p in protocol.phases}:
        raise NotPermitted(f"{protocol.name} has no phase counted by the week.")
    changed = replace(protocol, phases=tuple(phase for phase in phases if phase.planned or phase.rule))
    if not 0 < changed.planned <= MAX_SESSIONS:
        raise NotPermitted(f"A course has from 1 to {MAX_SESSIONS} sessions, not {changed.planned}.")
    return changed


def _phase(phase: Phase, count: int | None, per_week: int | None, interval_weeks: int | None) -> Phase:
    if count is not None:
        phase = _counted(phase, count)
    if per_week is not None and phase.per_week and not phase.weeks:
        phase = _paced(phase, per_week)
    if interval_weeks is not None and phase.interval_weeks and phase.open_ended:
        low, high = phase.range_weeks or (phase.interval_weeks, phase.interval_weeks)
        if not low <= interval_weeks <= high:
            raise NotPermitted(f"{phase.name.capitalize()} is every {low} to {high} weeks.")
        phase = replace(phase, interval_weeks=interval_weeks)
    return phase


def _counted(phase: Phase, count: int) -> Phase:
    if count < 0 or count % phase.per_day:
        raise NotPermitted(f"{phase.name.capitalize()} takes whole days of {phase.per_day} sessions.")
    if phase.open_ended:
        return replace(phase, plan_ahead=count)
    if phase.sessions is not None:
        return replace(phase, sessions=count)
    if phase.weeks:
        return replace(phase, weeks=_weeks(phase.weeks, count))
    if count > len(phase.windows_days):
        raise NotPermitted(f"{phase.name.capitalize()} has {len(phase.windows_days)} windows.")
    return replace(phase, windows_days=phase.windows_days[:count])


def _weeks(weeks: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Return a weekly pattern cut or lengthened at its last pace to a count."""
    found: list[int] = []
    while sum(found) < count:
        pace = weeks[min(len(found), len(weeks) - 1)]
        found.append(min(pace, count - sum(found)))
    return tuple(found)


def _paced(phase: Phase, per_week: int) -> Phase:
    assert phase.per_week is not None
    least = phase.min_per_week or phase.per_week
    if not least <= per_week <= phase.per_week:
        permitted = f"{least} to {phase.per_week}" if least < phase.per_week else str(phase.per_week)
        raise NotPermitted(f"{phase.name.capitalize()} is {permitted} a week.")
    # Fewer a week are spread over it: 3 a week are Monday, Wednesday, Friday.
    gap = 7 // per_week if per_week < phase.per_week else phase.wish_gap_days
    return replace(phase, per_week=per_week, min_per_week=None, wish_gap_days=gap)
