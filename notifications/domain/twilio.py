"""Pure: Twilio's words and codes, and what each of them means here (reliability 2.2)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from enum import StrEnum

from notifications.domain.states import MessageState


class Meaning(StrEnum):
    OPTED_OUT = "opted_out"  # suppress the number
    PERMANENT = "permanent"
    FILTERED = "filtered"  # never again: a template or registration problem
    HANDSET_OFF = "handset_off"  # one more try, half an hour later
    BUSY = "busy"  # back off; not an attempt
    OTHER = "other"


CODES: dict[str, tuple[Meaning, str]] = {
    "21610": (Meaning.OPTED_OUT, "The owner of this number said STOP."),
    "21211": (Meaning.PERMANENT, "This is not a phone number."),
    "21614": (Meaning.PERMANENT, "This number can't get texts. It is not a mobile."),
    "21408": (Meaning.PERMANENT, "Texts to this country are not permitted."),
    "21612": (Meaning.PERMANENT, "This number can't be reached from the clinic's number."),
    "30003": (Meaning.HANDSET_OFF, "The phone was off or out of reach."),
    "30004": (Meaning.PERMANENT, "The carrier blocks texts to this number."),
    "30005": (Meaning.PERMANENT, "This number is not in service."),
    "30006": (Meaning.PERMANENT, "This is a landline, or its carrier can't be reached."),
    "30007": (Meaning.FILTERED, "The carrier filtered this text."),
    "20429": (Meaning.BUSY, "The SMS gateway asks to slow down."),
}

# One total order, so that call-backs may come in any order: the highest that was ever said is the truth.
# Delivered is the top, for only a handset says it.
RANK: dict[str, int] = {
    "accepted": 0,
    "scheduled": 0,
    "queued": 0,
    "sending": 0,
    "sent": 1,
    "canceled": 2,
    "failed": 2,
    "undelivered": 3,
    "delivered": 4,
    "read": 4,
}
STATES = [
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.UNDELIVERED,
    MessageState.DELIVERED,
]


def meaning(code: str) -> Meaning:
    """Return what an error code means for the message."""
    return CODES.get(code, (Meaning.OTHER, ""))[0]


def codes(meaning: Meaning) -> list[str]:
    """Return the error codes that mean something."""
    return [code for code, (means, _words) in CODES.items() if means is meaning]


def words(code: str) -> str:
    """Return what an error code means for the person at the desk."""
    return CODES.get(code, (Meaning.OTHER, "The text was not delivered."))[1]


def signature(url: str, fields: Mapping[str, str], token: str) -> str:
    """Return what X-Twilio-Signature must read: HMAC-SHA1 over the address and every field, by name."""
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_signed(url: str, fields: Mapping[str, str], given: str, tokens: Iterable[str]) -> bool:
    """Tell whether a call-back was signed with one of the tokens; none opens nothing."""
    return any(hmac.compare_digest(signature(url, fields, token).encode(), given.encode()) for token in tokens if token)
