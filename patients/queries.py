"""Finding patients, and reading one record."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from patients.domain.contact import ContactKind, PatientState, folded
from patients.domain.finding import Term, is_same_name, terms
from patients.joined import survivors, with_joined
from patients.models import Consent, ContactPoint, Patient

SHORTEST = 2  # a letter alone would list half the clinic


def patients_matching(*, site_ids: Sequence[int], text: str = "", region: str = "US") -> QuerySet[Patient]:
    """Return the patients of some sites by name, as a query to be paged; contact points fetched.

    Every part of the text is met: by names, birth date (in the order of the region), phone digits or record number;
    what finds a record that was merged into a patient's finds that patient.
    """
    matches = Q()
    for term in terms(text, region=region):
        matches &= _any_of(term)
    return (
        Patient.objects.filter(with_joined(matches), site_id__in=site_ids)
        .exclude(state=PatientState.MERGED)
        .select_related("site")
        .prefetch_related("contact_points")
        .order_by("last_name", "first_name", "pk")
    )


def _any_of(term: Term) -> Q:
    met = Q(birth_date__in=term.born) if term.born else Q()
    for text in term.texts:
        met |= Q(search_text__contains=text)
    return met | Q(birth_date__year=term.year) if term.year else met


def patients_found(*, site_ids: Sequence[int], text: str, limit: int = 20, region: str = "US") -> list[Patient]:
    """Return the first patients that match a text of two letters or more; contact points fetched."""
    if len(text.strip()) < SHORTEST or not terms(text, region=region):
        return []
    return list(patients_matching(site_ids=site_ids, text=text, region=region)[:limit])


def first_names_like(*, site_ids: Sequence[int], words: Sequence[str]) -> list[str]:
    """Return first names, folded, of patients at some sites that begin like one of a few words."""
    begins = Q(pk=None)
    for word in words[:4]:
        begins |= Q(first_name__istartswith=word)
    names = Patient.objects.filter(begins, site_id__in=site_ids).values_list("first_name", flat=True)
    return [folded(name) for name in names.distinct()[:20]]


def twins_of(
    *, site_ids: Sequence[int], born: dt.date, first: str = "", last: str = "", phone: str = ""
) -> list[Patient]:
    """Return who was born on a day and has a name, either way round, or a phone (E.164) of theirs: one person?"""
    same_day = Patient.objects.filter(site_id__in=site_ids, birth_date=born).select_related("site")
    found = [
        patient
        for patient in same_day.prefetch_related("contact_points").order_by("pk")
        if (first and last and is_same_name(patient, first=first, last=last))
        or (phone and any(point.value == phone for point in patient.contact_points.all()))
    ]
    return survivors(found)


def patient_list(*, site_ids: Sequence[int], limit: int = 200) -> list[Patient]:
    """Return the patients of some sites by name; contact points fetched."""
    return list(patients_matching(site_ids=site_ids)[:limit])


def contact_points(patient: Patient) -> list[ContactPoint]:
    """Return how a patient can be reached, phones first, of each kind the one that is used first."""
    return sorted(
        ContactPoint.objects.filter(patient=patient),
        key=lambda point: (point.kind != ContactKind.PHONE, not point.is_preferred, point.pk),
    )


def consents_in_force(patient: Patient) -> list[Consent]:
    """Return the consents a patient has given and not taken back."""
    return list(Consent.objects.filter(patient=patient, revoked_at=None).order_by("channel"))
