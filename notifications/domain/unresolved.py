"""Pure: what becomes of a message of which nobody knows whether it left (reliability 2.3)."""

import datetime as dt
from enum import StrEnum

from notifications.domain.states import Kind, MessageState

LEAST_AHEAD = dt.timedelta(hours=2)


class LookUp(StrEnum):
    """What the provider said when it was asked."""

    FOUND = "found"
    ABSENT = "absent"
    NO_ANSWER = "no_answer"  # it has no look-up, or could not be asked in all that time


class Policy(StrEnum):
    """What a kind does when even the look-up leaves it open."""

    RESEND = "resend"  # once: a wasted trip is worse than a second text
    RESEND_IF_AHEAD = "resend_if_ahead"  # once, if the visit is two hours away or more
    CALL = "call"  # never again: a person calls


_IF_AHEAD = frozenset(
    {
        Kind.BOOKED,
        Kind.WEEK,
        Kind.FIRST_VISIT,
        Kind.AHEAD,
        Kind.RIDE,
        Kind.DAY_BEFORE,
        Kind.PREP,
        Kind.ESCORT,
        Kind.ESCORT_OFF,
        Kind.RECALL,
        Kind.FORM_DUE,
    }
)
# Of the others nobody hears twice: an offer may be gone, a visit may have begun, and whoever wrote writes again.
POLICIES: dict[Kind, Policy] = {
    **dict.fromkeys(Kind, Policy.CALL),
    **dict.fromkeys(_IF_AHEAD, Policy.RESEND_IF_AHEAD),
    Kind.MOVED: Policy.RESEND,
    Kind.CANCELLED: Policy.RESEND,
}


def resolve(
    *,
    policy: Policy,
    look_up: LookUp,
    was_resent: bool,
    now: dt.datetime,
    send_by: dt.datetime,
    starts_at: dt.datetime | None,
) -> MessageState:
    """Return accepted, pending (to be sent once more) or abandoned."""
    if look_up is LookUp.FOUND:
        return MessageState.ACCEPTED
    if was_resent or now >= send_by:
        return MessageState.ABANDONED
    if look_up is LookUp.ABSENT or _may_resend(policy, now, starts_at):
        return MessageState.PENDING
    return MessageState.ABANDONED


def _may_resend(policy: Policy, now: dt.datetime, starts_at: dt.datetime | None) -> bool:
    if policy is Policy.RESEND_IF_AHEAD:
        return starts_at is None or starts_at - now >= LEAST_AHEAD
    return policy is Policy.RESEND
