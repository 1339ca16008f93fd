"""Records that were merged into another one of the same person: which one it is, and who might be one person."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from patients.domain.contact import PatientState, folded
from patients.domain.joining import FIELDS, agreed, stopped
from patients.errors import Merged
from patients.models import Consent, ContactPoint, Patient, PatientMerge

LONGEST_CHAIN = 20


def survivor_of(patient_id: int) -> int | None:
    """Return the record another one was merged into, in the end; None: it was not merged."""
    found = None
    for _step in range(LONGEST_CHAIN):
        kept = PatientMerge.objects.filter(gone=found or patient_id, undone_at=None).values_list("kept", flat=True)
        if not (into := kept.first()):
            break
        found = into
    return found


def survivors(patients: Iterable[Patient]) -> list[Patient]:
    """Return the same patients, each merged one by the record it was merged into, and every one once."""
    found: dict[int, Patient] = {}
    for patient in patients:
        into = survivor_of(patient.pk) if patient.state == PatientState.MERGED else None
        kept = Patient.objects.select_related("site").get(pk=into) if into else patient
        found.setdefault(kept.pk, kept)
    return list(found.values())


def refuse_merged(patient: Patient) -> None:
    """Let nobody work on a record that was merged into another one.

    :raises Merged: it was.
    """
    if patient.state != PatientState.MERGED:
        return
    kept = Patient.objects.get(pk=survivor_of(patient.pk) or patient.pk)
    raise Merged(
        f"This record was merged into {kept.record_number}. Use that one.", alternatives=[{"patient": kept.pk}]
    )


def with_joined(matches: Q) -> Q:
    """Return what finds the same patients, and those into whom a record was merged that it would find."""
    if not matches:
        return matches
    merges = PatientMerge.objects.filter(undone_at=None, gone__in=Patient.objects.filter(matches))
    return matches | Q(pk__in=merges.values("kept"))


def merges_of(patient_id: int) -> list[PatientMerge]:
    """Return the merges into a record that stand, latest first; one statement."""
    rows = PatientMerge.objects.filter(kept=patient_id, undone_at=None).select_related("gone", "by")
    return list(rows.order_by("-at", "-pk"))


def former_numbers(patient_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the record numbers of what was merged into some patients, by patient; one statement."""
    found: dict[int, list[str]] = {}
    rows = PatientMerge.objects.filter(kept__in=patient_ids, undone_at=None).order_by("at", "pk")
    for patient_id, number in rows.values_list("kept", "gone__record_number"):
        found.setdefault(patient_id, []).append(number)
    return found


def alike(patient: Patient, *, limit: int = 5) -> list[Patient]:
    """Return who may be the same person: born on the day, of the same name, or with the same phone or e-mail."""
    others = Patient.objects.filter(site=patient.site_id).exclude(pk=patient.pk).exclude(state=PatientState.MERGED)
    values = ContactPoint.objects.filter(patient=patient).values("value")
    name = folded(f"{patient.first_name} {patient.last_name}")
    is_near = (
        Q(birth_date=patient.birth_date)
        | Q(search_text__contains=name)
        | Q(pk__in=ContactPoint.objects.filter(value__in=values).values("patient"))
    )
    rows = others.filter(is_near).select_related("site").prefetch_related("contact_points")
    return list(rows.order_by("last_name", "first_name", "pk")[:limit])


@dataclass(frozen=True, slots=True)
class Parts:
    """What is known about who a record is of, and how they are reached; `stops`: channels and purposes said no to."""

    patient: Patient
    values: Mapping[str, object]
    points: Mapping[str, str]  # the preferred one of each kind
    others: int  # addresses beside those
    agreed: frozenset[tuple[str, str]]
    stops: frozenset[tuple[str, str]]
    has_died: bool


def parts_of(patient: Patient) -> Parts:
    """Return one side of a merge; two statements."""
    points = list(ContactPoint.objects.filter(patient=patient).order_by("pk"))
    words = consent_words(patient.pk)
    preferred = {point.kind: point.value for point in points if point.is_preferred}
    return Parts(
        patient=patient,
        values={name: getattr(patient, name) for name in FIELDS},
        points=preferred,
        others=len(points) - len(preferred),
        agreed=frozenset(agreed(words)),
        stops=frozenset(stopped(words)),
        has_died=patient.state == PatientState.DECEASED,
    )


def consent_words(patient_id: int) -> list[tuple[str, str, bool]]:
    """Return what a patient said about being written to: channel, purpose, and whether it is a yes that stands."""
    rows = Consent.objects.filter(patient=patient_id, person=None).values_list("channel", "purpose", "revoked_at")
    return [(channel, purpose, revoked_at is None) for channel, purpose, revoked_at in rows]
