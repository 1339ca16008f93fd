"""What the planner's and the desk's wishes can run into."""

from clinic.errors import Busy, Conflict, Malformed, NotAllowed, NotFound, Rejected, Stale

__all__ = [
    "Busy",
    "CannotPlan",
    "Conflict",
    "GateRed",
    "IllegalMove",
    "KeyReused",
    "Malformed",
    "NotAllowed",
    "NotFound",
    "OfferOver",
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


class OfferOver(Conflict):
    """An offered time can't be had any more; whoever was asked keeps their place on the list."""

    code = "offer_over"


class GateRed(Conflict):
    """Something that must be there first is not; `fields` say what, by kind."""

    code = "gate_red"


class KeyReused(Rejected):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
