"""E-mails that come back: refused at once, or reported later to a return path nobody else can make."""

import email
import io
import sys
import uuid
from email.message import Message as Mail
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from notifications.actions import repair
from notifications.channels import registry
from notifications.channels.base import ChannelError, Outgoing
from notifications.domain import mail_status
from patients.models import ContactPoint
from tests.factories import NOW, World
from tests.notifications.made import texted, with_mail
from tests.servers import Mailbox

KEY = "a key"
BOX = "bounce@visits.example"


def report(to: str, *recipients: tuple[str, str]) -> str:
    """Return a delivery report as mail servers write them (RFC 3464)."""
    blocks = [
        f"Final-Recipient: rfc822; x@y.example\nAction: {action}\nStatus: {status}\n" for action, status in recipients
    ]
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI'm sorry. 5.9.9 is no status.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\nStatus: 5.8.8\n\n"
        + "\n".join(blocks)
        + "\n--b\nContent-Type: message/rfc822\n\nSubject: Your visit\n\nA visit.\n\n--b--\n"
    )


def parsed(text: str) -> Mail:
    return email.message_from_string(text)


def test_the_return_path_names_the_message_and_fits_a_mailbox() -> None:
    number = uuid.uuid4()

    path = mail_status.return_path(BOX, str(number), KEY)

    assert (mail_status.message_of(path, KEY), mail_status.message_of(path, "another")) == (number.hex, None)
    assert (path.startswith("bounce+"), path.endswith("@visits.example"), len(path.partition("@")[0]) <= 64) == (
        True,
        True,
        True,
    )


def test_a_return_path_somebody_made_up_names_nothing() -> None:
    path = mail_status.return_path(BOX, str(uuid.uuid4()), KEY)
    other = mail_status.return_path(BOX, str(uuid.uuid4()), KEY)
    forged = path[:39] + other[39:]

    assert mail_status.message_of(forged, KEY) is None
    assert mail_status.message_of("bounce@visits.example", KEY) is None


@pytest.mark.parametrize(
    ("recipients", "status"),
    [
        ([("failed", "5.1.1")], "5.1.1"),
        ([("failed", "5.2.2")], "5.2.2"),
        ([("delayed", "4.4.1")], ""),
        ([("failed", "4.4.7")], ""),
        ([("delivered", "2.0.0")], ""),
        ([("delivered", "2.0.0"), ("failed", "5.1.1")], "5.1.1"),
        ([("Failed", "5.1.1 (no such user)")], "5.1.1"),
    ],
)
def test_only_what_failed_for_good_counts(recipients: list[tuple[str, str]], status: str) -> None:
    number = uuid.uuid4()
    text = report(mail_status.return_path(BOX, str(number), KEY), *recipients)

    assert mail_status.read(parsed(text), KEY) == mail_status.Report(number.hex, status)


def test_a_letter_that_is_no_report_is_none() -> None:
    path = mail_status.return_path(BOX, str(uuid.uuid4()), KEY)

    assert mail_status.read(parsed(f"To: {path}\nSubject: Out of office\n\nStatus: 5.1.1\n"), KEY) is None
    assert mail_status.read(parsed(report("visits@visits.example", ("failed", "5.1.1"))), KEY) is None


