"""Pure: the states of a message and the legal moves between them (reliability: sent, not sent, unknown)."""

from enum import StrEnum


class MessageState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"  # a worker holds it; nothing has left
    SENDING = "sending"  # committed before the provider is called: from here on it may have left
    ACCEPTED = "accepted"  # the provider took it
    SENT = "sent"  # the provider gave it to the carrier
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SHOWN = "shown"  # sending is off: rendered into the outbox, given to nobody
    UNKNOWN = "unknown"  # the provider's answer was lost: never resent blindly
    ABANDONED = "abandoned"  # it stayed unknown: a person decides
    DEAD = "dead"
    UNREACHABLE = "unreachable"
    SKIPPED_STALE = "skipped_stale"
    SKIPPED_CHANGED = "skipped_changed"
    SKIPPED_MERGED = "skipped_merged"  # said by another message, named in `merged_into`
    SKIPPED_LIST = "skipped_list"  # not on the list this installation may send to
    SUPPRESSED = "suppressed"


class Kind(StrEnum):
    """What a message is about (screens.md 4.3, 4.4)."""

    BOOKED = "booked"
    WEEK = "week"
    FIRST_VISIT = "first_visit"  # three days before the first
    AHEAD = "ahead"  # three days before a later one, where each visit is reminded of
    RIDE = "ride"  # three days before a visit nobody goes home from alone
    DAY_BEFORE = "day_before"
    PREP = "prep"  # the day before a visit nobody goes home from alone
    SAME_DAY = "same_day"
    ESCORT = "escort"  # to the person who drives
    ESCORT_OFF = "escort_off"  # to the same: not needed then any more
    MOVED = "moved"
    CANCELLED = "cancelled"
    MISSED = "missed"
    OPENING = "opening"
    RECALL = "recall"
    FORM_DUE = "form_due"
    # Answers to what somebody wrote.
    CONFIRMED = "confirmed"
    ASKED = "asked"
    LATE = "late"
    ESCORT_YES = "escort_yes"
    STOP_ACK = "stop_ack"
    START_ACK = "start_ack"
    HELP = "help"
    FREE_TEXT = "free_text"
    CRISIS = "crisis"
    STRANGER = "stranger"


_M = MessageState
_END: frozenset[MessageState] = frozenset()
_SKIPPED = frozenset({_M.SKIPPED_STALE, _M.SKIPPED_CHANGED, _M.SKIPPED_MERGED, _M.SKIPPED_LIST, _M.SUPPRESSED})

MOVES: dict[MessageState, frozenset[MessageState]] = {
    # Unknown: the database was restored, so it may have left already. Accepted: a call-back proves that the attempt
    # believed lost had arrived, and saves the second one.
    _M.PENDING: _SKIPPED | {_M.CLAIMED, _M.DEAD, _M.UNKNOWN, _M.ACCEPTED},
    # Back to pending: the lease ran out before anything left, or it is no time to write.
    _M.CLAIMED: _SKIPPED | {_M.PENDING, _M.SENDING, _M.SHOWN, _M.DEAD, _M.UNREACHABLE, _M.UNKNOWN, _M.ACCEPTED},
    _M.SENDING: frozenset({_M.ACCEPTED, _M.PENDING, _M.DEAD, _M.SUPPRESSED, _M.UNKNOWN}),
    _M.UNKNOWN: frozenset({_M.ACCEPTED, _M.PENDING, _M.ABANDONED}),
    _M.ABANDONED: frozenset({_M.ACCEPTED}),
    _M.ACCEPTED: frozenset({_M.SENT, _M.FAILED, _M.UNDELIVERED, _M.DELIVERED}),
    _M.SENT: frozenset({_M.FAILED, _M.UNDELIVERED, _M.DELIVERED}),
    # Pending: the handset was off, one more try half an hour later.
    _M.FAILED: frozenset({_M.UNDELIVERED, _M.DELIVERED, _M.PENDING}),
    _M.UNDELIVERED: frozenset({_M.DELIVERED, _M.PENDING}),
    _M.DELIVERED: _END,
    _M.SHOWN: _END,
    _M.DEAD: _END,
    _M.UNREACHABLE: _END,
    _M.SKIPPED_STALE: _END,
    _M.SKIPPED_CHANGED: _END,
    _M.SKIPPED_MERGED: _END,
    _M.SKIPPED_LIST: _END,
    _M.SUPPRESSED: _END,
}

NEEDS_A_PERSON = frozenset({_M.UNKNOWN, _M.ABANDONED, _M.DEAD, _M.UNREACHABLE, _M.UNDELIVERED, _M.FAILED})

# It certainly did not arrive by this way, and no further try is planned: another way may be taken.
REFUSED = frozenset({_M.DEAD, _M.UNDELIVERED, _M.FAILED, _M.SUPPRESSED})

# What counts towards the texts a number gets in a day: left, may have left, or would have left.
COUNTED = frozenset({_M.SENDING, _M.ACCEPTED, _M.SENT, _M.DELIVERED, _M.UNKNOWN, _M.ABANDONED, _M.SHOWN})
