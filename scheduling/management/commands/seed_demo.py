"""Make the demo clinic."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

import holidays
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from clinic import clock, queries
from scheduling.demo import story


class Command(BaseCommand):
    help = "Fill an empty database with a demo clinic; never touches a database with a real one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed and clock make the same clinic")
        parser.add_argument("--patients", type=int, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        if queries.demo_staff_exists():
            self.stdout.write("The demo clinic is already here.")
            return
        if not queries.is_empty():
            raise CommandError(
                "This database holds a real clinic. Seed the demo into an empty one: set DATA_DIR or DATABASE_URL."
            )
        call_command("load_protocols", verbosity=0, stdout=self.stdout)
        booked = story.tell(seed=options["seed"], patients=options["patients"], holidays=_federal, now=clock.now())
        self.stdout.write(f"Seeded two sites and {booked} courses.")


def _federal(year: int) -> dict[dt.date, str]:
    """Return the holidays a clinic of the demo keeps, as observed that year."""
    kept = {
        "New Year's Day",
        "Martin Luther King Jr. Day",
        "Memorial Day",
        "Independence Day",
        "Labor Day",
        "Thanksgiving Day",
        "Christmas Day",
    }
    days: dict[dt.date, str] = holidays.country_holidays("US", years=year)
    return {
        day: name.replace(" (observed)", "") for day, name in days.items() if name.replace(" (observed)", "") in kept
    }
