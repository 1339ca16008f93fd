"""Print a plan."""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock, queries
from scheduling.domain import local_time
from scheduling.errors import Rejected
from scheduling.queries.planning import CourseWish, propose_course


class Command(BaseCommand):
    help = "Print the plan for a protocol as the desk would see it now; writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--protocol", required=True)
        parser.add_argument("--site", help="the site's short name; default: the first")
        parser.add_argument("--start", required=True, type=dt.date.fromisoformat, help="2026-11-24")
        parser.add_argument("--time", type=local_time.parse_wall, help="08:30")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        sites = [site for site in queries.all_sites() if options["site"] in (None, site.slug)]
        if not sites:
            raise CommandError("There is no such site.")
        wish = CourseWish(0, options["protocol"], options["start"], options["time"])
        try:
            plan = propose_course(site=sites[0], wish=wish, now=clock.now()).plan
        except Rejected as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            rows = [
                {"number": s.number, "day": str(s.day), "minute": s.minute, "on": s.uses[0].name} for s in plan.sessions
            ]
            self.stdout.write(json.dumps({"summary": plan.summary, "sessions": rows}, indent=1))
            return
        self.stdout.write(plan.summary)
        for s in plan.sessions:
            when = f"{local_time.day_text(s.day)}, {local_time.clock_text(s.minute)}"
            self.stdout.write(
                f"{s.number:>3}  {when:<20} {s.minutes:>3} min  {s.uses[0].name:<16} {s.deviation or s.why}"
            )
