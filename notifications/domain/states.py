"""Pure: the states of a message and the legal moves between them (reliability: sent, not sent, unknown)."""

from enum import StrEnum


class MessageState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SHOWN = "shown"  # sending is off: rendered into the outbox, given to nobody
    UNKNOWN = "unknown"  # the provider's answer was lost: never resent blindly
    DEAD = "dead"
    UNREACHABLE = "unreachable"
    SKIPPED_STALE = "skipped_stale"
    SKIPPED_CHANGED = "skipped_changed"
    SUPPRESSED = "suppressed"


class Kind(StrEnum):
    BOOKED = "booked"
    WEEK = "week"
    DAY_BEFORE = "day_before"


_M = MessageState
_END: frozenset[MessageState] = frozenset()

MOVES: dict[MessageState, frozenset[MessageState]] = {
    _M.PENDING: frozenset({_M.CLAIMED, _M.SKIPPED_CHANGED}),
    # Back to pending: the lease ran out before anything left, or the sending window has not opened.
    _M.CLAIMED: frozenset(
        {
            _M.PENDING,
            _M.SENDING,
            _M.SHOWN,
            _M.DEAD,
            _M.UNREACHABLE,
            _M.SKIPPED_STALE,
            _M.SKIPPED_CHANGED,
            _M.SUPPRESSED,
        }
    ),
    _M.SENDING: frozenset({_M.ACCEPTED, _M.PENDING, _M.DEAD, _M.SUPPRESSED, _M.UNKNOWN}),
    _M.ACCEPTED: _END,
    _M.SHOWN: _END,
    _M.UNKNOWN: _END,
    _M.DEAD: _END,
    _M.UNREACHABLE: _END,
    _M.SKIPPED_STALE: _END,
    _M.SKIPPED_CHANGED: _END,
    _M.SUPPRESSED: _END,
}

NEEDS_A_PERSON = frozenset({_M.UNKNOWN, _M.DEAD, _M.UNREACHABLE})
