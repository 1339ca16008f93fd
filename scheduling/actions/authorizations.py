"""What payers grant: entered as it comes in; plans respect it from the next look on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from clinic import actions as clinic_actions
from patients.models import Patient
from scheduling.domain.conflicts import MODALITIES
from scheduling.domain.states import UNITS, AuthorizationState
from scheduling.errors import NotFound, Rejected, Stale
from scheduling.models import Authorization, AuthorizationUnit, Payer

RULES = ("not_together", "not_same_day")


@dataclass(frozen=True, slots=True)
class NewAuthorization:
    """An authorisation as entered. `pools`: codes and units that may be used for any of them; both dates are in."""

    payer: str
    number: str
    state: AuthorizationState
    starts_on: dt.date
    ends_on: dt.date
    pools: Sequence[tuple[Sequence[str], int]]
    unit: str = "session"


@transaction.atomic(durable=True)
def set_payer(*, name: str, rules: Mapping[str, Sequence[Sequence[str]]]) -> int:
    """Add a payer or replace what it forbids, and return its id.

    :raises Rejected: a rule that is not pairs of modalities.
    """
    for key, pairs in rules.items():
        if key not in RULES or any(len(pair) != 2 or not set(pair) <= MODALITIES for pair in pairs):
            raise Rejected(f"{key}: write pairs of modalities.", fields={"rules": key})
    return Payer.objects.update_or_create(name=name, defaults={"rules": dict(rules)})[0].pk


@transaction.atomic(durable=True)
def add_authorization(
    *, request: clinic_actions.Request, patient: Patient, authorization: NewAuthorization, now: dt.datetime
) -> int:
    """Enter an authorisation of a patient and return its id; the payer is added if it is new.

    :raises Rejected: dates the wrong way round, no units, an unknown unit.
    """
    new = authorization
    if new.ends_on < new.starts_on:
        raise Rejected("The authorisation must end on or after the day it starts.", fields={"ends_on": "too early"})
    if new.unit not in UNITS:
        raise Rejected("A unit is a session, a day or a visit.", fields={"unit": "unknown"})
    if not new.pools or any(units < 1 or not codes for codes, units in new.pools):
        raise Rejected("Name at least one code and at least one unit.", fields={"pools": "empty"})
    payer, _is_new = Payer.objects.get_or_create(name=new.payer.strip())
    row = Authorization.objects.create(
        patient=patient,
        payer=payer,
        number=new.number,
        state=new.state,
        unit=new.unit,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
    )
    AuthorizationUnit.objects.bulk_create(
        AuthorizationUnit(authorization=row, codes=sorted(codes), units=units) for codes, units in new.pools
    )
    _audit(request, patient, "authorization.added", row.pk, now)
    return row.pk


@transaction.atomic(durable=True)
def change_authorization(
    *,
    request: clinic_actions.Request,
    patient: Patient,
    authorization_id: int,
    version: int,
    state: AuthorizationState,
    ends_on: dt.date | None,
    now: dt.datetime,
) -> None:
    """Note a payer's answer: another state, another last day.

    :raises NotFound: the patient has no such authorisation.
    :raises Stale: somebody changed it since it was read.
    """
    row = Authorization.objects.select_for_update().filter(pk=authorization_id, patient=patient).first()
    if row is None:
        raise NotFound("There is no such authorisation.")
    if row.version != version:
        raise Stale("Somebody changed this authorisation meanwhile. Look at it again.")
    Authorization.objects.filter(pk=row.pk).update(
        state=state, ends_on=ends_on or row.ends_on, version=F("version") + 1
    )
    _audit(request, patient, "authorization.changed", row.pk, now)


def _audit(request: clinic_actions.Request, patient: Patient, action: str, row_id: int, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=patient.site,
        action=action,
        patient_ids=[patient.pk],
        object_type="authorization",
        object_id=row_id,
        now=now,
    )
