"""A wire for every channel: a real provider on a socket, told how to behave in the same few words."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from notifications.channels import registry, sms
from notifications.channels.base import Channel, Outgoing, Sought
from testkit import free_port
from tests.servers import mail_server, sms_gateway

ADDRESSES = {"sms": "+15550102040", "email": "lucia@example.com"}
MESSAGE_ID = "0c9a5a0e-35f6-4e6f-8b1c-0d3c33a9a001"


@dataclass
class Wire:
    """A channel and the provider behind it. `mood`: ok, refuses, opted_out, refuses_text, busy, hangs_up, gone."""

    channel: Channel
    address: str
    mood: Callable[[str], None]
    taken: Callable[[], list[str]]  # the bodies that arrived
    connections: Callable[[], int]

    def message(self, **more: Any) -> Outgoing:
        facts = {"message_id": MESSAGE_ID, "subject": "Your visit", "body": "Riverside Clinic: a visit.\n"} | more
        return Outgoing(address=self.address, valid_seconds=3600, **facts)

    def sought(self, body: str) -> Sought:
        now = dt.datetime.now(dt.UTC)
        hashed = hashlib.sha256(body.encode()).hexdigest()
        return Sought(MESSAGE_ID, self.address, hashed, now - dt.timedelta(minutes=2), now)


@contextmanager
def _sms(settings: Any) -> Iterator[Wire]:
    with sms_gateway() as gateway:
        settings.SEND_MESSAGES = True
        settings.SMS = {"account": "AC1", "token": "secret", "from": "+15550109999"}
        settings.SMS_API_BASE = gateway.address
        moods = {
            "refuses": "refuse:21211",
            "opted_out": "refuse:21610",
            "refuses_text": "refuse:30007",
            "busy": "busy",
            "hangs_up": "hang_up",
        }

        def mood(word: str) -> None:
            settings.SMS_API_BASE = "http://127.0.0.1:9" if word == "gone" else gateway.address
            gateway.moods = [moods.get(word, "ok")]

        yield Wire(
            registry.channel_for("sms"),
            ADDRESSES["sms"],
            mood,
            lambda: [text["Body"] for text in gateway.texts],
            lambda: gateway.connections,
        )
        sms.close_client()


@contextmanager
def _email(settings: Any) -> Iterator[Wire]:
    port = free_port()
    with mail_server(port) as mailbox:
        settings.SEND_MESSAGES = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.DEFAULT_FROM_EMAIL = "Riverside Clinic <visits@riverside.example>"
        channel: Any = registry.channel_for("email")
        moods = {
            "refuses": "refuse_address",
            "opted_out": "refuse_address",
            "refuses_text": "refuse_data",
            "busy": "busy",
            "hangs_up": "hang_up",
        }

        def mood(word: str) -> None:
            mailbox.mood = moods.get(word, "ok")
            channel._backend.port = free_port() if word == "gone" else port

        yield Wire(
            channel,
            ADDRESSES["email"],
            mood,
            lambda: [str(mail.get_payload()).replace("\r\n", "\n") for mail in mailbox.mails],
            # The controller itself connects once, to see whether it runs.
            lambda: mailbox.connections - 1,
        )
        channel.close()


WIRES: dict[str, Callable[[Any], AbstractContextManager[Wire]]] = {"sms": _sms, "email": _email}


@pytest.fixture(params=sorted(WIRES))
def wire(request: pytest.FixtureRequest, settings: Any) -> Iterator[Wire]:
    """Each channel in turn."""
    with WIRES[request.param](settings) as running:
        yield running
