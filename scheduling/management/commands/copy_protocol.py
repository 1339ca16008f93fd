"""Make a clinic's own protocol."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock
from scheduling.actions import catalogue
from scheduling.errors import Rejected


class Command(BaseCommand):
    help = "Copy a protocol under a code and a name of your own; the copy is version 1 and changes by load_protocols."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("new_code")
        parser.add_argument("--name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        code, new_code = options["code"], options["new_code"]
        try:
            catalogue.copy_protocol(code=code, new_code=new_code, name=options["name"], now=clock.now())
        except Rejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{new_code} is a copy of {code}.")
