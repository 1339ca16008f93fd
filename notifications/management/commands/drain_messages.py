"""Hand over every message that is due."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic import clock
from notifications.actions import sending


class Command(BaseCommand):
    help = "Hand over every message that is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run once and stop (the only way it runs)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sending.drain_messages(now=clock.now())} messages.")
