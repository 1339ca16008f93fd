"""Make an API token."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import actions, clock, queries


class Command(BaseCommand):
    help = "Print a new API token for somebody on the staff. It is shown once; only its digest is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = queries.staff_by_email(options["email"])
        if user is None:
            raise CommandError(f"Nobody on the staff has the address {options['email']}.")
        self.stdout.write(actions.create_token(user=user, now=clock.now()))
