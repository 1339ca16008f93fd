"""Two records of one person become one, and two again: the patient's own rows, inside the caller's transaction."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F, Model, QuerySet

from clinic import actions as clinic_actions
from clinic.models import AuditEntry
from patients.domain.contact import ContactKind, PatientState, search_text
from patients.domain.joining import POINTS, UNDO_FOR, agreed, ended_by, outcome, stopped
from patients.edit_actions import EDITED
from patients.errors import Conflict, Merged, NotFound, Rejected, Stale
from patients.joined import consent_words, parts_of
from patients.models import (
    Absence,
    CalendarFeed,
    Consent,
    ContactPoint,
    FormRun,
    MeasureResult,
    Patient,
    PatientLink,
    PatientMerge,
    RelatedPerson,
    ScreeningFlag,
)
from patients.moved_rows import MovedRows, take_back

CHANGED = "{who} changed one of these records meanwhile. Nothing was merged. Look at them again."


def pair(*, kept_id: int, gone_id: int, versions: tuple[int, int], is_sure: bool) -> tuple[Patient, Patient]:
    """Return two records that may be merged; both must be locked. `is_sure`: a person looked at two birth dates.

    :raises NotFound: one is missing, or they are at two sites.
    :raises Merged: one was merged already.
    :raises Stale: one was changed since it was read.
    :raises Rejected: the birth dates differ and nobody said it is one person, or only one of them has died.
    """
    found = Patient.objects.select_related("site").in_bulk([kept_id, gone_id])
    if len(found) != 2 or found[kept_id].site_id != found[gone_id].site_id:
        raise NotFound("There are no two such records at one site.")
    kept, gone = found[kept_id], found[gone_id]
    if PatientState.MERGED in (kept.state, gone.state):
        raise Merged("One of these records was merged already. Nothing was changed.")
    if (kept.version, gone.version) != versions:
        raise Stale(CHANGED.format(who=_who_changed(kept if kept.version != versions[0] else gone)))
    if (kept.state == PatientState.DECEASED) != (gone.state == PatientState.DECEASED):
        raise Rejected("One of the records says that this person has died. Set that right first.", code="died")
    if kept.birth_date != gone.birth_date and not is_sure:
        raise Rejected(
            "The birth dates differ. Tick that this is one person, or leave the records apart.",
            fields={"sure": "required"},
        )
    return kept, gone


def _who_changed(patient: Patient) -> str:
    latest = AuditEntry.objects.filter(patient_id=patient.pk, action=EDITED).select_related("actor").order_by("-pk")
    found = latest.first()
    return found.actor.name if found and found.actor else "Somebody"


def move(moved: MovedRows, kept: Patient, gone: Patient, *, take: Collection[str], now: dt.datetime) -> None:
    """Move what belongs to one patient to another one and set the other record aside.

    `take`: the fields, and the kinds of address, that are right in the one set aside. What the kept record has
    already, the same day or topic, stays where it is.
    """
    _move_consents(moved, kept, gone, now)
    _move_points(moved, kept, gone, take)
    for model in (RelatedPerson, Absence):
        moved.change(_of(model, gone), patient_id=kept.pk)
    _move_new(moved, kept, gone, MeasureResult.objects.all(), by=("instrument", "measured_on"))
    _move_forms(moved, kept, gone, now)
    moved.change(ScreeningFlag.objects.filter(patient=gone, cleared_at__isnull=False), patient_id=kept.pk)
    _move_new(moved, kept, gone, ScreeningFlag.objects.filter(cleared_at=None), by=("code",))
    _move_links(moved, kept, gone, now)
    _move_details(moved, kept, gone, take)


def _of(model: type[Model], patient: Patient) -> QuerySet[Any]:
    return model._default_manager.filter(patient=patient)


def _move_new(moved: MovedRows, kept: Patient, gone: Patient, rows: QuerySet[Any], *, by: Sequence[str]) -> None:
    """Move those of some rows the kept record has no like of."""
    known = set(rows.filter(patient=kept).values_list(*by))
    mine = {row[0]: row[1:] for row in rows.filter(patient=gone).values_list("pk", *by)}
    fresh = [pk for pk, key in mine.items() if key not in known]
    moved.change(rows.filter(pk__in=fresh), patient_id=kept.pk)


def _move_consents(moved: MovedRows, kept: Patient, gone: Patient, now: dt.datetime) -> None:
    """Move consents; who said stop in either record is not written to."""
    words = [consent_words(patient.pk) for patient in (kept, gone)]
    over = ended_by(agreed(words[0]), agreed(words[1]), stopped(words[0]) | stopped(words[1]))
    own = Consent.objects.filter(person=None)
    for channel, purpose in sorted(over):
        in_force = own.filter(patient__in=[kept, gone], channel=channel, purpose=purpose, revoked_at=None)
        moved.change(in_force, revoked_at=now)
    moved.change(Consent.objects.filter(patient=gone, person__isnull=False), patient_id=kept.pk)
    moved.change(own.filter(patient=gone, revoked_at__isnull=False), patient_id=kept.pk)
    _move_new(moved, kept, gone, own.filter(revoked_at=None), by=("channel", "purpose"))


def _move_points(moved: MovedRows, kept: Patient, gone: Patient, take: Collection[str]) -> None:
    """Move numbers and addresses; one of each kind is used: the kept record's, unless the other one's is right."""
    preferred = _preferred(kept)
    theirs = _preferred(gone)
    known = set(ContactPoint.objects.filter(patient=kept).values_list("kind", "value"))
    rows = ContactPoint.objects.filter(patient=gone).values_list("pk", "kind", "value")
    fresh = ContactPoint.objects.filter(pk__in=[pk for pk, *key in rows if tuple(key) not in known])
    # One both have stays as it is: a stop from that number then ends what was agreed in either record.
    moved.change(fresh.filter(is_preferred=True), is_preferred=False)
    moved.change(fresh, patient_id=kept.pk)
    for kind, value in theirs.items():
        if kind in take or kind not in preferred:
            moved.change(ContactPoint.objects.filter(patient=kept, kind=kind, is_preferred=True), is_preferred=False)
            moved.change(ContactPoint.objects.filter(patient=kept, kind=kind, value=value), is_preferred=True)


def _preferred(patient: Patient) -> dict[str, str]:
    rows = ContactPoint.objects.filter(patient=patient, is_preferred=True)
    return dict(rows.values_list("kind", "value"))


def _move_forms(moved: MovedRows, kept: Patient, gone: Patient, now: dt.datetime) -> None:
    """Move filled-in forms; of two begun on one scale, the kept record's is gone on with."""
    begun = FormRun.objects.filter(finished_at=None, dropped_at=None)
    both = begun.filter(patient=kept).values("instrument")
    moved.change(begun.filter(patient=gone, instrument__in=both), dropped_at=now)
    moved.change(_of(FormRun, gone), patient_id=kept.pk)


