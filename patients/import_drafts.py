"""A list of patients on its way in, as it stands: who is new, who is here already, and every row that needs a look."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clinic.models import Site
from patients import import_actions, phones
from patients.domain.csv_repair import Fixes, repaired
from patients.domain.csv_rows import Fault, Readers, Row, read_rows
from patients.errors import NotFound
from patients.models import ImportDraft

UNDONE_WITHIN = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Checked:
    """A list, read: the sound rows, how many of them are new, and all that is wrong, by row."""

    rows: list[Row]
    new: int
    faults: list[Fault]


def readers_of(site: Site) -> Readers:
    """Return how a phone and an e-mail address are read at a site."""
    return Readers(to_phone=partial(phones.to_e164, region=site.region), to_email=_email)


def draft(*, sites: Collection[Site], draft_id: int) -> ImportDraft:
    """Return a list on its way in.

    :raises NotFound: there is none at these sites.
    """
    found = ImportDraft.objects.filter(site__in=sites, pk=draft_id).select_related("site", "by").first()
    if found is None:
        raise NotFound("There is no such list here. Lists that were not imported are gone after a week.")
    return found


def drafts_of(*, site: Site, now: dt.datetime) -> list[ImportDraft]:
    """Return the lists that are on their way in, or came in so lately that they can be taken back; the latest first."""
    rows = ImportDraft.objects.filter(site=site, undone_at=None).select_related("by").defer("text")
    return [row for row in rows.order_by("-made_at", "-pk") if row.done_at is None or can_be_undone(row, now=now)]


def can_be_undone(row: ImportDraft, *, now: dt.datetime) -> bool:
    """Tell whether an import can be taken back."""
    return row.done_at is not None and row.undone_at is None and now - row.done_at < UNDONE_WITHIN


def fixes_of(row: ImportDraft) -> Fixes:
    """Return what was typed instead of cells, by row."""
    return {int(number): cells for number, cells in row.fixes.items()}


def checked(row: ImportDraft, *, today: dt.date) -> Checked:
    """Return how a list stands; writes nothing."""
    text = repaired(row.text, fixes_of(row), set(row.skipped))
    rows, faults = read_rows(text, today=today, readers=readers_of(row.site))
    new = 0
    try:
        new = len(import_actions.check_against_stored(site=row.site, rows=rows))
    except import_actions.ImportRefused as refusal:
        faults = [*faults, *refusal.faults]
        wrong = {fault.row for fault in refusal.faults}
        new = len(
            import_actions.check_against_stored(site=row.site, rows=[each for each in rows if each.number not in wrong])
        )
    return Checked(rows, new, sorted(faults, key=lambda fault: fault.row))


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError("is not an e-mail address.") from error
    return text
