"""The addresses patients open without a login: tokens that can be made again though only their hashes are kept."""

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import transaction

from patients import tokens
from patients.models import CalendarFeed, DriverLink, LinkCheck, PatientLink
from patients.tokens import hash_of


def token_of(link: PatientLink) -> str:
    """Return a link's token: the same for the same id and generation, and nothing without LINK_KEY."""
    return tokens.made("patient link", link.pk, link.generation)


def address_of(link: PatientLink) -> str:
    """Return the address a text carries, whole, on the clinic's own domain."""
    return f"{settings.LINK_URL.rstrip('/')}/v/{token_of(link)}/"


def address_again(link_id: int, generation: int) -> str:
    """Return the address a text carried, by what was kept of it; no statement."""
    return address_of(PatientLink(pk=link_id, generation=generation))


def links_in_force(patient_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return id and generation of the links patients have, by patient; one statement."""
    rows = PatientLink.objects.filter(patient__in=patient_ids, ended_at=None)
    return {patient: (pk, generation) for patient, pk, generation in rows.values_list("patient", "pk", "generation")}


def link_of(*, patient_id: int, now: dt.datetime) -> PatientLink:
    """Return the link in force of a patient; the first use makes it.

    Two workers that make it at once get the same one.
    """
    found = PatientLink.objects.filter(patient=patient_id, ended_at=None).first()
    return found or _made([patient_id], now)[0]


def links_made(patient_ids: Collection[int], *, now: dt.datetime) -> dict[int, tuple[int, int]]:
    """Make the links of patients who have none; return id and generation by patient. Four statements for them all."""
    return {link.patient_id: (link.pk, link.generation) for link in _made(sorted(patient_ids), now)}


def _made(patient_ids: Sequence[int], now: dt.datetime) -> list[PatientLink]:
    with transaction.atomic():
        # The id goes into the token, so the row is there before its hash is; nobody else sees it meanwhile.
        drafts = [
            PatientLink(patient_id=patient_id, made_at=now, token_hash=str(patient_id)) for patient_id in patient_ids
        ]
        PatientLink.objects.bulk_create(drafts, ignore_conflicts=True)
        in_force = PatientLink.objects.filter(patient__in=patient_ids, ended_at=None)
        found = list(in_force.select_for_update().order_by("pk"))
        fresh = [link for link in found if len(link.token_hash) < hashlib.sha256().digest_size]
        for link in fresh:
            link.token_hash = hash_of(token_of(link))
        if fresh:
            PatientLink.objects.bulk_update(fresh, ["token_hash"])
        return found


def standing(patient_id: int) -> dict[str, bool]:
    """Tell whether a patient has a link, and whether their page still asks for the birth date; two statements."""
    return {
        "is_there": PatientLink.objects.filter(patient=patient_id, ended_at=None).exists(),
        "is_closed": is_closed(patient_id),
    }


def is_closed(patient_id: int) -> bool:
    """Tell whether a patient's page has stopped asking for the birth date."""
    return LinkCheck.objects.filter(patient=patient_id, closed_at__isnull=False).exists()


def find(token: str) -> PatientLink | None:
    """Return the link of a token, its patient fetched; None: there is none, or it has ended."""
    found = PatientLink.objects.filter(token_hash=hash_of(token), ended_at=None)
    return found.select_related("patient__site").first()


def find_by_key(key: str) -> PatientLink | None:
    """Return the link of an id and generation, its patient fetched; None: there is none, or it has ended."""
    number, _dot, generation = key.partition(".")
    found = PatientLink.objects.filter(pk=int(number), generation=int(generation), ended_at=None)
    return found.select_related("patient__site").first()


def end_of(patient_id: int, *, now: dt.datetime) -> int:
    """End a patient's link inside the caller's transaction, and what was made by who had it; return how many ended.

    A calendar that reads the visits, and the pages of whoever drives, would outlive the link, whoever let them.
    """
    DriverLink.objects.filter(person__patient=patient_id, ended_at=None).update(ended_at=now)
    CalendarFeed.objects.filter(patient=patient_id, ended_at=None).update(ended_at=now)
    return PatientLink.objects.filter(patient=patient_id, ended_at=None).update(ended_at=now)
