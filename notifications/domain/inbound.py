"""Pure: what became of what somebody wrote, and which of it waits for a person."""

import datetime as dt
from enum import StrEnum

from notifications.domain.states import Kind


class Outcome(StrEnum):
    CONFIRMED = "confirmed"
    ASKED = "asked"  # can't come, or wants another time: the visit stays booked
    UNWELL = "unwell"  # can't come, and says it is how they feel; whatever became of the visit
    LATE = "late"
    RIDE_YES = "ride_yes"
    RIDE_NO = "ride_no"
    NO_RIDE = "no_ride"  # the patient comes, and nobody takes them home yet
    HAS_RIDE = "has_ride"
    STOPPED = "stopped"
    STOPPED_AND_MORE = "stopped_and_more"  # STOP among other words, which somebody has to read
    STOPPED_BEFORE = "stopped_before"
    STARTED = "started"
    NOT_STARTED = "not_started"  # nobody ever said yes for this number
    HELPED = "helped"
    UNCLEAR = "unclear"  # an answer, and no visit or more than one it could be about
    FREE = "free"
    CRISIS = "crisis"
    STRANGER = "stranger"


# These wait until a person says what was done; a crisis does whatever the outcome is.
NEEDS_A_PERSON = frozenset(
    {
        Outcome.ASKED,
        Outcome.UNWELL,
        Outcome.LATE,
        Outcome.RIDE_NO,
        Outcome.NO_RIDE,
        Outcome.STOPPED_AND_MORE,
        Outcome.NOT_STARTED,
        Outcome.UNCLEAR,
        Outcome.FREE,
        Outcome.CRISIS,
        Outcome.STRANGER,
    }
)

# What the system did, for the person at the desk.
WORDS: dict[Outcome, str] = {
    Outcome.CONFIRMED: "The visit is confirmed.",
    Outcome.ASKED: "They asked for a change. Nothing was moved.",
    Outcome.UNWELL: "They say it is how they feel. They were shown the numbers for a crisis.",
    Outcome.LATE: "Noted as running late.",
    Outcome.RIDE_YES: "The ride is confirmed.",
    Outcome.RIDE_NO: "The driver can't come. The visit stays booked.",
    Outcome.NO_RIDE: "They have no ride home. The visit stays booked.",
    Outcome.HAS_RIDE: "The visit is confirmed. They say they have a ride.",
    Outcome.STOPPED: "Texts to this number are off.",
    Outcome.STOPPED_AND_MORE: "Texts to this number are off. They wrote more than that.",
    Outcome.STOPPED_BEFORE: "Texts to this number were off already.",
    Outcome.STARTED: "Texts to this number are on again.",
    Outcome.NOT_STARTED: "Wants texts. Nobody wrote a consent down for this number.",
    Outcome.HELPED: "They asked what this number is.",
    Outcome.UNCLEAR: "Could be about no visit, or more than one. Nothing was changed.",
    Outcome.FREE: "Nothing was changed.",
    Outcome.CRISIS: "Nothing was changed. Call now.",
    Outcome.STRANGER: "Nobody here has this number.",
}

# How long after the text came its answer is still one.
ANSWER_WITHIN: dict[Kind, dt.timedelta] = {
    Kind.STOP_ACK: dt.timedelta(minutes=5),
    Kind.CRISIS: dt.timedelta(hours=2),
}
USUALLY_WITHIN = dt.timedelta(minutes=30)

# An answer of the kind is not repeated to one number within this time; two robots must not talk for ever.
ONCE_IN: dict[Kind, dt.timedelta] = {
    Kind.FREE_TEXT: dt.timedelta(hours=24),
    Kind.STRANGER: dt.timedelta(hours=24),
    Kind.CRISIS: dt.timedelta(hours=1),
}
ANSWERS_A_DAY = 6
OPEN_AHEAD = dt.timedelta(hours=72)  # a visit within this time, or one that was written about within it, is open
# "Running late" is about a visit of these hours, and may come after it should have begun.
LATE_AHEAD, LATE_AFTER_START = dt.timedelta(hours=12), dt.timedelta(hours=2)


def useful_until(kind: Kind, received_at: dt.datetime) -> dt.datetime:
    """Return the instant after which an answer is not sent any more."""
    return received_at + ANSWER_WITHIN.get(kind, USUALLY_WITHIN)
