"""What payers grant: entered as it comes in; plans respect it from the next look on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import F

from clinic import actions as clinic_actions
from patients.models import Patient
from scheduling.actions import locking
from scheduling.actions.recount import recount
from scheduling.domain.conflicts import MODALITIES
from scheduling.domain.states import UNITS, AuthorizationState
from scheduling.errors import NotFound, Rejected, Stale
from scheduling.models import Authorization, AuthorizationUnit, CourseEvent, Payer

ASKED_AGAIN = dt.timedelta(days=1)
RULES = ("not_together", "not_same_day")


@dataclass(frozen=True, slots=True)
class NewAuthorization:
    """An authorisation as entered. `pools`: codes and units that may be used for any of them; both dates are in.

    `frequency`: the most units by `day` and `week`. `conditions`: what an extension needs. `documents`: what was sent.
    """

    payer: str
    number: str
    state: AuthorizationState
    starts_on: dt.date
    ends_on: dt.date
    pools: Sequence[tuple[Sequence[str], int]]
    unit: str = "session"
    plan: str = ""
    diagnosis: str = ""
    provider: str = ""
    requested_on: dt.date | None = None
    decided_on: dt.date | None = None
    frequency: Mapping[str, int] = field(default_factory=dict)
    conditions: str = ""
    documents: Sequence[str] = ()


_PLAIN = (
    "number",
    "state",
    "unit",
    "starts_on",
    "ends_on",
    "plan",
    "diagnosis",
    "provider",
    "requested_on",
    "decided_on",
    "conditions",
)


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
    """Enter an authorisation of a patient, recount what is paid, and return its id; the payer is added if it is new.

    :raises Rejected: dates the wrong way round, no units, an unknown unit.
    """
    _check(authorization)
    locking.patient(patient.pk)
    row = Authorization.objects.create(patient=patient, **_columns(authorization))
    _set_pools(row, authorization)
    recount(patient.pk)
    _audit(request, patient, "authorization.added", row.pk, now)
    return row.pk


@transaction.atomic(durable=True)
def change_authorization(
    *,
    request: clinic_actions.Request,
    patient: Patient,
    authorization_id: int,
    version: int,
    now: dt.datetime,
    **changed: Any,
) -> None:
    """Note a payer's answer, or correct what was entered (`changed`: what of `NewAuthorization`), and recount.

    :raises NotFound: the patient has no such authorisation.
    :raises Rejected: as `add_authorization`.
    :raises Stale: somebody changed it since it was read.
    """
    locking.patient(patient.pk)
    row = Authorization.objects.select_for_update().filter(pk=authorization_id, patient=patient).first()
    if row is None:
        raise NotFound("There is no such authorisation.")
    if row.version != version:
        raise Stale("Somebody changed this authorisation meanwhile. Look at it again.")
    after = replace(_entered(row), **changed)
    _check(after)
    Authorization.objects.filter(pk=row.pk).update(**_columns(after), version=F("version") + 1)
    if "pools" in changed:
        row.pools.all().delete()
        _set_pools(row, after)
    recount(patient.pk)
    _audit(request, patient, "authorization.changed", row.pk, now)


@transaction.atomic(durable=True)
def ask_extension(*, request: clinic_actions.Request, course_id: int, now: dt.datetime) -> None:
    """Note that a course's payer was, or is to be, asked for more; asked before by anybody, nothing is added that day.

    :raises NotFound: there is no such course.
    """
    course = locking.course(course_id)
    asked = CourseEvent.objects.filter(course=course, kind="extension_asked").order_by("-pk").first()
    if asked is not None and now - asked.at < ASKED_AGAIN:
        return
    CourseEvent.objects.create(
        course=course,
        kind="extension_asked",
        from_state=course.state,
        to_state=course.state,
        at=now,
        by=request.user,
    )
    _audit(request, course.patient, "authorization.extension_asked", course.pk, now)


def _check(new: NewAuthorization) -> None:
    if new.ends_on < new.starts_on:
        raise Rejected("The authorisation must end on or after the day it starts.", fields={"ends_on": "too early"})
    if new.unit not in UNITS:
        raise Rejected("A unit is a session, a day, a visit or a milligram.", fields={"unit": "unknown"})
    if not new.pools or any(units < 1 or not codes for codes, units in new.pools):
        raise Rejected("Name at least one code and at least one unit.", fields={"pools": "empty"})
    if set(new.frequency) - {"day", "week"} or any(most < 1 for most in new.frequency.values()):
        raise Rejected("The most units are by day and by week, one or more.", fields={"frequency": "unknown"})


def _columns(new: NewAuthorization) -> dict[str, Any]:
    payer, _is_new = Payer.objects.get_or_create(name=new.payer.strip())
    plain = {name: getattr(new, name) for name in _PLAIN}
    return plain | {"payer": payer, "frequency": dict(new.frequency), "documents": list(new.documents)}


def _entered(row: Authorization) -> NewAuthorization:
    """Return a stored authorisation as it would be entered."""
    pools = [(pool.codes, pool.units) for pool in row.pools.order_by("pk")]
    plain = {name: getattr(row, name) for name in _PLAIN}
    return NewAuthorization(
        payer=row.payer.name, pools=pools, frequency=row.frequency, documents=row.documents, **plain
    )


def _set_pools(row: Authorization, new: NewAuthorization) -> None:
    AuthorizationUnit.objects.bulk_create(
        AuthorizationUnit(authorization=row, codes=sorted(codes), units=units) for codes, units in new.pools
    )


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
