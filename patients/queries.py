"""Finding patients, and reading one record."""

import re
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from patients.domain.contact import ContactKind, folded
from patients.models import Consent, ContactPoint, Patient

PHONE_LIKE = re.compile(r"\+?[\d\s().]*\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}")


def patients_matching(*, site_ids: Sequence[int], text: str = "") -> QuerySet[Patient]:
    """Return the patients of some sites by name, as a query to be paged; contact points fetched.

    Names, birth date, digits or record number hold every word of `text`, in any order.
    """
    matches = Q()
    # A phone as people write it, (555) 010-2040, is one word: its digits.
    words = [re.sub(r"\D", "", text)] if PHONE_LIKE.fullmatch(text.strip()) else text.split()
    for word in words:
        matches &= Q(search_text__contains=folded(word))
    return (
        Patient.objects.filter(matches, site_id__in=site_ids)
        .select_related("site")
        .prefetch_related("contact_points")
        .order_by("last_name", "first_name", "pk")
    )


def patients_found(*, site_ids: Sequence[int], text: str, limit: int = 20) -> list[Patient]:
    """Return the first patients that match a text of two letters or more; contact points fetched."""
    return list(patients_matching(site_ids=site_ids, text=text)[:limit]) if len(text.strip()) >= 2 else []


def patient_list(*, site_ids: Sequence[int], limit: int = 200) -> list[Patient]:
    """Return the patients of some sites by name; contact points fetched."""
    return list(patients_matching(site_ids=site_ids)[:limit])


def contact_points(patient: Patient) -> list[ContactPoint]:
    """Return how a patient can be reached, phones first."""
    return sorted(
        ContactPoint.objects.filter(patient=patient),
        key=lambda point: (point.kind != ContactKind.PHONE, point.pk),
    )


def consents_in_force(patient: Patient) -> list[Consent]:
    """Return the consents a patient has given and not taken back."""
    return list(Consent.objects.filter(patient=patient, revoked_at=None).order_by("channel"))
