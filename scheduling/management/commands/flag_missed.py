"""Flag missed sessions by hand, as the worker does every minute."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic import clock
from scheduling.actions import misses


class Command(BaseCommand):
    help = "Flag every session past its grace that nobody arrived for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run once and stop (the only way it runs)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Flagged {misses.flag_missed_sessions(now=clock.now())} sessions.")
