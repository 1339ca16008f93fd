"""A patient's authorisations."""

from scheduling.domain.coverage import Grant
from scheduling.domain.states import GRANTED
from scheduling.models import Authorization


def authorizations_of(patient_id: int) -> list[Authorization]:
    """Return a patient's authorisations, the one that ends first first; payer and pools fetched."""
    rows = Authorization.objects.filter(patient_id=patient_id).select_related("payer").prefetch_related("pools")
    return list(rows.order_by("ends_on", "pk"))


def granted_to(patient_id: int) -> tuple[Grant, ...]:
    """Return what payers have granted a patient, the one that ends first first."""
    return tuple(as_grant(row) for row in authorizations_of(patient_id) if row.state in GRANTED)


def as_grant(row: Authorization) -> Grant:
    """Return an authorisation, its pools fetched, as the pure recount sees it."""
    return Grant(
        id=row.pk,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        pools=tuple((frozenset(pool.codes), pool.units) for pool in row.pools.all()),
        unit=row.unit,
        per_day=row.frequency.get("day"),
        per_week=row.frequency.get("week"),
    )
