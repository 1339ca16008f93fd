"""Pure: when the threshold has to be determined anew because a course stood still (domain.md 1.1: from 7 days on)."""

from scheduling.domain import cadence
from scheduling.domain.protocol import Phase, ProtocolDefinition

WEEK = 7


def is_due(protocol: ProtocolDefinition, phase: Phase, days: int) -> bool:
    """Tell whether a visit of a phase, so many days after the one before it, must be a re-mapping.

    A distance the phase itself asks for is no gap: a taper that has come to one visit a week is a week apart.
    """
    limit = protocol.gaps.remap_days
    if limit is None or protocol.remap_visit is None:
        return False
    asked = cadence.interval_days(phase)[1] if phase.interval_weeks else WEEK if phase.weeks else 0
    return days >= limit and days > asked
