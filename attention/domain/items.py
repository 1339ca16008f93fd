"""Pure: what an item is, the kinds there are, and the order in which people look at them."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

API = "/api/v1/"


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Group(StrEnum):
    """The parts of the list, like those of an inbox (screens.md S7)."""

    TODAY = "today"
    REPLIES = "replies"
    AT_RISK = "at_risk"
    AUTHORIZATIONS = "authorizations"
    DELIVERY = "delivery"
    SETUP = "setup"


class Kind(StrEnum):
    CRISIS = "crisis"
    CANT_COME = "cant_come"
    REPLY = "reply"
    MEANT_VISIT = "meant_visit"
    RUNNING_LATE = "running_late"
    LATE_ARRIVAL = "late_arrival"
    FREED_SLOT = "freed_slot"
    MISSED_TWICE = "missed_twice"
    GAP_TOO_LONG = "gap_too_long"
    NO_NEXT_SESSION = "no_next_session"
    AUTHORIZATION_SHORT = "authorization_short"
    NOT_REACHED = "not_reached"
    NO_TEXT_CONSENT = "no_text_consent"
    OUT_OF_SERVICE = "out_of_service"
    MEASURE_DUE = "measure_due"
    HOLD_ENDING = "hold_ending"
    NOT_CLOSED = "not_closed"
    DAY_NOT_RECORDED = "day_not_recorded"
    SWEEP_STUCK = "sweep_stuck"
    MISSED_TO_SETTLE = "missed_to_settle"
    CLINICIAN_REVIEW = "clinician_review"
    NEXT_VISIT_TYPE = "next_visit_type"
    HOLD_OVER = "hold_over"
    RIDE_NOT_CONFIRMED = "ride_not_confirmed"
    GATE_DUE = "gate_due"
    DOCUMENT_DUE = "document_due"
    HOLD_READY = "hold_ready"
    LEVEL_PROPOSAL = "level_proposal"
    HELP_ASKED = "help_asked"
    ITEM_NINE = "item_nine"


_K, _G = Kind, Group
# Each kind's code (screens.md S7) and its part of the list.
KINDS: dict[Kind, tuple[str, Group]] = {
    _K.CRISIS: ("Q0", _G.REPLIES),
    _K.CANT_COME: ("Q2", _G.REPLIES),
    _K.REPLY: ("Q3", _G.REPLIES),
    _K.MEANT_VISIT: ("Q3", _G.REPLIES),
    _K.RUNNING_LATE: ("Q1", _G.TODAY),
    _K.LATE_ARRIVAL: ("Q1", _G.TODAY),
    _K.FREED_SLOT: ("Q4", _G.TODAY),
    _K.MISSED_TWICE: ("Q5", _G.AT_RISK),
    _K.GAP_TOO_LONG: ("Q6", _G.AT_RISK),
    _K.NO_NEXT_SESSION: ("Q7", _G.AT_RISK),
    _K.AUTHORIZATION_SHORT: ("Q8", _G.AUTHORIZATIONS),
    _K.NOT_REACHED: ("Q10", _G.DELIVERY),
    _K.NO_TEXT_CONSENT: ("Q11", _G.DELIVERY),
    _K.OUT_OF_SERVICE: ("Q12", _G.TODAY),
    _K.MEASURE_DUE: ("Q13", _G.TODAY),
    _K.HOLD_ENDING: ("Q14", _G.AT_RISK),
    _K.NOT_CLOSED: ("Q15", _G.TODAY),
    _K.DAY_NOT_RECORDED: ("Q15", _G.TODAY),
    _K.SWEEP_STUCK: ("Q16", _G.SETUP),
    _K.MISSED_TO_SETTLE: ("Q17", _G.TODAY),
    _K.CLINICIAN_REVIEW: ("Q18", _G.AT_RISK),
    _K.NEXT_VISIT_TYPE: ("Q18", _G.AT_RISK),
    _K.HOLD_OVER: ("Q7", _G.AT_RISK),
    _K.RIDE_NOT_CONFIRMED: ("Q9", _G.TODAY),
    _K.GATE_DUE: ("Q19", _G.AT_RISK),
    _K.DOCUMENT_DUE: ("Q19", _G.TODAY),
    _K.HOLD_READY: ("Q14", _G.AT_RISK),
    _K.LEVEL_PROPOSAL: ("Q20", _G.SETUP),
    _K.HELP_ASKED: ("Q21", _G.TODAY),
    _K.ITEM_NINE: ("Q22", _G.TODAY),
}
_URGENT = (Kind.CRISIS, Kind.HELP_ASKED, Kind.ITEM_NINE)  # in this order, whatever else there is
_RANK = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do next: words for a button, and the request of the API that does it or begins it.

    `subject_id`: the session or course it is done to.
    """

    verb: str
    label: str
    method: str
    path: str
    subject_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to do. `key` is stable for its cause; title and detail hold no name and no word of a treatment.

    `about` are the patients concerned, one or many. Owner, hold and `done_at` are what people answered; `version` is
    the answer's, 0 as long as there is none.
    """

    key: str
    kind: Kind
    site_id: int
    zone: str
    title: str
    detail: str
    severity: Severity
    since: dt.datetime
    action: Action
    deadline: dt.datetime | None = None
    patient_id: int | None = None
    last_name: str = ""
    first_name: str = ""
    course_id: int | None = None
    course_version: int = 0
    session_id: int | None = None
    session_version: int = 0
    resource_id: int | None = None
    about: tuple[int, ...] = ()
    version: int = 0
    owner_id: int | None = None
    owner: str = ""
    held_until: dt.datetime | None = None
    done_at: dt.datetime | None = None

    @property
    def code(self) -> str:
        """The code of the kind in the specification of the screen."""
        return KINDS[self.kind][0]

    @property
    def group(self) -> Group:
        """The part of the list the item belongs to."""
        return KINDS[self.kind][1]

    def is_waiting(self, now: dt.datetime) -> bool:
        """Tell whether somebody put the item off and it is not time yet."""
        return self.held_until is not None and self.held_until > now


def in_order(items: list[Item]) -> list[Item]:
    """Return items as people work through them: the urgent kinds first, then the gravest, by deadline."""
    return sorted(
        items,
        key=lambda item: (
            _URGENT.index(item.kind) if item.kind in _URGENT else len(_URGENT),
            _RANK[item.severity],
            item.deadline is None,
            item.deadline or item.since,
            item.since,
            item.key,
        ),
    )


def on_session(session_id: int, step: str, label: str) -> Action:
    """Return the step of a session as an action: `no-show`, `move/preview`, …"""
    return Action(step.partition("/")[0], label, "POST", f"{API}sessions/{session_id}/{step}/", session_id)


def on_course(course_id: int, step: str, label: str) -> Action:
    """Return the step of a course as an action: `confirm`, `resume/preview`, …"""
    return Action(step.partition("/")[0], label, "POST", f"{API}courses/{course_id}/{step}/", course_id)


def look(path: str, label: str) -> Action:
    """Return looking at something as an action."""
    return Action("look", label, "GET", f"{API}{path}")
