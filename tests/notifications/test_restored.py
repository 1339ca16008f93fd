"""A database that was restored: to it, whatever left since the copy looks unsent."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from notifications.actions import planning, sending
from notifications.models import Message
from tests.elsewhere import backup, installation
from tests.factories import NOW, World
from tests.servers import Gateway

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]  # processes of their own, one after the other
SOON = NOW + dt.timedelta(minutes=4)


def test_a_backup_six_hours_old_sends_nothing_until_armed_and_then_nothing_twice(
    live_world: World, gateway: Gateway, clock: Any, tmp_path: Path
) -> None:
    """The gateway's own list is the truth. Maria's text had left before the copy, Daniel's left after it."""
    live_world.book()
    planning.plan_messages(now=SOON)
    sending.drain_messages(now=SOON)
    live_world.book(live_world.daniel, preferred_minute=720)
    planning.plan_messages(now=SOON)
    file = backup(tmp_path / "six_hours_ago.backup")
    sending.drain_messages(now=SOON)
    sent = {text["StatusCallback"] for text in gateway.texts}
    more = {
        "SEND_MESSAGES": "true",
        "SMS_URL": "twilio://AC1:secret@/?from=+15550109999",
        "SMS_API_BASE": gateway.address,
        "MESSAGE_QUARANTINE": "0",
    }

    with installation(tmp_path / "elsewhere") as elsewhere:
        elsewhere.more = more
        elsewhere.restore(file)
        said = elsewhere.run(
            "plan_messages", "drain_messages", "arm_sender", "reconcile_messages", "drain_messages", "drain_messages"
        )
        states = elsewhere.rows("SELECT DISTINCT state FROM notifications_message WHERE kind = 'booked'")

    assert (len(sent), said[1]) == (2, "0 messages.")
    assert said[2].startswith("Armed. 1 messages may have been sent before")
    assert {text["StatusCallback"] for text in gateway.texts} == sent
    assert [gateway.of_message(message.pk) for message in Message.objects.all()] == [1, 1]
    assert sorted(states) == [("accepted",), ("sent",)]  # as it left, and as the provider says when asked
