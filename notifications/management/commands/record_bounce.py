"""Read one delivery report from standard input, as a mail server pipes it in."""

import email
import email.policy
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError

from clinic import clock
from notifications.actions import bounces
from notifications.domain import mail_status

LARGEST = 1024 * 1024  # bytes; a report repeats the headers of a letter, not a film


class Command(BaseCommand):
    help = "Read one delivery report (RFC 3464) from standard input and note what did not arrive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", default="", help="the address it was received for, where the mail server says it")

    def handle(self, *args: Any, **options: Any) -> None:
        # No failure for good: the mail server would send a report about the report.
        raw = sys.stdin.buffer.read(LARGEST)
        report = mail_status.read(email.message_from_bytes(raw), settings.LINK_KEY, to=options["to"])
        try:
            is_new = report is not None and bounces.record_bounce(report, now=clock.now())
        except (OperationalError, InterfaceError) as error:
            raise SystemExit(os.EX_TEMPFAIL) from error  # the mail server keeps the report and tries again
        self.stdout.write("Noted." if is_new else "Nothing to note.")
