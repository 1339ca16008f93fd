"""The SHA-256 chain over the audit log: how a link is computed."""

import hashlib
from collections.abc import Iterable

from clinic.models import AuditEntry


def entry_digest(previous: str, entries: Iterable[AuditEntry]) -> str:
    """Return the SHA-256 over the previous link and every field of the entries, in order."""
    digest = hashlib.sha256(previous.encode())
    for entry in entries:
        whole = (entry.pk, entry.at.isoformat(), entry.actor_id, entry.site_id, entry.role, entry.action)
        about = (
            entry.patient_id,
            entry.object_type,
            entry.object_id,
            entry.outcome,
            entry.request_id,
            entry.ip,
        )
        digest.update(repr(whole + about).encode())
    return digest.hexdigest()
