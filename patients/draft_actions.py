"""A list of patients in a manager's hands: kept, mended, let in as a whole, and taken back within a day."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import ForeignObjectRel, Q

from clinic import actions as clinic_actions
from clinic.models import AuditEntry, Site
from patients.domain.csv_repair import Fixes
from patients.errors import Conflict, NotFound, Rejected
from patients.import_actions import BATCH, HOW, ImportRefused, insert_rows
from patients.import_drafts import can_be_undone, checked
from patients.models import Consent, ContactPoint, ImportDraft, Patient

KEPT = dt.timedelta(days=7)
LONGEST = 8_000_000  # letters: 20,000 rows and to spare
# Looking at somebody is no reason to keep them.
_LOOKED = ("listed", "viewed", "found", "opened", "previewed", "imported", "read", "searched")


@transaction.atomic(durable=True)
def begin_import(*, request: clinic_actions.Request, site: Site, text: str, now: dt.datetime) -> int:
    """Keep a list that is to be looked at and mended, and return its id.

    :raises Rejected: it is empty, too long, or no text.
    """
    if not text.strip():
        raise Rejected("There is nothing in it. Choose a file, or paste the rows with their heading.", code="empty")
    if "\x00" in text or len(text) > LONGEST:
        raise Rejected("This is no list as text. Save it as CSV, at most 8 MB, and choose it again.", code="not_text")
    draft = ImportDraft.objects.create(site=site, by=request.staff, made_at=now, text=text)
    _audit(request, draft, "kept", [None], now)
    return draft.pk


@transaction.atomic(durable=True)
def mend(
    *, request: clinic_actions.Request, site: Site, draft_id: int, fixes: Fixes, skipped: Collection[int]
) -> ImportDraft:
    """Keep what was typed instead of cells, and which rows are left out.

    :raises NotFound: there is no such list.
    :raises Conflict: it is done.
    """
    draft = _locked(site, draft_id)
    for number, cells in fixes.items():
        draft.fixes[str(number)] = draft.fixes.get(str(number), {}) | dict(cells)
    draft.skipped = sorted(skipped)
    draft.save(update_fields=["fixes", "skipped"])
    return draft


@transaction.atomic(durable=True)
def finish_import(*, request: clinic_actions.Request, site: Site, draft_id: int, now: dt.datetime) -> ImportDraft:
    """Let a list in, all of it or nothing. No message leaves because of it, and the list itself is not kept.

    :raises NotFound: there is no such list.
    :raises Conflict: it is done.
    :raises Rejected: rows need a look first.
    """
    draft = _locked(site, draft_id)
    found = checked(draft, today=now.astimezone(ZoneInfo(site.zone)).date())
    if found.faults:
        count = len({fault.row for fault in found.faults})
        needs = "1 row needs" if count == 1 else f"{count} rows need"
        raise Rejected(f"{needs} a look first. Nothing was imported.", code="rows")
    try:
        draft.added = insert_rows(site=site, rows=found.rows, by=request.user, now=now)
    except ImportRefused as refusal:
        raise Conflict("Somebody changed a patient of this list meanwhile. Nothing was imported.") from refusal
    draft.text, draft.fixes, draft.skipped, draft.done_at = "", {}, [], now
    draft.save()
    _audit(request, draft, "imported", draft.added, now)
    return draft


@transaction.atomic(durable=True)
def drop_import(*, request: clinic_actions.Request, site: Site, draft_id: int, now: dt.datetime) -> None:
    """Throw a list away that was not imported.

    :raises NotFound: there is no such list.
    :raises Conflict: it is done.
    """
    draft = _locked(site, draft_id)
    _audit(request, draft, "dropped", [None], now)
    draft.delete()


@transaction.atomic(durable=True)
def undo_import(*, request: clinic_actions.Request, site: Site, draft_id: int, now: dt.datetime) -> tuple[int, int]:
    """Take an import back within a day: how many went, and how many stay because something was done for them since.

    :raises NotFound: there is no such list.
    :raises Conflict: it was taken back before, or it is too late.
    """
    draft = ImportDraft.objects.select_for_update(no_key=True).filter(site=site, pk=draft_id).first()
    if draft is None:
        raise NotFound("There is no such import.")
    if draft.done_at is None or not can_be_undone(draft, now=now):
        raise Conflict("This import can't be taken back any more: a day has passed, or it was taken back before.")
    gone = stay = 0
    for ids in _batches(draft.added):
        # Locked first: nobody books for somebody who is about to go.
        there = set(Patient.objects.select_for_update().filter(pk__in=ids).values_list("pk", flat=True))
        going = there - _touched(ids, since=draft.done_at)
        Consent.objects.filter(patient__in=going).delete()
        ContactPoint.objects.filter(patient__in=going).delete()
        Patient.objects.filter(pk__in=going).delete()
        _audit(request, draft, "import_undone", sorted(going), now)
        gone, stay = gone + len(going), stay + len(there) - len(going)
    draft.undone_at, draft.added = now, []
    draft.save(update_fields=["undone_at", "added"])
    return gone, stay


@transaction.atomic(durable=True)
def forget_imports(*, now: dt.datetime) -> int:
    """Delete lists of a week ago, imported or not, and return how many."""
    return ImportDraft.objects.filter(made_at__lt=now - KEPT).delete()[0]


def _touched(ids: Sequence[int], *, since: dt.datetime) -> set[int]:
    """Return those for whom something was entered after they came in: visits, consents, numbers, anything."""
    entries = AuditEntry.objects.filter(patient_id__in=ids, at__gte=since)
    found = {pk for pk, action in entries.values_list("patient_id", "action") if not action.endswith(_LOOKED)}
    changed = Patient.objects.filter(pk__in=ids).filter(
        ~Q(version=1) | Q(contact_points__is_usable=False) | Q(consents__revoked_at__isnull=False)
    )
    found |= set(changed.values_list("pk", flat=True))
    found |= set(Consent.objects.filter(patient__in=ids).exclude(how=HOW).values_list("patient", flat=True))
    for relation in Patient._meta.get_fields(include_hidden=True):  # whatever else points at them, of any app
        if isinstance(relation, ForeignObjectRel) and relation.related_model not in (ContactPoint, Consent):
            name = relation.field.name
            rows = relation.related_model._base_manager.filter(**{f"{name}__in": ids})
            found |= set(rows.values_list(name, flat=True))
    return {pk for pk in found if pk is not None}


def _locked(site: Site, draft_id: int) -> ImportDraft:
    rows = ImportDraft.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    draft = rows.filter(site=site, pk=draft_id).first()
    if draft is None:
        raise NotFound("There is no such list here.")
    if draft.done_at is not None:
        raise Conflict("This list is imported already.")
    return draft


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _audit(
    request: clinic_actions.Request, draft: ImportDraft, step: str, ids: Sequence[int | None], now: dt.datetime
) -> None:
    about = {"object_type": "patient"} if ids != [None] else {"object_type": "import", "object_id": draft.pk}
    clinic_actions.write_audit(
        request=request,
        site=draft.site,
        action=f"patient.{step}",
        patient_ids=ids,
        now=now,
        **about,
    )
