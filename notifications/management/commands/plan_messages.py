"""Plan the messages that follow from new courses and coming sessions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic import clock
from notifications.actions import planning


class Command(BaseCommand):
    help = "Plan the messages that follow from new courses and coming sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run once and stop (the only way it runs)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{planning.plan_messages(now=clock.now())} messages.")
