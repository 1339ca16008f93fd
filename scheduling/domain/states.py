"""Pure: the states of a session and a course, and every legal move, as data."""

from enum import StrEnum


class SessionState(StrEnum):
    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_TREATMENT = "in_treatment"
    MONITORING = "monitoring"
    COMPLETED = "completed"
    PARTIAL = "partial"
    NOT_TREATED = "not_treated"
    MISSED = "missed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered_in_error"


class CourseState(StrEnum):
    DRAFT = "draft"
    READY = "ready"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    DISCONTINUED = "discontinued"
    ENTERED_IN_ERROR = "entered_in_error"


class AuthorizationState(StrEnum):
    NEEDED = "needed"
    DRAFTING = "drafting"
    SUBMITTED = "submitted"
    PENDED = "pended"
    APPROVED = "approved"
    PARTIALLY_APPROVED = "partially_approved"
    DENIED = "denied"
    APPEALED = "appealed"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


# In these a payer has said yes; dates and units decide what is left.
GRANTED = frozenset({AuthorizationState.APPROVED, AuthorizationState.PARTIALLY_APPROVED})
UNITS = ["session", "day", "visit"]  # what one authorised unit is

_S = SessionState
_ERROR = frozenset({_S.ENTERED_IN_ERROR})

SESSION_MOVES: dict[SessionState, frozenset[SessionState]] = {
    _S.HELD: frozenset({_S.BOOKED, _S.CANCELLED}) | _ERROR,
    _S.BOOKED: frozenset({_S.ARRIVED, _S.NOT_TREATED, _S.MISSED, _S.NO_SHOW, _S.CANCELLED}) | _ERROR,
    _S.ARRIVED: frozenset({_S.IN_TREATMENT, _S.NOT_TREATED, _S.CANCELLED}) | _ERROR,
    _S.IN_TREATMENT: frozenset({_S.MONITORING, _S.COMPLETED, _S.PARTIAL}) | _ERROR,
    _S.MONITORING: frozenset({_S.COMPLETED, _S.PARTIAL}) | _ERROR,
    # A person settles what the worker flagged; "came late" puts a no-show back among the present.
    _S.MISSED: frozenset({_S.ARRIVED, _S.NO_SHOW, _S.CANCELLED}) | _ERROR,
    _S.NO_SHOW: frozenset({_S.ARRIVED}) | _ERROR,
    _S.COMPLETED: _ERROR,
    _S.PARTIAL: _ERROR,
    _S.NOT_TREATED: _ERROR,
    _S.CANCELLED: _ERROR,
    _S.ENTERED_IN_ERROR: frozenset(),
}

_C = CourseState
COURSE_MOVES: dict[CourseState, frozenset[CourseState]] = {
    _C.DRAFT: frozenset({_C.READY, _C.ACTIVE, _C.DISCONTINUED, _C.ENTERED_IN_ERROR}),
    _C.READY: frozenset({_C.ACTIVE, _C.DISCONTINUED, _C.ENTERED_IN_ERROR}),
    _C.ACTIVE: frozenset({_C.ON_HOLD, _C.COMPLETED, _C.DISCONTINUED, _C.ENTERED_IN_ERROR}),
    _C.ON_HOLD: frozenset({_C.ACTIVE, _C.DISCONTINUED, _C.ENTERED_IN_ERROR}),
    _C.COMPLETED: frozenset({_C.ENTERED_IN_ERROR}),
    _C.DISCONTINUED: frozenset({_C.ENTERED_IN_ERROR}),
    _C.ENTERED_IN_ERROR: frozenset(),
}

# States that do not hold the device, the people or the patient's time.
RELEASED = frozenset({_S.CANCELLED, _S.ENTERED_IN_ERROR})
# States in which the visit is still ahead or under way.
OPEN = frozenset({_S.HELD, _S.BOOKED, _S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING})
# What a change of the plan may lay out anew.
MOVABLE = frozenset({_S.HELD, _S.BOOKED})
# Only these count toward the course (domain.md 1.0).
DELIVERED = frozenset({_S.COMPLETED})
# Nobody was treated and nobody is expected any more: no authorised unit is used.
UNBILLED = frozenset({_S.NOT_TREATED, _S.MISSED, _S.NO_SHOW, _S.CANCELLED, _S.ENTERED_IN_ERROR})
PRESENT = frozenset({_S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL})

# The one code each state has in FHIR R4 Appointment.status (screens.md 2.2).
FHIR_STATUS: dict[SessionState, str] = {
    _S.HELD: "pending",
    _S.BOOKED: "booked",
    _S.ARRIVED: "arrived",
    _S.IN_TREATMENT: "checked-in",
    _S.MONITORING: "checked-in",
    _S.COMPLETED: "fulfilled",
    _S.PARTIAL: "fulfilled",
    _S.NOT_TREATED: "fulfilled",
    _S.MISSED: "booked",
    _S.NO_SHOW: "noshow",
    _S.CANCELLED: "cancelled",
    _S.ENTERED_IN_ERROR: "entered-in-error",
}


def may_move(frm: SessionState, to: SessionState) -> bool:
    """Tell whether a session in state `frm` may move to state `to`."""
    return to in SESSION_MOVES[frm]


def may_undo(frm: SessionState, to: SessionState) -> bool:
    """Tell whether a session now in `to`, last moved there from `frm`, may be put back."""
    return may_move(frm, to) and to is not SessionState.ENTERED_IN_ERROR
