"""An installation that may send: to an SMS gateway and a mail server of the test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications.channels import sms
from testkit import free_port
from tests.servers import Gateway, Mailbox, mail_server, sms_gateway


@pytest.fixture(autouse=True)
def fresh_sender(settings: Any, tmp_path: Path) -> None:
    """Give each test a sender of its own: the file outside the database must not outlive the database."""
    settings.SENDER_FILE = tmp_path / "sender"
    settings.PACE = {"sms": 10_000, "email": 10_000}


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    """An SMS gateway the product is pointed at, armed."""
    with sms_gateway() as running:
        settings.SEND_MESSAGES = True
        settings.SMS = {"account": "AC1", "token": "secret", "from": "+15550109999"}
        settings.SMS_API_BASE = running.address
        yield running
        sms.close_client()


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A mail server the product is pointed at, armed."""
    port = free_port()
    with mail_server(port) as running:
        settings.SEND_MESSAGES = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.DEFAULT_FROM_EMAIL = "Riverside Clinic <visits@riverside.example>"
        yield running
