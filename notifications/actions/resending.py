"""What a person at the desk does about a message: say it again, or by the other way."""

import datetime as dt
import hashlib
import uuid

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.errors import Conflict, Rejected
from notifications.actions.repair import again, subject_of, way_of
from notifications.domain.states import MessageState
from notifications.models import Message
from patients.domain.contact import Channel
from patients.reach import Reach

_M = MessageState
_MARK = "~"  # in a subject, before what tells this request from others
_UNDER_WAY = frozenset({_M.PENDING, _M.CLAIMED, _M.SENDING})
OTHER = {Channel.SMS: Channel.EMAIL, Channel.EMAIL: Channel.SMS}
WORDS = {Channel.SMS: "text", Channel.EMAIL: "e-mail"}


def resend(*, request: clinic_actions.Request, message: Message, now: dt.datetime) -> tuple[uuid.UUID, bool]:
    """Say the same again by the same way; return the new message and whether this request had made it before.

    Consent, hours and caps are looked at as for any message. The same Idempotency-Key says it once.

    :raises Conflict: it may still arrive.
    :raises Rejected: it is too late, it answers somebody, or the patient can't be reached this way.
    """
    return _say(request, message, Channel(message.channel), now)


def send_by_other_channel(
    *, request: clinic_actions.Request, message: Message, now: dt.datetime
) -> tuple[uuid.UUID, bool]:
    """Say the same by e-mail instead of a text, or the other way round.

    :raises Conflict: it may still arrive.
    :raises Rejected: it is too late, it answers somebody, or the patient can't be reached the other way.
    """
    return _say(request, message, OTHER[Channel(message.channel)], now)


def may_say_again(message: Message, channel: Channel, *, now: dt.datetime) -> bool:
    """Tell whether a message can be said again by a channel at this moment."""
    return not _obstacle(message, now) and way_of(message, channel) is not None


def was_asked_for(message: Message) -> bool:
    """Tell whether a person asked for a message to be said again, knowing what was said before."""
    return _MARK in subject_of(message)


@transaction.atomic(durable=True)
def _say(
    request: clinic_actions.Request, message: Message, channel: Channel, now: dt.datetime
) -> tuple[uuid.UUID, bool]:
    new = again(message, subject=_marked(message, request), channel=channel, reach=_way(message, channel, now), now=now)
    if Message.objects.filter(pk=new.pk).exists():
        return new.pk, True
    Message.objects.bulk_create([new], ignore_conflicts=True)  # of two clicks at once one makes it
    clinic_actions.write_audit(
        request=request, site=message.site, action=f"message.again_{channel}", patient_ids=[message.patient_id], now=now
    )
    return new.pk, False


def _way(message: Message, channel: Channel, now: dt.datetime) -> Reach:
    obstacle = _obstacle(message, now)
    if obstacle:
        raise obstacle
    reach = way_of(message, channel)
    if reach is None:
        raise Rejected(f"There is no consent with a usable address for a {WORDS[channel]}. Call the patient.")
    return reach


def _obstacle(message: Message, now: dt.datetime) -> Rejected | None:
    if message.state in _UNDER_WAY:
        return Conflict("This message is still on its way. Wait until it is settled.")
    if message.state == _M.UNKNOWN:
        return Conflict("Nobody knows yet whether it arrived: the provider is asked first. Look again in ten minutes.")
    if message.patient_id is None or message.inbound_id or message.related_person_id:
        return Rejected("Only what goes to a patient by itself can be said again. Call instead.")
    if now >= message.send_by:
        return Rejected("It is too late for this message to be of use. Call the patient.")
    return None


def _marked(message: Message, request: clinic_actions.Request) -> str:
    """Return a subject of its own for what a person asked for: the same request, the same subject."""
    asked = f"{request.staff.pk}:{request.key}:{message.pk}"
    return f"{subject_of(message).partition(_MARK)[0]}{_MARK}{hashlib.sha256(asked.encode()).hexdigest()[:12]}"
