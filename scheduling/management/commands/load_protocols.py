"""Load the protocol catalogue."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock
from scheduling.actions import catalogue as actions
from scheduling.catalogue import SHIPPED
from scheduling.errors import Rejected


class Command(BaseCommand):
    help = "Load the shipped protocols, or the YAML files of a folder; a changed file becomes a new version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["folder"].is_dir():
            raise CommandError(f"There is no folder {options['folder']}.")
        try:
            changed = actions.load_protocols(folder=options["folder"], now=clock.now())
        except Rejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Protocols loaded: {', '.join(changed)}." if changed else "Protocols are up to date.")
