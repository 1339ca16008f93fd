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


# In these a payer has said yes; dates and units decide what is left. What ran out still pays for what is past.
GRANTED = frozenset(
    {
        AuthorizationState.APPROVED,
        AuthorizationState.PARTIALLY_APPROVED,
        AuthorizationState.EXPIRED,
        AuthorizationState.EXHAUSTED,
    }
)
UNITS = ["session", "day", "visit", "mg"]  # what one authorised unit is


class Scope(StrEnum):
    """Which visits of a course are meant, by one of them."""

    ONE = "one"
    REST = "rest"  # this one and all after
    WEEKDAY = "weekday"  # this one and all after on its weekday


class TurnedAway(StrEnum):
    """Why a patient who came could not be treated (domain.md 1.0)."""

    ATE = "ate"
    NO_ESCORT = "no_escort"
    BLOOD_PRESSURE = "blood_pressure"
    ACUTE_RISK = "acute_risk"
    DEVICE_DOWN = "device_down"
    NO_IV_ACCESS = "no_iv_access"
    TOO_LATE = "too_late"
    LEFT = "left"
    OTHER = "other"


class StoppedEarly(StrEnum):
    """Why a treatment ended before its time."""

    PATIENT_ASKED = "patient_asked"
    PAIN = "pain"
    SEIZURE = "seizure"
    REACTION = "reaction"
    DEVICE_DOWN = "device_down"
    OTHER = "other"


class CancelledBy(StrEnum):
    PATIENT = "patient"
    CLINIC = "clinic"
    SYSTEM = "system"


class EndReason(StrEnum):
    """Why a course ends before its time."""

    DIED = "died"
    ADMITTED = "admitted"
    WITHDREW = "withdrew"
    NO_RESPONSE = "no_response"
    SIDE_EFFECTS = "side_effects"
    MOVED_AWAY = "moved_away"
    NOT_PAID = "not_paid"
    OTHER = "other"


# After these nobody is told anything: a family in mourning is not texted about an appointment.
QUIET_ENDS = frozenset({EndReason.DIED, EndReason.ADMITTED, EndReason.WITHDREW})

_S = SessionState
_ERROR = frozenset({_S.ENTERED_IN_ERROR})

SESSION_MOVES: dict[SessionState, frozenset[SessionState]] = {
    _S.HELD: frozenset({_S.BOOKED, _S.CANCELLED}) | _ERROR,
    _S.BOOKED: frozenset({_S.ARRIVED, _S.NOT_TREATED, _S.MISSED, _S.NO_SHOW, _S.CANCELLED}) | _ERROR,
    _S.ARRIVED: frozenset({_S.IN_TREATMENT, _S.NOT_TREATED, _S.CANCELLED}) | _ERROR,
    _S.IN_TREATMENT: frozenset({_S.MONITORING, _S.COMPLETED, _S.PARTIAL}) | _ERROR,
    _S.MONITORING: frozenset({_S.COMPLETED, _S.PARTIAL}) | _ERROR,
    # A person settles what the worker flagged; "came late" puts a no-show back among the present.
    _S.MISSED: frozenset({_S.ARRIVED, _S.NOT_TREATED, _S.NO_SHOW, _S.CANCELLED}) | _ERROR,
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

# Lost: nobody was treated and nobody is expected any more. These hold neither device nor people nor the patient's
# time, count for nothing, and use no authorised unit. A flagged miss is not lost before a person said so.
RELEASED = frozenset({_S.NOT_TREATED, _S.NO_SHOW, _S.CANCELLED, _S.ENTERED_IN_ERROR})
# Nobody should come.
CALLED_OFF = frozenset({_S.CANCELLED, _S.ENTERED_IN_ERROR})
# States in which the visit is still ahead or under way.
OPEN = frozenset({_S.HELD, _S.BOOKED, _S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING})
# What a change of the plan may lay out anew.
MOVABLE = frozenset({_S.HELD, _S.BOOKED})
# Only these count toward the course, the second only if a clinician says so: `Session.is_counted` (domain.md 1.0).
DELIVERED = frozenset({_S.COMPLETED, _S.PARTIAL})
# What a patient missed, told or not; a cancellation by the clinic is no miss.
MISSES = frozenset({_S.NO_SHOW, _S.NOT_TREATED})
PRESENT = frozenset({_S.ARRIVED, _S.IN_TREATMENT, _S.MONITORING, _S.COMPLETED, _S.PARTIAL})

# What a session is, in a sentence: "it is here now".
WORDS: dict[SessionState, str] = {
    _S.HELD: "held",
    _S.BOOKED: "booked",
    _S.ARRIVED: "here",
    _S.IN_TREATMENT: "in the chair",
    _S.MONITORING: "being watched",
    _S.COMPLETED: "done",
    _S.PARTIAL: "stopped early",
    _S.NOT_TREATED: "turned away",
    _S.MISSED: "waiting to be settled",
    _S.NO_SHOW: "a no-show",
    _S.CANCELLED: "cancelled",
    _S.ENTERED_IN_ERROR: "entered in error",
}

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
    """Tell whether a step of a session from `frm` to `to` may be taken back."""
    return (frm is to or may_move(frm, to)) and to is not SessionState.ENTERED_IN_ERROR
