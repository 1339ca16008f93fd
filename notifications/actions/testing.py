"""One text to the phone of whoever sets a site up: no row in the outbox, no second try, its number kept nowhere."""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction

from clinic import access, queries
from clinic import actions as clinic_actions
from clinic.domain.permissions import Permission
from clinic.errors import Conflict, Rejected
from clinic.models import Site, StaffUser
from notifications.actions import arming
from notifications.actions.transitions import address_hash
from notifications.channels import registry
from notifications.channels.base import AnswerLost, ChannelError, Outgoing
from notifications.channels.sms import TwilioSms
from notifications.domain import texts
from notifications.models import Suppression
from patients import phones
from patients.domain.contact import Channel

ACTION = "message.tested"
MOST = 3
SPAN = dt.timedelta(hours=1)
VALID_SECONDS = 600  # whoever tests looks at the phone now


class Outcome(StrEnum):
    OFF = "off"  # this and the next two: nothing left, whatever the number
    NO_GATEWAY = "no_gateway"
    DISARMED = "disarmed"
    NOT_LISTED = "not_listed"  # SEND_ONLY_TO names other numbers
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test. `text`: what was said, or would be; `words`: the provider's, where it refused."""

    outcome: Outcome
    text: str
    words: str = ""


def in_the_way() -> Outcome | None:
    """Return why no text at all leaves this server, or None; changes nothing."""
    if not settings.SEND_MESSAGES:
        return Outcome.OFF
    if not TwilioSms.is_configured():
        return Outcome.NO_GATEWAY
    return None if arming.looks_armed() else Outcome.DISARMED


def send_test(*, request: clinic_actions.Request, site: Site, to: str, now: dt.datetime) -> Tested:
    """Send one neutral text to a number and return what the provider says; a key sends once, however often it comes.

    It is noted before it leaves: what breaks after that is never sent again by itself.

    :raises NotFound: the person doesn't belong to the site.
    :raises NotAllowed: they don't manage it.
    :raises Rejected: the number or the text can't be used, or this person sent as many as they may.
    :raises Conflict: this very request was carried out already.
    """
    access.membership(request.staff, site.pk, Permission.MANAGE_SITE)
    number, text = _number(to, site), _text(site)
    if reason := in_the_way() or (None if registry.may_reach(number) else Outcome.NOT_LISTED):
        return Tested(reason, text)
    _note(request, site, number, now)
    return _hand_over(Outgoing(str(uuid.uuid4()), number, "", text, VALID_SECONDS))


def _number(to: str, site: Site) -> str:
    try:
        return phones.to_e164(to, region=site.region)
    except ValueError as error:
        raise Rejected("One thing to fix.", code="fields", fields={"number": str(error)}) from error


def _text(site: Site) -> str:
    text = texts.trial_text(site.message_name)
    if faults := texts.faults(text, is_sms=True):
        raise Rejected(f"This text {faults[0]}. Change the site's name in messages.", code="text")
    return text


@transaction.atomic(durable=True)
def _note(request: clinic_actions.Request, site: Site, number: str, now: dt.datetime) -> None:
    """Count one more test of a person, unless it may not be sent."""
    user = StaffUser.objects.select_for_update(no_key=True).get(pk=request.staff.pk)  # two windows count one by one
    if request.key and queries.remembered_request(user=user, key=request.key):
        raise Conflict("This test was sent already, once. Look at the phone before you send another one.")
    if Suppression.objects.filter(channel=Channel.SMS, address_hash=address_hash(number)).exists():
        stopped = "The owner of this number said STOP. A text from it that says START turns texts back on."
        raise Rejected("One thing to fix.", code="fields", fields={"number": stopped})
    sent = queries.times_done(user=user, action=ACTION, since=now - SPAN)
    if len(sent) >= MOST:
        minutes = -(-(sent[-MOST] + SPAN - now) // dt.timedelta(minutes=1))
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        raise Rejected(f"You sent {MOST} test texts within the hour. The next one can go in {wait}.", code="too_many")
    clinic_actions.write_audit(
        request=request, site=site, action=ACTION, patient_ids=[None], object_type="test", now=now
    )
    clinic_actions.remember_request(request=request, result_id=site.pk, now=now)


def _hand_over(outgoing: Outgoing) -> Tested:
    channel = registry.channel_for("sms")
    try:
        channel.send(outgoing)
    except ChannelError as error:
        return Tested(Outcome.REFUSED, outgoing.body, str(error))
    except AnswerLost:
        return Tested(Outcome.UNKNOWN, outgoing.body)
    finally:
        channel.close()
    return Tested(Outcome.ACCEPTED, outgoing.body)
