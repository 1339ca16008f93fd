"""What people write to the clinic: stored first and once, worked later, each by itself, as often as it takes.

STOP and START count in the very transaction that stores them. A text never moves, cancels or releases a visit.
"""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence

from django.db import OperationalError, connection, transaction

from clinic import queries as clinic_queries
from clinic.models import Site
from notifications.actions import replies
from notifications.actions.transitions import address_hash, one_at_a_time, suppress
from notifications.domain import keywords
from notifications.domain.inbound import Outcome
from notifications.domain.keywords import Meaning, Reading
from notifications.models import InboundMessage, Message, SitePolicy, Suppression
from patients import consents
from patients.consents import Owner
from patients.domain.contact import Channel

logger = logging.getLogger(__name__)

LONGEST_BODY = 4000
# What Twilio's own opt-out handling says it did, and has answered already.
_DONE_THERE = {"STOP": Meaning.STOP, "START": Meaning.START, "HELP": Meaning.HELP}


class NoId(ValueError):
    """A text without an id or a sender: it could not be told from its own repetition."""


def store_inbound(*, provider: str, fields: Mapping[str, str], now: dt.datetime) -> bool:
    """Keep a text whose signature was checked, once however often it comes; return whether it is new.

    The words that end and begin texts count at once, in the same transaction.

    :raises NoId: it has no id or no sender.
    """
    sid, sender = fields.get("MessageSid", "")[:120], fields.get("From", "")[:254]
    if not sid or not sender:
        raise NoId("A text needs a MessageSid and a From.")
    with transaction.atomic(durable=True):
        draft = _draft(provider, sid, sender, fields, now)
        one_at_a_time(draft.address_hash)  # of STOP and START at the same moment one is the last, of twins one is new
        if InboundMessage.objects.filter(provider=provider, provider_sid=sid).exists():
            return False
        owners = consents.owners_of(sender)
        draft.site = _site_of(owners, draft.address_hash)
        is_more = _read(draft, fields, owners)
        draft.outcome = _apply(draft, now, is_more=is_more)
        draft.save(force_insert=True)
        return True


def handle_inbound(*, now: dt.datetime) -> int:
    """Do what the stored texts ask for, and return how many were new; one that can't be handled stops no other."""
    handled, failed = 0, set[int]()
    while (pk := _next(failed)) is not None:
        try:
            handled += _handle(pk, now)
        except OperationalError:
            raise  # the database is gone or contended: the next look finds it again
        except Exception:  # one text that can't be handled must not keep the others waiting
            logger.exception("Could not handle inbound message %s", pk)
            failed.add(pk)
        else:
            failed.add(pk)  # taken by somebody else, or done: not again in this look
    return handled


def _next(seen: set[int]) -> int | None:
    waiting = InboundMessage.objects.filter(handled_at=None).exclude(pk__in=seen)
    return waiting.order_by("pk").values_list("pk", flat=True).first()


@transaction.atomic(durable=True)
def _handle(pk: int, now: dt.datetime) -> int:
    rows = InboundMessage.objects.filter(pk=pk, handled_at=None)
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    row = rows.select_related("site").first()
    if row is None:
        return 0
    replies.react(row, consents.owners_of(row.address), now=now)
    row.handled_at = now
    row.save(update_fields=["handled_at", "outcome", "patient", "person", "session", "timing_version"])
    return 1


def _draft(provider: str, sid: str, sender: str, fields: Mapping[str, str], now: dt.datetime) -> InboundMessage:
    return InboundMessage(
        provider=provider,
        provider_sid=sid,
        address=sender,
        address_hash=address_hash(sender),
        to_address=fields.get("To", "")[:254],
        body=fields.get("Body", "").replace("\x00", "")[:LONGEST_BODY],
        received_at=now,
    )


def _site_of(owners: Sequence[Owner], hashed: str) -> Site | None:
    """Return the site that answers: the sender's, else the one that wrote to this number last, else the first."""
    last = Message.objects.filter(address_hash=hashed).order_by("-created_at").values_list("site_id", flat=True).first()
    mine = {owner.site_id for owner in owners}
    wanted = last if last and (last in mine or not mine) else min(mine, default=None)
    sites = clinic_queries.all_sites()
    return next((site for site in sites if site.pk == wanted), sites[0] if sites else None)


def _read(draft: InboundMessage, fields: Mapping[str, str], owners: Sequence[Owner]) -> bool:
    """Write down what a text means, and tell whether it says more than a STOP that is in it."""
    is_off = Suppression.objects.filter(channel=Channel.SMS, address_hash=draft.address_hash).exists()
    words = _crisis_words(owners)
    found: Reading = keywords.read(draft.body, is_suppressed=is_off, crisis_words=words)
    there = _DONE_THERE.get(fields.get("OptOutType", "").upper())
    draft.is_answered_there = there is not None
    draft.meaning = there or found.meaning
    draft.minutes, draft.language = found.minutes, found.language
    draft.is_crisis, draft.is_maybe_visit = found.is_crisis, found.is_maybe_visit
    return found.is_more


def _crisis_words(owners: Sequence[Owner]) -> list[str]:
    """Return the words of the sender's sites; of somebody unknown, those of all."""
    rows = SitePolicy.objects.all()
    if owners:
        rows = rows.filter(site__in={owner.site_id for owner in owners})
    return [str(word) for words in rows.values_list("crisis_words", flat=True) for word in words]


def _apply(draft: InboundMessage, now: dt.datetime, *, is_more: bool) -> str:
    """Let STOP and START count; return what became of it, empty: the worker will say.

    `is_more`: a STOP was said among other words, and a person reads them.
    """
    hashed, off = draft.address_hash, Suppression.objects.filter(channel=Channel.SMS, address_hash=draft.address_hash)
    if draft.meaning == Meaning.STOP:
        ended = consents.end_texts(draft.address, now=now)
        if off.exists() and not ended:
            return Outcome.FREE if is_more else Outcome.STOPPED_BEFORE
        suppress(hashed=hashed, channel=Channel.SMS, cause="said STOP", now=now)
        return Outcome.STOPPED_AND_MORE if is_more else Outcome.STOPPED
    if draft.meaning == Meaning.START:
        if not consents.begin_texts(draft.address, now=now):
            return Outcome.NOT_STARTED
        off.delete()
        return Outcome.STARTED
    return ""
