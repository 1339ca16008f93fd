"""The address at the foot of an e-mail that ends e-mails of its purpose: made of a consent, kept nowhere."""

import base64
import hashlib
import hmac
from collections.abc import Collection

from django.conf import settings

from patients.models import Consent

TOKEN_BYTES = 16  # 128 bits: 22 letters


def consents_of(patient_ids: Collection[int], *, channel: str) -> dict[tuple[int, str], int]:
    """Return the ids of patients' own consents in force for a channel, by patient and purpose; one statement."""
    rows = Consent.objects.filter(patient__in=patient_ids, person=None, channel=channel, revoked_at=None)
    return {(patient, purpose): pk for patient, purpose, pk in rows.values_list("patient", "purpose", "pk")}


def address_of(consent_id: int) -> str:
    """Return the whole address that ends a consent; the same at any time, and nothing without LINK_KEY."""
    return f"{settings.LINK_URL.rstrip('/')}/u/{consent_id}.{_seal(consent_id)}/"


def find(token: str) -> Consent | None:
    """Return the consent a token names, in force or not, its patient and site fetched; None: it was not made here."""
    number, _dot, seal = token.partition(".")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    if not hmac.compare_digest(seal.encode(), _seal(int(number)).encode()):
        return None
    return Consent.objects.filter(pk=int(number)).select_related("patient__site").first()


def _seal(consent_id: int) -> str:
    digest = hmac.new(settings.LINK_KEY.encode(), f"stop {consent_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")
