"""Chairs at which somebody asked for help and nobody has said that they are there."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.models import Resource, SessionEvent

LASTS = dt.timedelta(hours=12)  # of yesterday's call nobody is waiting any more
_KINDS = ("help_asked", "help_given")


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """One call for help: which chair, about which visit, since when and by whom."""

    event_id: int
    session_id: int
    session_version: int
    course_id: int
    course_version: int
    patient_id: int
    site_id: int
    zone: str
    resource_id: int
    place: str
    at: dt.datetime
    by: str


def help_asked(*, site_ids: Sequence[int], now: dt.datetime) -> list[HelpAsked]:
    """Return the calls for help that nobody has answered, the oldest first; two statements."""
    rows = SessionEvent.objects.filter(session__site_id__in=site_ids, kind__in=_KINDS, at__gt=now - LASTS, at__lte=now)
    standing: dict[int, SessionEvent] = {}
    for event in rows.select_related("session", "session__course", "by").order_by("pk"):
        standing.pop(event.session_id, None)
        if event.kind == "help_asked" and event.session.is_active:
            standing[event.session_id] = event
    wanted = {event.data["resource_id"] for event in standing.values()}
    names = dict(Resource.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return [_call(event, names.get(event.data["resource_id"], "A chair")) for event in standing.values()]


def asked_for(session_id: int) -> bool:
    """Tell whether help was asked for at a visit and nobody has said that they are there; one statement."""
    rows = SessionEvent.objects.filter(session=session_id, kind__in=_KINDS).order_by("-pk")
    return rows.values_list("kind", flat=True).first() == "help_asked"


def _call(event: SessionEvent, place: str) -> HelpAsked:
    return HelpAsked(
        event_id=event.pk,
        session_id=event.session_id,
        session_version=event.session.version,
        course_id=event.session.course_id,
        course_version=event.session.course.version,
        patient_id=event.session.patient_id,
        site_id=event.session.site_id,
        zone=event.session.zone,
        resource_id=event.data["resource_id"],
        place=place,
        at=event.at,
        by=event.by.name if event.by else "",
    )
