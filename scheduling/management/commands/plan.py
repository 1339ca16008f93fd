"""Print a plan."""

import datetime as dt
import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import clock, queries
from clinic.models import Site
from scheduling.domain import local_time
from scheduling.domain.plan import Plan, PlannedSession
from scheduling.errors import Rejected
from scheduling.queries.planning import CourseWish, propose_course


class Command(BaseCommand):
    help = "Print the plan for a protocol as the desk would see it now; writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--protocol", required=True)
        parser.add_argument("--site", help="the site's short name; default: the first that has what the protocol needs")
        parser.add_argument("--start", required=True, type=dt.date.fromisoformat, help="2026-11-24")
        parser.add_argument("--time", type=local_time.parse_wall, help="08:30")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        sites = [site for site in queries.all_sites() if options["site"] in (None, site.slug)]
        if not sites:
            raise CommandError("There is no such site.")
        wish = CourseWish(0, options["protocol"], options["start"], options["time"])
        plan = _planned(sites, wish)
        if options["json"]:
            self.stdout.write(json.dumps({"summary": plan.summary, "sessions": [_plain(s) for s in plan.sessions]}))
            return
        self.stdout.write(plan.summary)
        for session in plan.sessions:
            when = f"{local_time.day_text(session.day)}, {local_time.clock_text(session.minute)}"
            held = ", ".join(dict.fromkeys(use.name for use in session.uses))
            self.stdout.write(
                f"{session.number:>3}  {when:<20} {session.minutes:>3} min  {held}  {session.deviation or session.why}"
            )


def _planned(sites: Sequence[Site], wish: CourseWish) -> Plan:
    """Return the plan of the first site that has what the protocol needs."""
    refusal: Rejected | None = None
    for site in sites:
        try:
            return propose_course(site=site, wish=wish, now=clock.now()).plan
        except Rejected as error:
            refusal = refusal or error
            if error.code != "no_resource":
                break
    raise CommandError(str(refusal))


def _plain(session: PlannedSession) -> dict[str, Any]:
    return {
        "number": session.number,
        "day": str(session.day),
        "minute": session.minute,
        "minutes": session.minutes,
        "phase": session.phase,
        "visit_type": session.visit_type,
        "uses": [
            {"kind": use.kind, "name": use.name, "from": use.from_minute, "to": use.to_minute} for use in session.uses
        ],
        "why": session.why,
        "deviation": session.deviation,
    }
