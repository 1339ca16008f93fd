"""E-mail over SMTP: one connection a batch, one fixed Message-ID a message."""

import smtplib
from contextlib import suppress
from email.mime.text import MIMEText
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from notifications.channels.base import AnswerLost, CannotLookUp, ChannelError, Outgoing, Receipt, Sought
from notifications.domain import mail_status
from notifications.domain.calendar import Invite

TAKEN = 250
NOT_AN_ADDRESS = 553  # what a server would say of one it can't read


class SmtpEmail:
    """The e-mail channel."""

    provider = "smtp"
    reaches_people = True
    can_look_up = False

    def __init__(self) -> None:
        self._backend = EmailBackend(fail_silently=False)

    @classmethod
    def is_configured(cls) -> bool:
        """Tell whether EMAIL_URL names a server."""
        return bool(settings.EMAIL_HOST)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand one e-mail to the server; its Message-ID is the same at every attempt.

        :raises ChannelError: refused, or the server was not reached.
        :raises AnswerLost: the connection broke while the server had the message.
        """
        mail = _mail(outgoing)
        text = _on_the_wire(mail)
        server = self._ready(outgoing)
        try:
            code, _words = server.data(text)
        except smtplib.SMTPDataError as error:
            self._drop()  # it still waits for the text of this one, and would refuse the next
            raise _refused("message", error.smtp_code) from error  # not even begun
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            # Perhaps after the final dot: RFC 1047.
            self._drop()
            raise AnswerLost("The mail server did not say whether it took the message.") from error
        if code != TAKEN:
            raise _refused("message", code)
        return Receipt(mail.extra_headers["Message-ID"], http_status=code)

    def find(self, sought: Sought) -> Receipt | None:
        """Refuse: SMTP knows no look-up.

        :raises CannotLookUp: always.
        """
        raise CannotLookUp("A mail server can't be asked.")

    def close(self) -> None:
        """Close the connection; a broken one is dropped."""
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _ready(self, outgoing: Outgoing) -> smtplib.SMTP:
        """Return a server that waits for the text of a message. Until then nothing can have left."""
        kept = self._backend.connection is not None
        sender = _in_ascii("sender", _return_path(outgoing.message_id))
        address = _in_ascii("address", outgoing.address)
        try:
            return self._addressed(sender, address)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            if not kept:
                raise ChannelError("The mail server can't be reached.", code="unreached") from error
        return self._ready(outgoing)  # it hung up on an idle connection: a new one

    def _addressed(self, sender: str, address: str) -> smtplib.SMTP:
        try:
            self._backend.open()
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as error:
            self._drop()
            raise ChannelError("The mail server let nobody in.", code="unreached") from error
        server = self._backend.connection
        assert server is not None
        server.ehlo_or_helo_if_needed()
        for what, (code, words) in (
            ("sender", server.mail(sender)),
            ("address", server.rcpt(address)),
        ):
            if code // 100 != 2:
                server.rset()
                raise _refused(what, code, words)
        return server

    def _drop(self) -> None:
        if self._backend.connection is not None:
            self._backend.connection.close()
        self._backend.connection = None
        with suppress(OSError):
            self._backend.close()  # a half-opened one, without TLS or with a login that was refused


def _mail(outgoing: Outgoing) -> EmailMultiAlternatives:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{outgoing.message_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    if outgoing.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{outgoing.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail = EmailMultiAlternatives(subject=outgoing.subject, body=outgoing.body, to=[outgoing.address], headers=headers)
    if outgoing.html:
        mail.attach_alternative(outgoing.html, "text/html")
    if outgoing.invite:
        mail.attach(_calendar(outgoing.invite))
    return mail


def _on_the_wire(mail: EmailMultiAlternatives) -> bytes:
    """Return a mail with the line ends of the protocol: smtplib sends bytes as they are, and a bare LF is refused."""
    return mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg] # Django's message, not the library's


def _calendar(invite: Invite) -> MIMEText:
    part = MIMEText(invite.text, "calendar", "utf-8")
    part.set_param("method", invite.method)
    part.add_header("Content-Disposition", "attachment", filename="visit.ics")
    return part


def _return_path(message_id: str) -> str:
    """Return where reports about a message come back to: an address that names it, where somebody reads them."""
    if settings.BOUNCE_MAILBOX:
        return mail_status.return_path(settings.BOUNCE_MAILBOX, message_id, settings.LINK_KEY)
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _in_ascii(what: str, address: str) -> str:
    """Return an address as it goes over the line, its domain in the letters of the DNS (RFC 5891).

    :raises ChannelError: it can't be written like that.
    """
    local, at, domain = address.rpartition("@")
    try:
        return (local.encode("ascii") + at.encode() + domain.encode("idna")).decode("ascii")
    except UnicodeError as error:
        raise _refused(what, NOT_AN_ADDRESS) from error


def _refused(what: str, code: int, words: bytes = b"") -> ChannelError:
    is_address = what == "address" and code >= 500
    status = mail_status.enhanced(words, mail_status.NO_ADDRESS if is_address else str(code))
    # All mails have the same sender: where it is refused, our settings are wrong or a quota is used up.
    is_permanent = code >= 500 and what != "sender"
    return ChannelError(f"The mail server refused the {what}.", code=status, permanent=is_permanent)
