"""Changing what a site is called and where it stands; its zone only while nothing is laid out in it."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import available_timezones

from django.db import transaction

from clinic import actions as clinic_actions
from clinic import site_actions
from clinic.models import Site
from scheduling.errors import NotFound, Rejected
from scheduling.models import Closure, Session

CHANGEABLE = ("name", "message_name", "zone", "address", "phone")


@transaction.atomic(durable=True)
def change_site(
    *, request: clinic_actions.Request, site: Site, version: int, wanted: Mapping[str, str], now: dt.datetime
) -> Site:
    """Change a site's name, zone, address or phone; the same again changes nothing.

    :raises Stale: somebody changed it since it was read.
    :raises Rejected: the zone is unknown, or visits or closed days lie ahead in the old one.
    """
    row = site_actions.locked(site.pk, version)
    changed = {name: wanted[name] for name in CHANGEABLE if name in wanted and wanted[name] != getattr(row, name)}
    if not changed:
        return row
    if "zone" in changed:
        _check_zone(row, changed["zone"], now)
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    site_actions.audit(request, row, "changed", now)
    return row


@transaction.atomic(durable=True)
def open_day(*, request: clinic_actions.Request, site: Site, closure_id: int, now: dt.datetime) -> None:
    """Open a site again on a day that was closed before blocks were kept, as by a set-up file.

    :raises NotFound: the site is not closed then, or by a block, which has an undo of its own.
    """
    row = Closure.objects.filter(pk=closure_id, site=site, block=None, ends_at__gt=now).first()
    if row is None:
        raise NotFound("The clinic is not closed then any more.")
    row.delete()
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="closure.opened",
        patient_ids=[None],
        object_type="closure",
        object_id=closure_id,
        now=now,
    )


def _check_zone(site: Site, zone: str, now: dt.datetime) -> None:
    if zone not in available_timezones():
        words = "This is not a time zone. Use a name such as America/New_York."
        raise Rejected(words, code="fields", fields={"zone": words})
    for rows, one, many in (
        (Session.objects.filter(site=site, is_active=True, ends_at__gt=now), "visit lies", "visits lie"),
        (Closure.objects.filter(site=site, ends_at__gt=now), "closed day lies", "closed days lie"),
    ):
        if count := rows.count():
            words = f"{count} {one if count == 1 else many} ahead in {site.zone}. Move or end them first."
            raise Rejected(words, code="fields", fields={"zone": words})
