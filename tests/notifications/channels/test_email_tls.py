"""Mail over TLS: encrypted for a server that is who it says it is, and not sent at all to another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import env
from notifications.channels import registry
from notifications.channels.base import ChannelError, Outgoing
from testkit import free_port
from tests.notifications.channels.conftest import MESSAGE_ID
from tests.servers import Mailbox, mail_server

pytestmark = [pytest.mark.once, pytest.mark.services]
# Of "localhost", signed by itself and good for these tests only.
CERTIFICATE = Path(__file__).with_name("localhost.pem")
MAIL = Outgoing(MESSAGE_ID, "lucia@example.com", subject="Your visit", body="A visit.", valid_seconds=60)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def pointed_at(settings: Any, port: int) -> None:
    """The product sends mail to a server on this machine, over TLS."""
    settings.SEND_MESSAGES, settings.DEFAULT_FROM_EMAIL = True, "visits@riverside.example"
    for name, value in env.email(f"smtp+tls://localhost:{port}").items():
        setattr(settings, name, value)


@pytest.fixture
def mailbox(pointed_at: None, port: int) -> Iterator[Mailbox]:
    """A server that takes nothing in clear."""
    with mail_server(port, CERTIFICATE) as running:
        yield running


def test_two_mails_leave_over_one_encrypted_connection(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    channel = registry.channel_for("email")

    before = mailbox.connections
    channel.send(MAIL)
    channel.send(MAIL)
    channel.close()

    assert (len(mailbox.mails), mailbox.connections - before, mailbox.is_secured) == (2, 1, [True, True])


def test_a_server_with_a_certificate_nobody_vouches_for_gets_nothing(mailbox: Mailbox) -> None:
    with pytest.raises(ChannelError) as caught:
        registry.channel_for("email").send(MAIL)

    assert (caught.value.permanent, mailbox.mails) == (False, [])


def test_a_server_that_knows_no_tls_gets_nothing(pointed_at: None, port: int) -> None:
    with mail_server(port) as mailbox, pytest.raises(ChannelError) as caught:
        registry.channel_for("email").send(MAIL)

    assert (caught.value.permanent, mailbox.mails) == (False, [])
