"""What every channel promises: hand one message over, or say exactly why not; and say later whether it arrived."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from notifications.domain.calendar import Invite


class ChannelError(Exception):
    """The message was certainly not sent. `permanent`: trying again is useless."""

    def __init__(self, words: str, *, code: str = "", permanent: bool = False, http_status: int | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.permanent = permanent
        self.http_status = http_status


class Busy(ChannelError):
    """The provider asks to slow down. It costs time and no attempt."""


class OptedOut(ChannelError):
    """The provider refuses this address: its owner said STOP."""


class AnswerLost(Exception):
    """Nobody knows whether the message was sent; it must not be sent again blindly."""

    def __init__(self, words: str, *, http_status: int | None = None) -> None:
        super().__init__(words)
        self.http_status = http_status


class CannotLookUp(Exception):
    """The provider could not be asked, or its answer leaves open which message it is about: nothing is known."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A rendered message. `valid_seconds`: how long the provider may still try."""

    message_id: str
    address: str
    subject: str
    body: str
    valid_seconds: int
    unsubscribe_url: str = ""
    html: str = ""  # the same words as a page
    invite: Invite | None = None  # a calendar to go with it


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message: its id for it, its word for its state."""

    sid: str
    status: str = "accepted"
    http_status: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """A message that may have left. `body_hash` empty: unknown. `taken`: ids that belong to other messages.

    `is_supposed`: nobody here tried to send it (a restored database), so its words are what they would be now.
    """

    message_id: str
    address: str
    body_hash: str
    since: dt.datetime
    until: dt.datetime
    taken: frozenset[str] = frozenset()
    is_supposed: bool = False


class Channel(Protocol):
    """Sends one message after another; `close` ends a batch."""

    provider: str
    reaches_people: bool  # False: what it takes is shown in the outbox and given to nobody
    can_look_up: bool

    @classmethod
    def is_configured(cls) -> bool:
        """Tell whether this installation has a provider for it."""
        ...

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand a message over.

        :raises ChannelError: certainly not sent.
        :raises AnswerLost: perhaps sent.
        """
        ...

    def find(self, sought: Sought) -> Receipt | None:
        """Return what the provider knows of a message, or None: it never got it.

        :raises CannotLookUp: it can't be asked, or what it says may be about this message or another one.
        """
        ...

    def close(self) -> None:
        """Let go of connections that belong to the batch."""
        ...
