"""No message carries a dead link: whatever carries one, its page opens at the time it is sent."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from notifications.domain import texts
from notifications.domain.states import Kind
from notifications.models import Message
from notifications.rendering import Rendered, render
from patients.models import Patient
from scheduling.domain.operations import OfferState
from scheduling.models import Resource, Session, SlotOffer, WaitlistEntry
from tests.factories import NOW, World, cancel
from tests.notifications.days import DAY, MINUTE

CARRYING = sorted({form.kind for form in texts.FORMS.values() if "link" in form.facts})
LINK = re.compile(r"http://127\.0\.0\.1:8000(/v/[\w-]+/)")


@pytest.fixture
def last(world: World) -> Session:
    """The last visit of a patient."""
    return world.visit(preferred_minute=510)


def told(visit: Session, kind: Kind, channel: str, now: dt.datetime, **more: Any) -> Rendered:
    facts: dict[str, Any] = {"session": visit, "timing_version": visit.timing_version} | more
    message = Message(
        site=visit.patient.site, patient=visit.patient, course=visit.course, kind=kind, channel=channel, **facts
    )
    return render(message, language="en", now=now)


def offered(freed: Session, patient: Patient, **entry: Any) -> SlotOffer:
    """Ask somebody whether they want the time of a visit, until it begins."""
    asking = WaitlistEntry.objects.create(
        site_id=freed.site_id, patient=patient, urgency="soon", since=NOW, **{"kind": "standby", **entry}
    )
    return SlotOffer.objects.create(
        entry=asking,
        patient=patient,
        freed=freed,
        resource=Resource.objects.filter(site_id=freed.site_id)[0],
        day=freed.day,
        minute=freed.minute,
        starts_at=freed.starts_at,
        ends_at=freed.ends_at,
        state=OfferState.OPEN,
        asked_at=NOW,
        expires_at=freed.starts_at,
    )


def as_late_as_can_be(visit: Session, kind: Kind) -> tuple[dict[str, Any], dt.datetime]:
    """Let happen what a message is about, and return what it says of it, and when."""
    before = visit.starts_at - MINUTE
    if kind == Kind.MISSED:
        Session.objects.filter(pk=visit.pk).update(state="no_show", is_active=False, is_counted=False)
        return {}, visit.ends_at + 2 * DAY
    if kind == Kind.CANCELLED:
        cancel(session_id=visit.pk, version=visit.version, reason="Clinic", now=NOW, by=None)
        return {"timing_version": Session.objects.get(pk=visit.pk).timing_version}, before
    if kind == Kind.OPENING:
        return {"session": None, "offer": offered(visit, visit.patient, course=visit.course)}, before
    if kind == Kind.WEEK:
        return {"session": None, "week_of": dt.date(2026, 11, 23)}, before
    return {}, before


@pytest.mark.parametrize("kind", CARRYING)
def test_the_link_of_every_kind_that_carries_one_opens_when_it_is_sent(
    last: Session, client: Client, clock: Any, kind: Kind
) -> None:
    more, now = as_late_as_can_be(last, kind)
    clock(now)

    email, sms = (told(last, kind, channel, now, **more) for channel in ("email", "sms"))

    links = set(LINK.findall(email.body) + LINK.findall(email.html) + LINK.findall(sms.body))
    assert [client.get(link).status_code for link in links] == [200]


def test_who_waits_for_a_first_visit_opens_their_link_as_long_as_they_wait(
    world: World, client: Client, clock: Any
) -> None:
    freed = world.visit(world.daniel)
    offer = offered(freed, world.maria, kind="waiting", protocol=freed.course.protocol)
    words = render(
        Message(site=world.site, kind=Kind.OPENING, channel="sms", patient=world.maria, offer=offer),
        language="en",
        now=NOW,
    )
    [link] = LINK.findall(words.body)

    asked = client.get(link).status_code
    clock(offer.expires_at)
    over = client.get(link).status_code
    WaitlistEntry.objects.update(closed_at=NOW)

    assert (asked, over, client.get(link).status_code) == (200, 200, 404)


@pytest.mark.parametrize("channel", texts.CHANNELS)
def test_a_recall_comes_when_the_link_may_have_ended_and_carries_none(last: Session, channel: str) -> None:
    words = told(last, Kind.RECALL, channel, last.ends_at + 60 * DAY)

    assert LINK.findall(words.body + words.html) == []
    assert ("(555) 010-2000" in words.body, 'class="ck-go"' in words.html) == (True, False)
