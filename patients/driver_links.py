"""The address somebody opens who takes a patient home: a token of its own, which says nothing about whom."""

import datetime as dt
from collections.abc import Collection

from django.conf import settings

from patients import tokens
from patients.domain.contact import PatientState
from patients.models import DriverLink

PURPOSE = "driver link"


def token_of(link: DriverLink) -> str:
    """Return a link's token."""
    return tokens.made(PURPOSE, link.pk, link.generation)


def address_of(link: DriverLink) -> str:
    """Return the address a person is sent, whole, on the clinic's own domain."""
    return f"{settings.LINK_URL.rstrip('/')}/d/{token_of(link)}/"


def link_of(person_id: int) -> DriverLink | None:
    """Return the link in force of a person; None: they have none."""
    return DriverLink.objects.filter(person=person_id, ended_at=None).first()


def made_link(person_id: int, *, now: dt.datetime) -> DriverLink:
    """Return the link in force of a person, inside the caller's transaction; the first use makes it.

    The patient must be locked.
    """
    return link_of(person_id) or tokens.issued(DriverLink(person_id=person_id, made_at=now), PURPOSE)


def end_links(person_ids: Collection[int], *, now: dt.datetime) -> None:
    """End the links of some people for good, inside the caller's transaction."""
    DriverLink.objects.filter(person__in=person_ids, ended_at=None).update(ended_at=now)


def find(token: str) -> DriverLink | None:
    """Return the link of a token, its person, patient and site fetched; None: there is none anybody should open."""
    found = DriverLink.objects.filter(
        token_hash=tokens.hash_of(token),
        ended_at=None,
        person__is_active=True,
        person__patient__state=PatientState.ACTIVE,
    )
    return found.select_related("person__patient__site").first()
