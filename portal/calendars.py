"""A patient's visits in their own calendar: once as a file, or for good at an address that opens nothing else."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from notifications import calendars
from notifications.domain import calendar
from notifications.domain.calendar import Entry
from patients import feed_actions, feeds
from patients.domain.contact import PatientState
from portal.door import OPEN_AFTER
from portal.pages import Visitor, apart, go, page, show
from portal.throttling import is_feed_too_often
from portal.words.calendar import WORDS
from scheduling.domain.states import SessionState
from scheduling.queries import coming, spoken

DEEDS: Mapping[str, Callable[..., Any]] = {"make": feed_actions.make_feed, "stop": feed_actions.end_feed}
KIND = "text/calendar; charset=utf-8"


@page()
def ways(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show how the visits get into a calendar; a POST lets one read them for good, or stops that."""
    patient_id = visitor.link.patient_id
    if request.method == "POST":
        if do := DEEDS.get(request.POST.get("do", "")):
            do(request=visitor.request, patient_id=patient_id, now=visitor.now)
        return go(visitor, "calendar/")
    found = feeds.feed_of(patient_id)
    address = feeds.address_of(found) if found else ""
    context = {
        "has_visits": bool(_coming(visitor)),
        "file_url": visitor.url("calendar/visits.ics"),
        "feed": address,
        "subscribe_url": f"webcal://{address.partition('://')[2]}",
    }
    return show(request, visitor, "portal/calendar.html", context, WORDS)


@page()
def file(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Hand out the coming visits as a file."""
    entries = _coming(visitor)
    if not entries or request.method == "POST":
        return go(visitor, "calendar/")
    text = calendar.invite(entries, calendars.clinic(visitor.site, visitor.language), now=visitor.now).text
    return HttpResponse(text, content_type=KIND, headers={"Content-Disposition": 'inline; filename="visits.ics"'})


@apart("GET", "HEAD", is_too_often=is_feed_too_often)
def feed(request: HttpRequest, token: str, now: dt.datetime) -> HttpResponse | None:
    """Hand out what a calendar reads again and again; what did not change is not sent again. It writes nothing."""
    found = _open(token, now)
    if found is None:
        return None
    patient = found.patient
    clinic = calendars.clinic(patient.site, patient.language)
    text = calendar.feed(_all(patient.pk, now), clinic, zone=patient.site.zone, now=now)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    # Kept by the calendar, which asks each time whether it still holds.
    kept = {"ETag": etag, "Cache-Control": "private, no-cache"}
    fresh = HttpResponse(text, content_type=KIND, headers=kept)
    return get_conditional_response(request, etag=etag, response=fresh) or fresh


def _open(token: str, now: dt.datetime) -> Any:
    """Return the feed of a token; None: there never was one, it has ended, or the patient has nothing to do here."""
    found = feeds.find(token)
    if found is None or found.patient.state != PatientState.ACTIVE:
        return None
    last = coming.last_visit_ended(found.patient_id)
    return found if last is not None and last + OPEN_AFTER > now else None


def _all(patient_id: int, now: dt.datetime) -> Sequence[Entry]:
    """Return the visits ahead and lately past, and those that were cancelled lately."""
    found = spoken.visits_in_calendar(patient_id, since=now - OPEN_AFTER)
    return [calendars.entry(visit, changed_at) for visit, changed_at in found]


def _coming(visitor: Visitor) -> Sequence[Entry]:
    found = spoken.visits_in_calendar(visitor.link.patient_id, since=visitor.now)
    return [calendars.entry(visit) for visit, _at in found if visit.state is SessionState.BOOKED]
