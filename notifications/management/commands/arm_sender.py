"""Let this database send: after a restore, and only after somebody looked."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock
from notifications.actions import arming, planning


class Command(BaseCommand):
    help = "Let this database send, after a restore. What waits may have left already: the provider is asked first."

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        # First everything the copy never knew: planned later it would look new, and leave twice.
        planning.plan_messages(now=now)
        try:
            doubtful = arming.arm(now=now)
        except arming.NotWritten as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"Armed. {doubtful} messages may have been sent before; the provider is asked about them.")
