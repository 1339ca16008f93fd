"""Take back what a dead worker held, apply what providers called back, and ask about what nobody knows."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic import clock
from notifications.actions import events, reconciling


class Command(BaseCommand):
    help = "Take back what a dead worker held, apply call-backs, and ask the provider about lost answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run once and stop (the only way it runs)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        applied = events.apply_events(now=now)
        settled = reconciling.reconcile_messages(now=now)
        self.stdout.write(f"{applied} call-backs, {settled} messages.")
