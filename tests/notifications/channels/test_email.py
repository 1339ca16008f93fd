"""What only e-mail knows: its headers, and the moment after which nobody knows."""

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.channels import registry
from notifications.channels.base import Channel, ChannelError, Outgoing
from tests.notifications.channels.conftest import MESSAGE_ID
from tests.servers import Mailbox

pytestmark = [pytest.mark.once, pytest.mark.services]


@pytest.fixture
def channel(mailbox: Mailbox) -> Iterator[Channel]:
    """The channel, closed at the end as after a batch."""
    channel = registry.channel_for("email")
    yield channel
    channel.close()


def mail(address: str = "lucia@example.com", **more: Any) -> Outgoing:
    facts: dict[str, Any] = {"subject": "Your visit", "body": "A visit.", "valid_seconds": 60} | more
    return Outgoing(MESSAGE_ID, address, **facts)


def test_the_message_id_is_the_same_at_every_attempt(mailbox: Mailbox, channel: Channel) -> None:
    sids = [channel.send(mail()).sid for _attempt in range(2)]

    assert sids == [f"<{MESSAGE_ID}@riverside.example>"] * 2
    assert [each["Message-ID"] for each in mailbox.mails] == sids


def test_one_click_takes_a_reader_off_the_list(mailbox: Mailbox, channel: Channel) -> None:
    channel.send(mail(unsubscribe_url="https://visits.example.org/u/1/"))

    (got,) = mailbox.mails
    assert (got["List-Unsubscribe"], got["List-Unsubscribe-Post"]) == (
        "<https://visits.example.org/u/1/>",
        "List-Unsubscribe=One-Click",
    )


def test_a_server_that_hung_up_between_two_mails_is_called_again(mailbox: Mailbox, channel: Channel) -> None:
    channel.send(mail())
    mailbox.mood = "drop"

    channel.send(mail())

    assert len(mailbox.mails) == 2


@pytest.mark.parametrize(("mood", "permanent"), [("refuse_text", True), ("busy", False)])
def test_what_the_server_says_at_the_final_dot_is_believed(
    mailbox: Mailbox, channel: Channel, mood: str, permanent: bool
) -> None:
    mailbox.mood = mood

    with pytest.raises(ChannelError) as caught:
        channel.send(mail())

    assert (caught.value.permanent, mailbox.mails) == (permanent, [])


def test_an_address_under_a_name_with_accents_is_written_as_the_dns_has_it(mailbox: Mailbox, channel: Channel) -> None:
    channel.send(mail("lucia@clínica.example"))

    assert (mailbox.addresses, len(mailbox.mails)) == (["lucia@xn--clnica-4va.example"], 1)


def test_an_address_that_can_not_be_written_is_refused_for_good_and_the_next_mail_leaves(
    mailbox: Mailbox, channel: Channel
) -> None:
    with pytest.raises(ChannelError) as caught:
        channel.send(mail("lucía@example.com"))
    channel.send(mail())

    assert (caught.value.permanent, caught.value.code, mailbox.addresses) == (True, "5.1.0", ["lucia@example.com"])


def test_a_sender_the_server_refuses_costs_time_and_no_mail(mailbox: Mailbox, channel: Channel) -> None:
    mailbox.mood = "refuse_sender"
    with pytest.raises(ChannelError) as caught:
        channel.send(mail())
    mailbox.mood = "ok"

    channel.send(mail())

    assert (caught.value.permanent, len(mailbox.mails)) == (False, 1)
