"""Texts that come in at the same moment: a twin is one row, STOP and START end in one truth, a yes meets a move."""

import datetime as dt
import os
from functools import partial

import pytest
from django.db import connection

from notifications.actions.inbound import handle_inbound, store_inbound
from notifications.models import InboundMessage, Message, Suppression
from patients.models import Consent
from scheduling.actions import moving
from scheduling.errors import PlanGone, Stale
from scheduling.models import Session, SessionEvent
from tests.factories import FIRST_DAY, NOW
from tests.notifications.letters import told
from tests.races.conftest import Crowd

ROUNDS = int(os.environ.get("TEXT_ROUNDS", "6"))
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


def phone(number: int) -> str:
    return f"+155501{30_000 + number:05}"


def store(body: str, sender: str, sid: str) -> bool:
    fields = {"MessageSid": sid, "From": sender, "To": "+15550109999", "Body": body}
    try:
        return store_inbound(provider="twilio", fields=fields, now=NOW)
    finally:
        connection.close()


def handle() -> int:
    try:
        return handle_inbound(now=NOW)
    finally:
        connection.close()


def test_a_text_delivered_by_four_at_once_is_kept_and_answered_once(crowd: Crowd) -> None:
    crowd.patients(ROUNDS)
    for number in range(ROUNDS):
        new = crowd.at_once(*[partial(store, "STOP", phone(number), f"SM{number}")] * 4)
        handled = crowd.at_once(*[handle] * 3)

        assert (sorted(new), sum(handled)) == ([False, False, False, True], 1)
    assert (InboundMessage.objects.count(), Message.objects.filter(kind="stop_ack").count()) == (ROUNDS, ROUNDS)


def test_stop_and_start_at_the_same_moment_end_in_one_truth(crowd: Crowd) -> None:
    for number, patient in enumerate(crowd.patients(ROUNDS)):
        calls = [partial(store, body, phone(number), f"SM{number}.{n}") for n, body in enumerate(["STOP", "START"] * 2)]
        crowd.at_once(*calls)

        given = Consent.objects.filter(patient=patient, channel="sms", revoked_at=None).count()
        assert given + Suppression.objects.count() == 1
        Suppression.objects.all().delete()


def test_a_yes_and_a_move_at_the_same_moment_never_confirm_a_time_nobody_read(crowd: Crowd) -> None:
    for number, patient in enumerate(crowd.patients(ROUNDS)):
        visit = crowd.world.visit(patient, preferred_minute=510 + 60 * number)
        told(visit, "day_before", NOW, phone=phone(number))
        store("1", phone(number), f"SM{number}")

        crowd.at_once(handle, partial(move, crowd, visit))

        after = Session.objects.get(pk=visit.pk)
        assert after.timing_version == 1 or after.confirmed_at is None
        assert after.version == SessionEvent.objects.filter(session=visit).count()
        assert (after.day != visit.day, InboundMessage.objects.filter(handled_at=None).count()) == (
            after.timing_version > 1,
            0,
        )


def move(crowd: Crowd, visit: Session) -> None:
    """Move a visit to the next day, as it was read; whoever was slower is told so."""
    try:
        moving.move_to(
            request=crowd.world.request,
            session_id=visit.pk,
            version=visit.version,
            day=FIRST_DAY + dt.timedelta(days=1),
            minute=visit.minute,
            now=NOW,
        )
    except (Stale, PlanGone):
        return
    finally:
        connection.close()
