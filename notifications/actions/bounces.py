"""What a mail server sends back later: an e-mail that was taken and could not be delivered after all."""

import datetime as dt
import uuid

from django.db import transaction

from notifications.actions.transitions import FREE, move
from notifications.domain.mail_status import Report, is_about_the_address
from notifications.domain.states import MessageState
from notifications.models import Message, MessageAttempt

_OPEN = frozenset({MessageState.UNKNOWN, MessageState.ABANDONED})
_TAKEN = frozenset({MessageState.ACCEPTED, MessageState.SENT})
GONE = "The e-mail came back: there is no such address."
RETURNED = "The e-mail came back."


@transaction.atomic(durable=True)
def record_bounce(report: Report, *, now: dt.datetime) -> bool:
    """Let a message whose delivery failed for good be undelivered, and tell whether that is new.

    What failed for now only is left: the mail servers try again by themselves.
    """
    if not report.status:
        return False
    message = Message.objects.select_for_update().filter(pk=uuid.UUID(report.message_id), channel="email").first()
    if message is None:
        return False
    if message.state in _OPEN:
        # A report proves that it had left.
        move(message, MessageState.ACCEPTED, **FREE)
    if message.state not in _TAKEN:
        return False
    reason = GONE if is_about_the_address(report.status) else RETURNED
    move(message, MessageState.UNDELIVERED, error_code=report.status, reason=reason, settled_at=now)
    MessageAttempt.objects.create(
        message=message, number=message.attempt, step="ended", at=now, outcome="bounced", code=report.status
    )
    return True
