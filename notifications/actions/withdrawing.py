"""What must not be said any more: taken out of the outbox at once, not when it would be due."""

import datetime as dt

from django.db import transaction

from notifications.actions.transitions import move_all
from notifications.domain.states import MessageState
from notifications.models import Message
from scheduling.queries import messaging

LOOK_BACK = dt.timedelta(days=7)  # a worker that was down for a week-end finds what it missed
QUIET = "The course ended; nobody is told."


@transaction.atomic(durable=True)
def withdraw_messages(*, now: dt.datetime) -> int:
    """Settle every message not yet on its way about a course that ended quietly, to whomever; return how many.

    Of a patient who died, was admitted or withdrew nobody is texted. Again changes nothing.
    """
    courses = messaging.courses_ended_quietly(since=now - LOOK_BACK)
    if not courses:
        return 0
    return move_all(
        Message.objects.filter(course__in=courses),
        before=MessageState.PENDING,
        to=MessageState.SKIPPED_CHANGED,
        reason=QUIET,
        settled_at=now,
    )
