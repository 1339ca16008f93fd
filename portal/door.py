"""Who stands before the door: a link that is good, or nobody, and nobody can tell why."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest

from clinic.models import Site
from patients import links
from patients.domain.contact import PatientState
from scheduling.queries import coming, waitlist

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
OPEN_AFTER = dt.timedelta(days=30)  # the last visit; then the link has ended
FORM_LASTS = dt.timedelta(days=7)
HASTY = dt.timedelta(seconds=2)  # nobody reads a page and answers it sooner; mail scanners do (screens.md 4.7)
DEVICE = "ck_device"
_forms = signing.Signer(salt="portal.form")
_devices = signing.Signer(salt="portal.device")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a patient that is good."""

    key: str  # id and generation: what a form of it, and a device that was checked, are signed with
    patient_id: int
    site: Site
    language: str


def open_link(token: str, *, now: dt.datetime) -> Link | None:
    """Return the link of a token; None: there never was one, it has ended, or the patient has nothing to do here."""
    return _good(links.find(token) if TOKEN.fullmatch(token) else None, now)


def open_device(request: HttpRequest, *, now: dt.datetime) -> Link | None:
    """Return the link whose patient gave the birth date on this device; None: nobody did, or the link has ended."""
    key = key_of_device(request)
    return _good(links.find_by_key(key), now) if key else None


def key_of_device(request: HttpRequest) -> str:
    """Return the key of the link this device was checked for; empty: of none."""
    try:
        return _devices.unsign(request.COOKIES.get(DEVICE, ""))
    except signing.BadSignature:
        return ""


def device_value(link: Link) -> str:
    """Return what a device keeps that was checked for a link."""
    return _devices.sign(link.key)


def _good(found: Any, now: dt.datetime) -> Link | None:
    if found is None or found.patient.state != PatientState.ACTIVE:
        return None
    if not _is_of_use(found.patient_id, now):
        return None
    return Link(
        key=f"{found.pk}.{found.generation}",
        patient_id=found.patient_id,
        site=found.patient.site,
        language=found.patient.language,
    )


def _is_of_use(patient_id: int, now: dt.datetime) -> bool:
    """Tell whether a patient has or lately had a visit, or waits for one."""
    last = coming.last_visit_ended(patient_id)
    return (last is not None and last + OPEN_AFTER > now) or waitlist.waits(patient_id)


def form_token(link: Link, *, now: dt.datetime) -> str:
    """Return what a form of this link's page carries, so that no other site can send it; no cookie is needed."""
    return _forms.sign(f"{link.key}.{int(now.timestamp() * 1000)}")


def form_made_at(request: HttpRequest, link: Link, *, now: dt.datetime) -> dt.datetime | None:
    """Return when the form that was sent was shown on this link's own page; None: it was not, or too long ago.

    A browser that says where a form was sent from must say that it was here.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return None
    try:
        key, _dot, stamp = _forms.unsign(request.POST.get("form", "")).rpartition(".")
    except signing.BadSignature:
        return None
    made_at = dt.datetime.fromtimestamp(int(stamp) / 1000, tz=dt.UTC)
    return made_at if key == link.key and now - made_at < FORM_LASTS else None
