"""What every channel promises: hand one message over, or say exactly why not."""

from dataclasses import dataclass
from typing import Protocol


class ChannelError(Exception):
    """The message was certainly not sent. `permanent`: trying again is useless."""

    def __init__(self, words: str, *, code: str = "", permanent: bool = False) -> None:
        super().__init__(words)
        self.code = code
        self.permanent = permanent


class OptedOut(ChannelError):
    """The provider refuses this address: its owner said STOP."""


class AnswerLost(Exception):
    """Nobody knows whether the message was sent; it must not be sent again blindly."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A rendered message. `valid_seconds`: how long the provider may still try."""

    message_id: str
    address: str
    subject: str
    body: str
    valid_seconds: int


class Channel(Protocol):
    """Sends one message after another; `close` ends a batch."""

    def send(self, outgoing: Outgoing) -> str:
        """Hand a message over and return the provider's id.

        :raises ChannelError: certainly not sent.
        :raises AnswerLost: perhaps sent.
        """
        ...

    def close(self) -> None:
        """Let go of connections that belong to the batch."""
        ...
