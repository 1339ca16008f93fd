"""Make a staff login; with --create-site, the first site as well."""

import datetime as dt
import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from clinic import actions, clock, queries
from clinic.domain import neutral
from clinic.domain.permissions import Role
from clinic.errors import Rejected
from clinic.models import Site, StaffUser

WORKDAY = [(dt.time(8), dt.time(17))]


class Command(BaseCommand):
    help = "Make a login for somebody on the staff. The password is asked for twice and never shown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", help="as colleagues say it; default: the part before the @")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--site", help="the site's short name; not needed when there is only one")
        parser.add_argument("--create-site", metavar="NAME", help="make this site first, open Monday to Friday 8 to 5")
        parser.add_argument("--zone", default="America/New_York", help="time zone of a new site")
        parser.add_argument("--phone", default="", help="phone of a new site, as patients see it")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, site_name = self._make(options)
        except Rejected as error:
            raise CommandError(str(error)) from error
        if options["create_site"] and (said := neutral.warning(options["create_site"][:20])):
            self.stdout.write(said)
        self.stdout.write(f"{user.email} can sign in as {options['role']} of {site_name}.")

    def _make(self, options: dict[str, Any]) -> tuple[StaffUser, str]:
        site = None if options["create_site"] else self._site(options["site"])
        who: dict[str, Any] = {
            "email": options["email"],
            "name": options["name"] or options["email"].partition("@")[0],
            "password": self._password(from_stdin=options["password_stdin"]),
            "now": clock.now(),
        }
        role = Role(options["role"])
        if site is None:
            new = _new_site(options)
            return actions.create_staff_and_site(site=new, role=role, **who), new.name
        return actions.create_staff(roles={site: role}, **who), site.name

    def _password(self, *, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\n")
        first = getpass("Password (12 letters or more): ")
        if first != getpass("Once more: "):
            raise CommandError("The two passwords differ. Nothing was made.")
        return first

    def _site(self, asked: str | None) -> Site:
        sites = queries.all_sites()
        wanted = [site for site in sites if asked in (None, site.slug, site.name)]
        if len(wanted) != 1:
            names = ", ".join(site.slug for site in sites) or "none yet: use --create-site NAME"
            raise CommandError(f"Say which site with --site. There is: {names}.")
        return wanted[0]


def _new_site(options: dict[str, Any]) -> actions.NewSite:
    name = options["create_site"]
    return actions.NewSite(
        slug=slugify(name)[:50] or "clinic",
        name=name,
        message_name=name[:20],
        zone=options["zone"],
        address="",
        phone=options["phone"],
        hours=dict.fromkeys(range(1, 6), WORKDAY),
    )