def _move_links(moved: MovedRows, kept: Patient, gone: Patient, now: dt.datetime) -> None:
    """Let the address in the texts they have lead on, and the one their calendar reads; of two, one."""
    for model in (PatientLink, CalendarFeed):
        in_force = model._default_manager.filter(ended_at=None)
        if in_force.filter(patient=kept).exists():
            moved.change(in_force.filter(patient=gone), ended_at=now)
        else:
            moved.change(in_force.filter(patient=gone), patient_id=kept.pk)


def _move_details(moved: MovedRows, kept: Patient, gone: Patient, take: Collection[str]) -> None:
    row = Patient.objects.filter(pk=kept.pk)
    for name, (_was, value) in outcome(parts_of(kept).values, parts_of(gone).values, take=take).items():
        moved.change(row, only=None, **{name: value})
    if gone.state == PatientState.ACTIVE:
        moved.change(row, state=PatientState.ACTIVE.value)
    moved.change(Patient.objects.filter(pk=gone.pk), state=PatientState.MERGED.value)
    row.update(search_text=_found_by(kept.pk))
    _bump(kept.pk, gone.pk)


def _found_by(patient_id: int) -> str:
    patient = Patient.objects.get(pk=patient_id)
    return search_text(
        first=patient.first_name,
        last=patient.last_name,
        preferred=patient.preferred_name,
        record_number=patient.record_number,
        phone=_preferred(patient).get(ContactKind.PHONE),
    )


def _bump(*ids: int) -> None:
    Patient.objects.filter(pk__in=ids).update(version=F("version") + 1)


def write(
    *, request: clinic_actions.Request, kept: Patient, gone: Patient, moved: MovedRows, now: dt.datetime
) -> PatientMerge:
    """Write down that two records were merged, and what moved."""
    assert request.user is not None
    merge = PatientMerge.objects.create(
        site=kept.site, kept=kept, gone=gone, at=now, by=request.user, until=now + UNDO_FOR, steps=moved.stored()
    )
    _audit(request, merge, "patient.merged", now)
    return merge


def to_part(*, merge_id: int, now: dt.datetime) -> PatientMerge:
    """Return a merge that may be taken back; both records must be locked.

    :raises NotFound: there is none.
    :raises Conflict: it was taken back, a day has passed, or the kept record was merged on.
    """
    merge = PatientMerge.objects.select_for_update(of=("self",)).select_related("site", "kept", "gone")
    row = merge.filter(pk=merge_id).first()
    if row is None:
        raise NotFound("There is no such merge.")
    if row.undone_at is not None:
        raise Conflict("This merge was taken back already.", code="already_done")
    if now > row.until:
        raise Conflict("A merge can be taken back for 24 hours. That time is over.", code="too_late")
    if row.kept.state == PatientState.MERGED:
        raise Conflict("The record was merged on since. Take back the newer merge first.", code="merged_on")
    return row


def part(merge: PatientMerge, *, request: clinic_actions.Request, now: dt.datetime) -> None:
    """Give both records back what they had. What was noted since stays with the one that was kept."""
    take_back(merge.steps)
    for patient_id in (merge.kept_id, merge.gone_id):
        Patient.objects.filter(pk=patient_id).update(search_text=_found_by(patient_id))
    _bump(merge.kept_id, merge.gone_id)
    PatientMerge.objects.filter(pk=merge.pk).update(undone_at=now, undone_by=request.user)
    _audit(request, merge, "patient.parted", now)


def _audit(request: clinic_actions.Request, merge: PatientMerge, action: str, now: dt.datetime) -> None:
    clinic_actions.write_audit(
        request=request,
        site=merge.site,
        action=action,
        patient_ids=[merge.kept_id, merge.gone_id],
        object_type="merge",
        object_id=merge.pk,
        now=now,
    )


assert set(POINTS) == {kind.value for kind in ContactKind}
