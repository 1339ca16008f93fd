"""Set a site up from a file."""

import datetime as dt
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import holidays
import yaml
from django.core.management.base import BaseCommand, CommandError

from clinic import queries
from clinic.models import Site
from scheduling.actions import setup
from scheduling.actions.setup import NewResource
from scheduling.domain import local_time


class Command(BaseCommand):
    help = "Add resources and closed days from a YAML file (docs/examples/site.yaml); again, it adds only what is new."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", required=True, help="the site's short name")

    def handle(self, *args: Any, **options: Any) -> None:
        sites = [site for site in queries.all_sites() if site.slug == options["site"]]
        if not sites:
            raise CommandError(f"There is no site {options['site']}. Make it with create_staff --create-site.")
        try:
            loaded = yaml.safe_load(options["file"].read_text())
            resources = [_resource(entry) for entry in loaded.get("resources", [])]
            days = _closed_days(loaded.get("closed", {}))
        except OSError as error:
            raise CommandError(f"Can't read {options['file']}: {error.strerror}.") from error
        except (
            yaml.YAMLError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            NotImplementedError,
        ) as error:
            raise CommandError(
                f"{options['file'].name} doesn't fit the form of docs/examples/site.yaml: {error}"
            ) from error
        self._save(sites[0], resources, days)

    def _save(self, site: Site, resources: list[NewResource], days: Mapping[dt.date, str]) -> None:
        added = setup.add_resources(site=site, resources=resources)
        closed = setup.close_days(site=site, days=days)
        self.stdout.write(f"{added} resources and {closed} closed days added to {site.name}.")


def _resource(entry: Mapping[str, Any]) -> NewResource:
    unknown = set(entry) - {"kind", "name", "group", "capabilities", "hours"}
    if unknown:
        raise ValueError(f"resources: there is no key {min(unknown)}")
    hours = {
        int(day): [(_time(opens), _time(closes)) for opens, closes in spans]
        for day, spans in entry.get("hours", {}).items()
    }
    return NewResource(
        kind=str(entry["kind"]),
        name=str(entry["name"]),
        group=str(entry.get("group", "")),
        capabilities=tuple(map(str, entry.get("capabilities", []))),
        hours=hours,
    )


def _time(text: str) -> dt.time:
    minute = local_time.parse_wall(str(text))
    return dt.time(minute // 60, minute % 60)


def _closed_days(entry: Mapping[str, Any]) -> dict[dt.date, str]:
    days = {dt.date.fromisoformat(str(day)): str(reason) for day, reason in entry.get("days", {}).items()}
    if public := entry.get("public_holidays"):
        found = holidays.country_holidays(public["country"], subdiv=public.get("subdivision"), years=public["years"])
        skipped = set(public.get("open_on", []))
        days |= {day: name for day, name in found.items() if name not in skipped}
    return days
