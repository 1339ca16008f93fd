"""What the page of the test text says: why nothing leaves, and what came of a test."""

from dataclasses import dataclass

from notifications.actions.testing import Outcome, Tested


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence in place. `command`: what to type on the server, if that is the way on."""

    css: str
    icon: str
    what: str
    why: str
    command: str = ""


STANDING = {
    Outcome.OFF: Told(
        "is-late",
        "info-circle",
        "Sending is off on this server, so nothing leaves.",
        "Turn it on where the server is started, then start it again:",
        "SEND_MESSAGES=true",
    ),
    Outcome.NO_GATEWAY: Told(
        "is-late",
        "info-circle",
        "This server knows no SMS gateway, so no text leaves.",
        "Name its account where the server is started, then start it again:",
        "SMS_URL=twilio://SID:TOKEN@/?from=+15550102040",
    ),
    Outcome.DISARMED: Told(
        "is-late",
        "info-circle",
        "The sender is not armed, so nothing leaves.",
        "It is so after a restore. Look at the messages first, then type on the server:",
        "manage.py arm_sender",
    ),
}
_CAME = {
    Outcome.NOT_LISTED: Told(
        "is-late",
        "info-circle",
        "Nothing left: this server writes to a few numbers only, and yours is not among them.",
        "Name it where the server is started:",
        "SEND_ONLY_TO",
    ),
    Outcome.ACCEPTED: Told(
        "is-done", "done", "The gateway took the text.", "Look at the phone: it arrives within a minute or so."
    ),
    Outcome.UNKNOWN: Told(
        "is-late",
        "late",
        "Nobody knows whether it arrived.",
        "The gateway did not answer. Look at the phone. It is not sent again by itself.",
    ),
}


def told(tested: Tested) -> Told:
    """Return what is said of a test; where nothing left because of the server, that."""
    if tested.outcome is Outcome.REFUSED:
        return Told("is-noshow", "late", "The text was not sent.", f"{tested.words} It is not tried again by itself.")
    return _CAME.get(tested.outcome) or STANDING[tested.outcome]
