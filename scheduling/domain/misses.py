"""Pure: what counts as a visit a patient missed."""

from scheduling.domain.states import MISSES, CancelledBy, SessionState


def is_miss(state: str, *, is_late_cancel: bool, cancelled_by: str) -> bool:
    """Tell whether a patient missed a visit: did not come, could not be treated, or said so too late."""
    is_late = is_late_cancel and cancelled_by == CancelledBy.PATIENT
    return state in MISSES or (state == SessionState.CANCELLED and is_late)
