"""Two records of one person, with anything a record can hold, and a picture of the whole database."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.apps import apps

from clinic.actions import Request
from clinic.domain.permissions import Role
from clinic.models import AuditEntry
from notifications.models import AskedFor
from patients import feed_actions, links
from patients.models import (
    Absence,
    Consent,
    ContactPoint,
    FormRun,
    MeasureResult,
    Patient,
    PatientMerge,
    RelatedPerson,
    ScreeningFlag,
)
from scheduling.models import Authorization, AuthorizationUnit, Payer, Prerequisite, Protocol, WaitlistEntry
from tests.factories import NOW, World, make_patient, make_staff
from tests.notifications.made import agree, texted

DAY = dt.timedelta(days=1)
_LEFT_OUT = (AuditEntry, PatientMerge)


def second_record(world: World, **more: Any) -> Patient:
    """Return another record of Maria: typed anew by somebody who did not look."""
    facts: dict[str, Any] = {"phone": "+15550102099"} | more
    return make_patient(world.site, world.receptionist, "Marie", "García", **facts)


def manager_of(world: World) -> Request:
    """Return a request by somebody who may merge."""
    return Request(user=make_staff("mona@example.com", Role.MANAGER, world.site))


def picture() -> dict[str, list[dict[str, Any]]]:
    """Return every row there is, but what only says that somebody looked or merged, and versions of patients."""
    found = {}
    for model in apps.get_models():
        if model in _LEFT_OUT or model._meta.app_label in ("sessions", "contenttypes", "auth"):
            continue
        rows = [dict(row) for row in model._default_manager.order_by("pk").values()]
        if model is Patient:
            rows = [row | {"version": 0} for row in rows]
        found[model._meta.label] = rows
    return found


def _visit(world: World, patient: Patient) -> None:
    day = dt.date(2026, 11, 24) + DAY * (patient.pk % 2)
    world.visit(patient, start_on=day)


def _course(world: World, patient: Patient) -> None:
    world.book(patient, start_on=dt.date(2026, 12, 7), preferred_minute=510 + 120 * (patient.pk % 2))


def _told(world: World, patient: Patient) -> None:
    texted(world, patient)


def _waiting_text(world: World, patient: Patient) -> None:
    due = {"state": "pending", "handed_at": None, "settled_at": None, "attempt": 0, "due_at": NOW + DAY}
    texted(world, patient, subject=f"later-{patient.pk}", kind="week", **due)


def _mail(world: World, patient: Patient) -> None:
    ContactPoint.objects.create(patient=patient, kind="email", value=f"p{patient.pk}@example.com")
    agree(patient, "email")


def _same_mail(world: World, patient: Patient) -> None:
    ContactPoint.objects.get_or_create(
        patient=patient, kind="email", value="maria@example.com", defaults={"is_preferred": False}
    )


def _stop(world: World, patient: Patient) -> None:
    Consent.objects.filter(patient=patient, channel="sms").update(revoked_at=NOW)


def _offers(world: World, patient: Patient) -> None:
    agree(patient, "sms", "offers")


def _driver(world: World, patient: Patient) -> None:
    person = RelatedPerson.objects.create(patient=patient, role="escort", name="Sam", phone="+15550104444")
    Consent.objects.create(
        patient=patient, person=person, channel="sms", purpose="escort", wording="x", how="x", given_at=NOW
    )
    Absence.objects.create(patient=patient, person=person, starts_on=NOW.date(), ends_on=NOW.date())


def _score(world: World, patient: Patient) -> None:
    MeasureResult.objects.create(
        patient=patient, instrument="phq9", score=9 + patient.pk % 2, measured_on=NOW.date(), recorded_at=NOW
    )


def _form(world: World, patient: Patient) -> None:
    FormRun.objects.create(
        patient=patient, instrument="phq9", language="en", wording=1, begun_at=NOW, alarm=1, alarm_at=NOW
    )


def _flag(world: World, patient: Patient) -> None:
    ScreeningFlag.objects.create(patient=patient, code="pacemaker", noted_at=NOW)


def _link(world: World, patient: Patient) -> None:
    links.link_of(patient_id=patient.pk, now=NOW)


def _calendar(world: World, patient: Patient) -> None:
    feed_actions.make_feed(request=Request(user=None, actor="patient"), patient_id=patient.pk, now=NOW)


def _wait(world: World, patient: Patient) -> None:
    protocol = Protocol.objects.get(code="tms_mdd_36", is_current=True)
    since = NOW - DAY * (patient.pk % 3)
    WaitlistEntry.objects.create(
        site=world.site, patient=patient, kind="waiting", protocol=protocol, urgency="routine", since=since
    )


def _grant(world: World, patient: Patient) -> None:
    payer, _new = Payer.objects.get_or_create(name="Aetna")
    row = Authorization.objects.create(
        patient=patient, payer=payer, state="approved", starts_on=NOW.date(), ends_on=NOW.date() + DAY * 90
    )
    AuthorizationUnit.objects.create(authorization=row, codes=["90867", "90868", "90869"], units=20)


def _asked(world: World, patient: Patient) -> None:
    AskedFor.objects.create(patient=patient, kind="day_before", since=NOW)


def _newer_evidence(world: World, patient: Patient) -> None:
    Prerequisite.objects.filter(patient=patient).update(at=NOW + DAY)


PIECES: dict[str, Callable[[World, Patient], None]] = {
    name.strip("_"): made
    for name, made in list(globals().items())
    if name.startswith("_") and callable(made) and getattr(made, "__module__", "") == __name__
}
