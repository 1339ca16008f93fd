"""E-mail over SMTP: one connection a batch, one fixed Message-ID a message."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from notifications.channels.base import AnswerLost, CannotLookUp, ChannelError, Outgoing, Receipt, Sought

TAKEN = 250


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
        server = self._ready(outgoing.address)
        try:
            code, _words = server.data(mail.message().as_bytes())
        except smtplib.SMTPDataError as error:
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

    def _ready(self, address: str) -> smtplib.SMTP:
        """Return a server that waits for the text of a message. Until then nothing can have left."""
        kept = self._backend.connection is not None
        try:
            return self._addressed(address)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            if not kept:
                raise ChannelError("The mail server can't be reached.", code="unreached") from error
        return self._ready(address)  # it hung up on an idle connection: a new one

    def _addressed(self, address: str) -> smtplib.SMTP:
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
        for what, (code, _words) in (
            ("sender", server.mail(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
            ("address", server.rcpt(address)),
        ):
            if code // 100 != 2:
                server.rset()
                raise _refused(what, code)
        return server

    def _drop(self) -> None:
        if self._backend.connection is not None:
            self._backend.connection.close()
        self._backend.connection = None


def _mail(outgoing: Outgoing) -> EmailMessage:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{outgoing.message_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    if outgoing.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{outgoing.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    return EmailMessage(subject=outgoing.subject, body=outgoing.body, to=[outgoing.address], headers=headers)


def _refused(what: str, code: int) -> ChannelError:
    return ChannelError(f"The mail server refused the {what}.", code=str(code), permanent=code >= 500)
