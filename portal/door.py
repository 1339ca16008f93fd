"""Who stands before the door: a link that is good, or nobody, and nobody can tell why."""

import datetime as dt
import re
from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest

from clinic.models import Site
from patients import links
from patients.domain.contact import PatientState
from scheduling.queries import coming

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
OPEN_AFTER = dt.timedelta(days=30)  # the last visit; then the link has ended
FORM_LASTS = dt.timedelta(days=7)
_signer = signing.TimestampSigner(salt="portal.form")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a patient that is good."""

    key: str  # id and generation: what a form of it is signed with
    patient_id: int
    site: Site
    language: str


def open_link(token: str, *, now: dt.datetime) -> Link | None:
    """Return the link of a token; None: there never was one, it has ended, or the patient has nothing to do here."""
    found = links.find(token) if TOKEN.fullmatch(token) else None
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
    """Tell whether a patient has or lately had a visit, or is asked right now whether they want a freed time."""
    last = coming.last_visit_ended(patient_id)
    return (last is not None and last + OPEN_AFTER > now) or coming.is_asked(patient_id, now=now)


def form_token(link: Link) -> str:
    """Return what a form of this link's page carries, so that no other site can send it; no cookie is needed."""
    return _signer.sign(link.key)


def is_own_form(request: HttpRequest, link: Link) -> bool:
    """Tell whether a form was sent from this link's own page, by a browser that says so if it says anything."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    try:
        return _signer.unsign(request.POST.get("form", ""), max_age=FORM_LASTS) == link.key
    except signing.BadSignature:
        return False
