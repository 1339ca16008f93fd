"""When and how often a site writes, decided by a manager; and which reminders a patient wants beside the usual ones."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from clinic import actions as clinic_actions
from clinic.errors import Rejected, Stale
from clinic.models import Site
from notifications.domain.cadence import SAFETY
from notifications.domain.states import Kind
from notifications.domain.window import LAW
from notifications.models import AskedFor, SitePolicy
from patients.models import Patient

# What a site may switch off: nobody comes in vain because of it, and who writes is answered.
MAY_BE_OFF = frozenset(
    {
        Kind.WEEK,
        Kind.FIRST_VISIT,
        Kind.AHEAD,
        Kind.SAME_DAY,
        Kind.MISSED,
        Kind.OPENING,
        Kind.RECALL,
        Kind.FORM_DUE,
    }
)
assert not MAY_BE_OFF & SAFETY
MAY_BE_ASKED = frozenset({Kind.DAY_BEFORE, Kind.SAME_DAY})


@transaction.atomic(durable=True)
def change_policy(
    *, request: clinic_actions.Request, site: Site, version: int, wanted: Mapping[str, Any], now: dt.datetime
) -> SitePolicy:
    """Change some of when and how often a site writes and return all of it; the same again changes nothing.

    :raises Rejected: outside of what the law or the product allows; `fields` says which.
    :raises Stale: somebody changed it meanwhile.
    """
    SitePolicy.objects.bulk_create([SitePolicy(site=site)], ignore_conflicts=True)
    row = SitePolicy.objects.select_for_update().get(site=site)
    if row.version != version:
        raise Stale(
            "Somebody changed this meanwhile. Look at it, then save again.", fields={"version": str(row.version)}
        )
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    if faults := _faults(row):
        words = "; ".join(f"{name} {fault}" for name, fault in faults.items())
        raise Rejected(f"This can't be saved: {words}.", code="policy_range", fields=faults)
    row.version += 1
    row.save()
    clinic_actions.write_audit(
        request=request,
        site=site,
        action="message_policy.changed",
        patient_ids=[None],
        object_type="site",
        object_id=site.pk,
        now=now,
    )
    return row


def _faults(row: SitePolicy) -> dict[str, str]:
    """Return what is wrong with a policy, by field."""
    found = {}
    if not LAW.opens <= row.opens < row.closes <= LAW.closes:
        found["opens"] = "and closes lie between 8am and 9pm, the first before the second"
    for name, most in (("daily_cap", 2), ("weekly_cap", 7), ("digest_weekday", 7)):
        if not 1 <= getattr(row, name) <= most:
            found[name] = f"must be from 1 to {most}"
    for name, minute in (("digest_at", row.digest_minute), ("remind_at", row.remind_minute)):
        if not row.opens <= minute < row.closes:
            found[name] = "must lie within the hours at which the site writes"
    if odd := sorted(set(row.kinds_off) - {kind.value for kind in MAY_BE_OFF}):
        found["kinds_off"] = f"can't hold {', '.join(odd)}"
    return found


@transaction.atomic(durable=True)
def ask_for(
    *, request: clinic_actions.Request, patient: Patient, kinds: Collection[str], now: dt.datetime
) -> list[str]:
    """Let a patient get just these reminders beside the usual ones and return them, in order.

    :raises Rejected: a kind nobody can ask for.
    """
    wanted = set(kinds)
    if odd := sorted(wanted - {kind.value for kind in MAY_BE_ASKED}):
        raise Rejected(f"Nobody can ask for {', '.join(odd)}.", fields={"kinds": "unknown"})
    have = set(AskedFor.objects.filter(patient=patient).values_list("kind", flat=True))
    if have == wanted:
        return sorted(wanted)
    AskedFor.objects.filter(patient=patient).exclude(kind__in=wanted).delete()
    AskedFor.objects.bulk_create(
        [AskedFor(patient=patient, kind=kind, since=now) for kind in sorted(wanted)], ignore_conflicts=True
    )
    clinic_actions.write_audit(
        request=request,
        site=patient.site,
        action="reminders.asked",
        patient_ids=[patient.pk],
        object_type="patient",
        object_id=patient.pk,
        now=now,
    )
    return sorted(wanted)
