"""What the planner's and the desk's wishes can run into."""

from clinic.errors import Busy, Conflict, Malformed, NotFound, Rejected, Stale

__all__ = [
    "Busy",
    "CannotPlan",
    "Conflict",
    "IllegalMove",
    "Malformed",
    "NotFound",
    "PlanGone",
    "Rejected",
    "SlotTaken",
    "Stale",
]


class CannotPlan(Rejected):
    """No plan keeps every rule."""

    code = "cannot_plan"


class SlotTaken(Conflict):
    """A time of the plan was taken meanwhile. Nothing was booked."""

    code = "slot_taken"


class PlanGone(Conflict):
    """The plan shown can't be booked as it stands any more."""

    code = "plan_gone"


class IllegalMove(Conflict):
    """The session is not in a state that allows this."""

    code = "illegal_move"
