"""Messages in any state, made without the planner."""

import datetime as dt
from typing import Any

from notifications.actions.transitions import address_hash
from notifications.models import Message, SiteText
from patients.models import Consent, ContactPoint, Patient
from scheduling.models import Session
from tests.factories import NOW, World, make_patient

DAY = dt.timedelta(days=1)


def with_mail(world: World, **more: Any) -> Patient:
    """Return a patient who agreed to texts and e-mails: Lucia, who must never be confused with Maria."""
    facts: dict[str, Any] = {"phone": "+15550102055", "email": "lucia@example.com", "email_consent": True} | more
    return make_patient(world.site, world.receptionist, "Lucia", "Moretti", birth_date=dt.date(1991, 5, 5), **facts)


def texted(world: World, patient: Patient, **facts: Any) -> Message:
    """Make the day-before text of a visit of a patient, delivered unless told otherwise."""
    session = Session.objects.filter(patient=patient).first() or world.visit(patient)
    channel = facts.pop("channel", "sms")
    point = ContactPoint.objects.get(patient=patient, kind="email" if channel == "email" else "phone")
    subject = facts.pop("subject", f"session-{session.pk}.{session.timing_version}")
    known: dict[str, Any] = {
        "site": world.site,
        "patient": patient,
        "course": session.course,
        "session": session,
        "timing_version": session.timing_version,
        "contact_point": point,
        "address_hash": address_hash(point.value),
        "kind": "day_before",
        "channel": channel,
        "dedupe_key": f"{subject}:{facts.get('kind', 'day_before')}:{channel}:{point.pk}",
        "due_at": NOW,
        "send_by": NOW + DAY,
        "handed_at": NOW,
        "settled_at": NOW,
        "created_at": NOW,
        "template_version": "2026-11",
        "language": "en",
        "state": "delivered",
        "attempt": 1,
    }
    return Message.objects.create(**known | facts)


def in_own_words(world: World, patient: Patient, number: int) -> None:
    """Make so many messages, each said in another version of the site's own words."""
    for each in range(number):
        own = SiteText.objects.create(
            site=world.site,
            kind="day_before",
            channel="sms",
            language="en",
            version=SiteText.objects.count() + 1,
            body="{clinic}: Coming {when}? STOP to opt out.",
            at=NOW,
            by=world.receptionist,
        )
        facts = {"clinic": "Riverside Clinic", "when": f"Tue {each}"}
        texted(world, patient, subject=f"own-{number}-{each}", facts=facts, template_version=f"s{own.pk}")


def agree(patient: Patient, channel: str, purpose: str = "reminders") -> None:
    """Record a patient's yes."""
    Consent.objects.create(
        patient=patient, channel=channel, purpose=purpose, wording="2026-11", how="at the desk", given_at=NOW
    )
