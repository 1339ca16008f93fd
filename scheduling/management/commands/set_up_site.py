"""Set a site up from a file."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError

from clinic import actions as clinic_actions
from clinic import queries
from clinic.domain import neutral
from clinic.models import Site
from patients import phones
from scheduling.actions import setup
from scheduling.domain.protocol import ProtocolError
from scheduling.domain.site_form import NewSiteForm, PublicHolidays, SiteForm, read_site_form
from scheduling.errors import Rejected
from scheduling.public_holidays import public_days


class Command(BaseCommand):
    help = "Set a site up from a YAML file (docs/examples/site.yaml); again, it adds only what is new."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", help="the site's short name; not needed when the file holds the site")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            form = read_site_form(_loaded(path))
            days = {**(_public_days(form.public) if form.public else {}), **form.days}
            site = self._site(form, options["site"])
        except ProtocolError as error:
            raise CommandError(f"{path.name}: {error.path}: {error.reason}. Nothing was saved.") from error
        except Rejected as error:
            raise CommandError(f"{path.name}: {error}") from error
        if form.hours is not None and clinic_actions.set_opening_hours(site=site, hours=form.hours):
            self.stdout.write(f"The opening hours of {site.name} are as the file says.")
        added, closed = setup.set_up(site=site, resources=form.resources, days=days)
        self.stdout.write(f"{added} resources and {closed} closed days added to {site.name}.")

    def _site(self, form: SiteForm, asked: str | None) -> Site:
        slug = asked or (form.site.slug if form.site else None)
        sites = queries.all_sites()
        found = [site for site in sites if slug == site.slug]
        if found:
            return found[0]
        if form.site and slug == form.site.slug:
            return self._new_site(form.site, form)
        there = ", ".join(site.slug for site in sites) or "none yet"
        raise CommandError(f"Say which site with --site, or describe a new one in the file. There is: {there}.")

    def _new_site(self, new: NewSiteForm, form: SiteForm) -> Site:
        if form.hours is None:
            raise ProtocolError("hours", "is missing: a new site needs its opening hours")
        try:
            phone = phones.to_e164(new.phone, region="US")
        except ValueError as error:
            raise ProtocolError("site.phone", str(error).rstrip(".")) from error
        site = clinic_actions.add_site(
            site=clinic_actions.NewSite(
                slug=new.slug,
                name=new.name,
                message_name=new.message_name,
                zone=new.zone,
                address=new.address,
                phone=phone,
                hours=form.hours,
            )
        )
        self.stdout.write(f"{site.name} made.")
        if said := neutral.warning(site.message_name):
            self.stdout.write(said)
        return site


def _loaded(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"Can't read {path}: {error.strerror}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{path.name} can't be read as YAML: {' '.join(str(error).split())}") from error


def _public_days(public: PublicHolidays) -> dict[dt.date, str]:
    where = "closed.public_holidays"
    try:
        found = public_days(public.country, years=public.years, subdivision=public.subdivision)
    except NotImplementedError as error:
        raise ProtocolError(where, "knows no such country or subdivision; use codes such as US and CA") from error
    names = {day: name for day, (name, _is_observed) in found.items()}
    for name in public.open_on:
        if name not in names.values():
            raise ProtocolError(f"{where}.open_on", f"there is no holiday {name}")
    return {day: name for day, name in names.items() if name not in public.open_on}
