"""Texts that come in: written, signed, delivered to the hook, and handled."""

import datetime as dt
import itertools
from typing import Any

from django.test import Client

from notifications.actions.inbound import handle_inbound
from notifications.actions.transitions import address_hash
from notifications.domain import twilio
from notifications.models import InboundMessage, Message
from patients.domain.contact import Purpose
from patients.models import Consent, RelatedPerson
from scheduling.models import Session
from tests.factories import World

BASE = "https://visits.example.org"
PATH = "/hooks/twilio/inbound/"
TOKEN = "secret"
OURS = "+15550109999"
MARIA = "+15550102040"
IVY = "+15550102049"
STRANGER = "+15550107777"
_sids = itertools.count(1)


def fields_of(body: str, *, sender: str = MARIA, sid: str = "", **more: str) -> dict[str, str]:
    return {"MessageSid": sid or f"SM{next(_sids):032}", "From": sender, "To": OURS, "Body": body} | more


def signed(fields: dict[str, str], token: str = TOKEN) -> dict[str, Any]:
    return {"path": PATH, "data": fields, "HTTP_X_TWILIO_SIGNATURE": twilio.signature(f"{BASE}{PATH}", fields, token)}


def deliver(body: str, *, sender: str = MARIA, **more: str) -> int:
    """Let the provider deliver a text and return the status of the answer."""
    return Client().post(**signed(fields_of(body, sender=sender, **more))).status_code


def write(body: str, *, now: dt.datetime, clock: Any, sender: str = MARIA, **more: str) -> InboundMessage:
    """Let somebody write, and the worker see to it, at an instant."""
    clock(now)
    assert deliver(body, sender=sender, **more) == 200
    handle_inbound(now=now)
    return InboundMessage.objects.latest("pk")


def answers_to(inbound: InboundMessage) -> list[str]:
    return list(Message.objects.filter(inbound=inbound).order_by("pk").values_list("kind", flat=True))


def told(
    session: Session, kind: str, at: dt.datetime, *, phone: str = MARIA, person: RelatedPerson | None = None
) -> Message:
    """Let a text about a visit have left for a number."""
    return Message.objects.create(
        dedupe_key=f"told-{session.pk}.{session.timing_version}.{kind}.{phone}",
        site=session.site,
        patient=session.patient,
        course=session.course,
        session=session,
        timing_version=session.timing_version,
        related_person=person,
        address_hash=address_hash(phone),
        kind=kind,
        channel="sms",
        due_at=at,
        send_by=session.starts_at,
        state="delivered",
        handed_at=at,
        created_at=at,
        template_version="2026-11",
    )


def driver(world: World, *, name: str = "Ivy", phone: str = IVY, at: dt.datetime) -> RelatedPerson:
    """Let somebody drive Maria home who agreed to be texted."""
    person = RelatedPerson.objects.create(patient=world.maria, role="escort", name=name, phone=phone)
    Consent.objects.create(
        patient=world.maria,
        person=person,
        channel="sms",
        purpose=Purpose.ESCORT,
        wording="2026-11",
        how="at the desk",
        given_at=at,
    )
    return person
