"""A site in a manager's hands: another one opened, and the hours of the week."""

import datetime as dt
from itertools import pairwise

from django.db import transaction

from clinic import actions
from clinic.actions import Hours, NewSite, Request, write_audit
from clinic.domain.permissions import Role
from clinic.errors import NotFound, Rejected, Stale
from clinic.models import WEEKDAYS, Membership, OpeningHours, Site

STEP = 5  # minutes: the grid every plan is laid on


@transaction.atomic(durable=True)
def open_site(*, request: Request, site: NewSite, now: dt.datetime) -> Site:
    """Open another site; whoever does it becomes its manager.

    :raises Rejected: the zone is unknown or the short name is taken.
    """
    row = actions.insert_site(site)
    Membership.objects.create(user=request.staff, site=row, role=Role.MANAGER)
    audit(request, row, "opened", now)
    return row


@transaction.atomic(durable=True)
def change_hours(*, request: Request, site: Site, version: int, hours: Hours, now: dt.datetime) -> Site:
    """Make a site's opening hours just these; booked visits stay. The same again changes nothing.

    :raises Stale: somebody changed the site since it was read.
    :raises Rejected: a day's hours overlap or are not whole five minutes; `fields` say which day.
    """
    row = locked(site.pk, version)
    check_hours(hours)
    wanted = actions.spans_of(hours)
    if wanted == sorted(OpeningHours.objects.filter(site=row).values_list("weekday", "opens", "closes")):
        return row
    OpeningHours.objects.filter(site=row).delete()
    actions.insert_hours(row, wanted)
    row.version += 1
    row.save(update_fields=["version"])
    audit(request, row, "hours_changed", now)
    return row


def locked(site_id: int, version: int) -> Site:
    """Lock a site inside the caller's transaction.

    :raises NotFound: there is none.
    :raises Stale: it is not the version that was read.
    """
    row = Site.objects.select_for_update(no_key=True).filter(pk=site_id).first()
    if row is None:
        raise NotFound("There is no such site.")
    if row.version != version:
        raise Stale("Somebody changed this meanwhile.", fields={"version": str(row.version)})
    return row


def check_hours(hours: Hours) -> None:
    """Refuse hours that can't be kept.

    :raises Rejected: `fields` say which day, and why.
    """
    faults = {}
    for weekday, name in WEEKDAYS:
        spans = sorted(hours.get(weekday, ()))
        if any(opens >= closes for opens, closes in spans):
            faults[f"d{weekday}"] = f"{name} must close after it opens."
        elif any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            faults[f"d{weekday}"] = f"The hours of {name} overlap."
        elif any(at.minute % STEP or at.second for each in spans for at in each):
            faults[f"d{weekday}"] = "Use whole five minutes, like 8:05."
    if faults:
        count = "1 day needs" if len(faults) == 1 else f"{len(faults)} days need"
        raise Rejected(f"{count} another look.", code="fields", fields=faults)


def audit(request: Request, site: Site, step: str, now: dt.datetime) -> None:
    """Note what was done to a site."""
    write_audit(
        request=request,
        site=site,
        action=f"site.{step}",
        patient_ids=[None],
        object_type="site",
        object_id=site.pk,
        now=now,
    )
