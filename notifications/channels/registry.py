"""Which file speaks for which channel, and whether this installation may use it."""

from django.conf import settings

from notifications.channels.base import Channel
from notifications.channels.email import SmtpEmail
from notifications.channels.sms import TwilioSms
from patients.domain.contact import Channel as Way


def channel_for(way: str) -> Channel | None:
    """Return the channel, or None: sending is off or no provider is set, so the message is only shown in the outbox."""
    if not settings.SEND_MESSAGES:
        return None
    if way == Way.SMS:
        return TwilioSms() if settings.SMS else None
    return SmtpEmail() if settings.EMAIL_HOST else None


def may_reach(address: str) -> bool:
    """Tell whether SEND_ONLY_TO, if set, names this address."""
    return not settings.SEND_ONLY_TO or address in settings.SEND_ONLY_TO
