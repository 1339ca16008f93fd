"""Write the day sheets of today and the next open day into files that need nothing else: paper for a downtime."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock, queries
from frontdesk import day_files


class Command(BaseCommand):
    help = "Write one self-contained HTML file for each site: the sheets of today and of the next open day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", help="slug of one site; all of them without it")
        parser.add_argument("--out", type=Path, help="folder; DATA_DIR/print without it")
        parser.add_argument("--day", type=dt.date.fromisoformat, help="another day than today: 2026-11-24")
        parser.add_argument("--initials", action="store_true", help="initials instead of names")

    def handle(self, *args: Any, **options: Any) -> None:
        sites = [site for site in queries.all_sites() if options["site"] in (None, site.slug)]
        if not sites:
            raise CommandError("There is no such site.")
        for site in sites:
            path = day_files.write(
                site=site,
                folder=options["out"] or day_files.folder(),
                day=options["day"],
                initials=options["initials"],
                now=clock.now(),
            )
            self.stdout.write(f"Written: {path}")
