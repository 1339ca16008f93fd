"""A patient's authorisations."""

from scheduling.models import Authorization


def authorizations_of(patient_id: int) -> list[Authorization]:
    """Return a patient's authorisations, the one that ends first first; payer and pools fetched."""
    rows = Authorization.objects.filter(patient_id=patient_id).select_related("payer").prefetch_related("pools")
    return list(rows.order_by("ends_on", "pk"))
