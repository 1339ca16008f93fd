"""E-mail over SMTP: one connection a batch, one fixed Message-ID a message."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from notifications.channels.base import AnswerLost, ChannelError, Outgoing


class SmtpEmail:
    """The e-mail channel."""

    def __init__(self) -> None:
        self._connection = EmailBackend(fail_silently=False)

    def send(self, outgoing: Outgoing) -> str:
        """Hand one e-mail to the server and return its Message-ID.

        :raises ChannelError: refused, or the server was not reached.
        :raises AnswerLost: the connection broke while the server had the message.
        """
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        message_id = f"<{outgoing.message_id}@{domain}>"
        mail = EmailMessage(
            subject=outgoing.subject,
            body=outgoing.body,
            to=[outgoing.address],
            connection=self._connection,
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError("The mail server can't be reached.", code="unreached") from error
        try:
            mail.send()
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise AnswerLost("The mail server hung up.") from error
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise ChannelError("The mail server refused the address.", code=str(code), permanent=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise ChannelError(
                "The mail server refused the message.",
                code=str(error.smtp_code),
                permanent=error.smtp_code >= 500,
            ) from error
        except OSError as error:
            self.close()
            raise AnswerLost("The mail server did not answer.") from error
        return message_id

    def close(self) -> None:
        """Close the connection; a broken one is dropped."""
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            self._connection.connection = None
