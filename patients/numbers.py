"""The numbers staff call patients by, for a list of them at once."""

from collections.abc import Collection

from patients.domain.contact import ContactKind
from patients.models import ContactPoint


def phones_of(patient_ids: Collection[int]) -> dict[int, str]:
    """Return the number by which each patient is called, if there is one; one statement."""
    rows = ContactPoint.objects.filter(patient__in=patient_ids, kind=ContactKind.PHONE, is_usable=True)
    # The preferred one last: it is kept.
    return dict(rows.order_by("is_preferred", "-pk").values_list("patient_id", "value"))
