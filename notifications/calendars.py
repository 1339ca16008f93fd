"""What a calendar says of a site's visits, in an e-mail or where a patient's own calendar reads it: the same words."""

import datetime as dt
from email.utils import parseaddr

from django.conf import settings

from clinic.models import Site
from notifications.domain import calendar, texts
from notifications.domain.calendar import Clinic, Entry
from patients import phones
from scheduling.queries.spoken import SpokenVisit

_WORDS = {
    "en": ("Visit - {clinic}", "To change it, call {phone}."),
    "es": ("Visita - {clinic}", "Para cambiarla, llame al {phone}."),
}


def clinic(site: Site, language: str) -> Clinic:
    """Return whom the calendar names."""
    facts = {"clinic": site.message_name, "phone": phones.readable(site.phone)}
    title, note = (texts.filled(text, facts) for text in _WORDS[language])
    return Clinic(title, site.message_name, site.address, note, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def entry(visit: SpokenVisit, changed_at: dt.datetime | None = None) -> Entry:
    """Return a visit as a calendar has it; the same name in every one."""
    return Entry(
        uid=calendar.uid(settings.LINK_URL, visit.session_id),
        version=visit.timing_version,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        zone=visit.zone,
        is_cancelled=visit.is_called_off,
        changed_at=changed_at,
    )
