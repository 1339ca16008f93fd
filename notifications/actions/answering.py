"""Answers to what somebody wrote: few, at once, to the number that wrote, and never a name in them."""

import datetime as dt

from django.db.models import Q

from notifications.actions import rows
from notifications.domain.cadence import DESPITE_STOP
from notifications.domain.inbound import ANSWERS_A_DAY, ONCE_IN, useful_until
from notifications.domain.states import Kind
from notifications.models import InboundMessage, Message
from patients.consents import Owner
from patients.domain.contact import Channel, Language
from patients.reach import Reach
from scheduling.queries.coming import ComingVisit

_DAY = dt.timedelta(hours=24)


def answer(
    inbound: InboundMessage, kind: Kind, *, owner: Owner | None, now: dt.datetime, visit: ComingVisit | None = None
) -> bool:
    """Plan the answer to a text inside the caller's transaction; return False if this number had enough of them.

    Again changes nothing: the key is the text it answers.
    """
    if inbound.is_answered_there or _had_enough(inbound, kind, is_stranger=owner is None, now=now):
        return False
    assert inbound.site is not None
    draft = Message(
        dedupe_key=f"inbound-{inbound.pk}",
        inbound=inbound,
        patient_id=owner.patient_id if owner else None,
        course_id=visit.course_id if visit else None,
        session_id=visit.session_id if visit else None,
        timing_version=visit.timing_version if visit else 0,
        kind=kind,
        due_at=now,
        send_by=useful_until(kind, inbound.received_at),
    )
    reach = Reach(
        contact_point_id=owner.contact_point_id if owner else None,
        person_id=owner.person_id if owner else None,
        address=inbound.address,
        language=_language(inbound, owner),
        zone=owner.zone if owner else "",
    )
    row = rows.row(draft, site=inbound.site, now=now, channel=Channel.SMS, reach=reach)
    return bool(Message.objects.bulk_create([row], ignore_conflicts=True))


def reach_back(message: Message) -> Reach | None:
    """Return the way back to the number that wrote: an answer needs no other consent than the question.

    None: what it answers is gone.
    """
    inbound = message.inbound
    if inbound is None:
        return None
    return Reach(message.contact_point_id, message.related_person_id, inbound.address, message.language, "")


def _language(inbound: InboundMessage, owner: Owner | None) -> str:
    if owner:
        return owner.language
    return inbound.language or Language.ENGLISH


def _had_enough(inbound: InboundMessage, kind: Kind, *, is_stranger: bool, now: dt.datetime) -> bool:
    if kind is Kind.STOP_ACK:
        return False
    sent = Message.objects.filter(address_hash=inbound.address_hash, inbound__isnull=False, created_at__gt=now - _DAY)
    sent = sent.exclude(inbound=inbound)
    if kind is Kind.CRISIS:
        return sent.filter(kind=kind, created_at__gt=now - ONCE_IN[kind]).exists()
    others = sent.exclude(kind__in=DESPITE_STOP)
    # Whoever is nobody here gets one neutral reply a day, whatever they write.
    same = Q() if is_stranger else Q(kind=kind)
    if (is_stranger or kind in ONCE_IN) and others.filter(same).exists():
        return True
    return others.count() >= ANSWERS_A_DAY
