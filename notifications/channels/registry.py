"""Which file speaks for which channel, and whether this installation may use it. A new channel is one line here."""

from django.conf import settings

from notifications.channels.base import Channel
from notifications.channels.email import SmtpEmail
from notifications.channels.log import Log
from notifications.channels.sms import TwilioSms

CHANNELS: dict[str, type[Channel]] = {
    "sms": TwilioSms,
    "email": SmtpEmail,
}


def channel_for(way: str) -> Channel:
    """Return the channel; with sending off or no provider set, the one that only shows."""
    kind = CHANNELS[way]
    return kind() if settings.SEND_MESSAGES and kind.is_configured() else Log()


def may_reach(address: str) -> bool:
    """Tell whether SEND_ONLY_TO, if set, names this address."""
    return not settings.SEND_ONLY_TO or address in settings.SEND_ONLY_TO
