"""Import a list of patients."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from clinic import clock, queries
from clinic.models import Site
from patients import import_actions
from patients.domain.csv_rows import Fault, read_rows
from patients.import_drafts import readers_of

SHOWN = 500


class Command(BaseCommand):
    help = "Import patients from a CSV file: all of it, or nothing. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", help="the site's short name; not needed when there is only one")
        parser.add_argument("--dry-run", action="store_true", help="check the file, import nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        site = self._site(options["site"])
        rows, faults = read_rows(
            self._text(options["file"]),
            today=now.astimezone(ZoneInfo(site.zone)).date(),
            readers=readers_of(site),
        )
        if faults:
            raise CommandError(_listed(faults))
        try:
            if options["dry_run"]:
                new = len(import_actions.check_against_stored(site=site, rows=rows))
                self.stdout.write(f"{len(rows)} rows are fine, {new} of them new. Nothing was imported.")
                return
            done = import_actions.import_patients(site=site, rows=rows, now=now)
        except import_actions.ImportRefused as refusal:
            raise CommandError(_listed(refusal.faults)) from refusal
        self.stdout.write(f"{done.added} patients added, {done.unchanged} were here already.")

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Can't read {path}: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(f'{path} is not UTF-8. Save it as "CSV UTF-8".') from error

    def _site(self, slug: str | None) -> Site:
        sites = queries.all_sites()
        wanted = [site for site in sites if slug in (None, site.slug)]
        if len(wanted) != 1:
            raise CommandError(
                f"Say which site with --site. There is: {', '.join(site.slug for site in sites) or 'none yet'}."
            )
        return wanted[0]


def _listed(faults: list[Fault]) -> str:
    lines = [str(fault) for fault in sorted(faults, key=lambda fault: fault.row)[:SHOWN]]
    more = [f"And {len(faults) - SHOWN} more."] if len(faults) > SHOWN else []
    return "\n".join(["Nothing was imported.", *lines, *more])