def pipe(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> str:
    """Give a report to the command, as a mail server does."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    out = io.StringIO()
    call_command("record_bounce", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.mark.parametrize("state", ["accepted", "unknown", "abandoned"])
def test_a_mail_that_came_back_for_good_did_not_arrive_and_the_address_is_not_used_again(
    world: World, clock: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    lucia = with_mail(world)
    message = texted(world, lucia, channel="email", state=state)
    other = texted(world, lucia, channel="email", kind="moved", state="accepted")
    text = report(mail_status.return_path(BOX, str(message.pk), settings.LINK_KEY), ("failed", "5.1.1"))

    said = [pipe(monkeypatch, text) for _time in range(2)]
    repair.repair_messages(now=NOW)

    message.refresh_from_db()
    other.refresh_from_db()
    assert (said, message.state, message.error_code) == (["Noted.", "Nothing to note."], "undelivered", "5.1.1")
    assert message.reason == "The e-mail came back: there is no such address."
    assert (ContactPoint.objects.get(patient=lucia, kind="email").problem, other.state) == ("bounced", "accepted")


def test_one_that_is_late_changes_nothing(
    world: World, clock: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = texted(world, with_mail(world), channel="email", state="accepted")
    text = report(mail_status.return_path(BOX, str(message.pk), settings.LINK_KEY), ("delayed", "4.4.1"))

    said = pipe(monkeypatch, text)

    message.refresh_from_db()
    assert (said, message.state) == ("Nothing to note.", "accepted")


def test_a_forged_report_changes_nothing(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    message = texted(world, with_mail(world), channel="email", state="accepted")
    text = report(mail_status.return_path(BOX, str(message.pk), "guessed"), ("failed", "5.1.1"))

    said = pipe(monkeypatch, text)

    message.refresh_from_db()
    assert (said, message.state) == ("Nothing to note.", "accepted")


def test_the_address_the_mail_server_names_counts_and_not_the_headers(
    world: World, clock: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = texted(world, with_mail(world), channel="email", state="accepted")
    path = mail_status.return_path(BOX, str(message.pk), settings.LINK_KEY)

    wrong = pipe(monkeypatch, report(path, ("failed", "5.1.1")), "--to", "bounce@visits.example")
    right = pipe(monkeypatch, report("MAILER-DAEMON", ("failed", "5.1.1")), "--to", path)

    assert (wrong, right) == ("Nothing to note.", "Noted.")


@pytest.mark.parametrize("rubbish", ["", "\x00\xff", "Content-Type: multipart/report\n\n"])
def test_rubbish_is_no_error(clock: Any, db: None, monkeypatch: pytest.MonkeyPatch, rubbish: str) -> None:
    assert pipe(monkeypatch, rubbish) == "Nothing to note."


@pytest.mark.services
def test_a_mail_leaves_under_its_own_return_path(mailbox: Mailbox, settings: Any, monkeypatch: Any) -> None:
    senders: list[str] = []

    async def mail_from(_self: Any, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        senders.append(address)
        envelope.mail_from = address
        return "250 OK"

    monkeypatch.setattr(Mailbox, "handle_MAIL", mail_from, raising=False)
    settings.BOUNCE_MAILBOX = BOX
    number = str(uuid.uuid4())
    channel = registry.channel_for("email")

    channel.send(Outgoing(number, "lucia@example.com", "Your visit", "A visit.", valid_seconds=60))
    settings.BOUNCE_MAILBOX = ""
    channel.send(Outgoing(number, "lucia@example.com", "Your visit", "A visit.", valid_seconds=60))
    channel.close()

    assert senders == [mail_status.return_path(BOX, number, settings.LINK_KEY), "visits@riverside.example"]


@pytest.mark.services
def test_a_refusal_of_the_address_says_so(mailbox: Mailbox) -> None:
    mailbox.mood = "refuse_address"
    channel = registry.channel_for("email")

    with pytest.raises(ChannelError) as refusal:
        channel.send(Outgoing(str(uuid.uuid4()), "gone@example.com", "Your visit", "A visit.", valid_seconds=60))
    channel.close()

    assert (refusal.value.code, refusal.value.permanent) == ("5.1.0", True)
    assert mail_status.enhanced(b"5.1.1 no such user", "5.1.0") == "5.1.1"


def test_while_the_database_is_away_the_mail_server_keeps_the_report(
    world: World, clock: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = texted(world, with_mail(world), channel="email", state="accepted")
    text = report(mail_status.return_path(BOX, str(message.pk), settings.LINK_KEY), ("failed", "5.1.1"))

    def away(*_arguments: Any, **_facts: Any) -> bool:
        raise OperationalError("could not connect")

    monkeypatch.setattr("notifications.actions.bounces.record_bounce", away)

    with pytest.raises(SystemExit) as ended:
        pipe(monkeypatch, text)

    assert ended.value.code == 75
