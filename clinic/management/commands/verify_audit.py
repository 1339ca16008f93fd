"""Recompute the audit chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import queries


class Command(BaseCommand):
    help = "Recompute the chain over the audit log; the first link that does not hold is named."

    def handle(self, *args: Any, **options: Any) -> None:
        broken, sealed = queries.broken_seal()
        if broken is not None:
            raise CommandError(f"The audit log was altered at or before entry {broken}.")
        self.stdout.write(f"The audit log is whole: {sealed} sealed entries.")
