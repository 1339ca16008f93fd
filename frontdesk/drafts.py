"""What somebody is planning, kept with their sign-in until it is booked: ids and choices, no names."""

import datetime as dt
from collections.abc import Mapping

from django.http import HttpRequest

from clinic.models import Site
from scheduling.domain import local_time

FIELDS = (
    "patient",
    "protocol",
    "start_on",
    "wish",
    "preferred_time",
    "device",
    "max_travel_days",
    "same_time",
    "same_trip",
    "choice",
    "first_only",
    "single",
    *(f"weekday_{day}" for day in range(1, 8)),
)
KEPT_FOR = dt.timedelta(hours=2)  # later somebody else may be at the desk's screen, and another patient on the phone
NAME = "draft"


def keep(request: HttpRequest, site: Site, *, now: dt.datetime) -> str:
    """Keep what the form says now and return when that was, as people read it."""
    fields = {name: request.GET[name][:40] for name in FIELDS if request.GET.get(name)}
    _day, minute = local_time.wall(now, site.zone)
    said = local_time.clock_text(minute)
    request.session[NAME] = {"site": site.slug, "at": now.timestamp(), "said": said, "fields": fields}
    return said


def kept(request: HttpRequest, site: Site, *, now: dt.datetime) -> Mapping[str, str]:
    """Return the fields of the draft at a site, or nothing; one that is too old is not shown."""
    draft = request.session.get(NAME)
    if not draft or draft["site"] != site.slug or now.timestamp() - draft["at"] > KEPT_FOR.total_seconds():
        return {}
    fields: Mapping[str, str] = draft["fields"]
    return fields


def saved_at(request: HttpRequest, site: Site) -> str:
    """Return when the draft of a site was kept, or nothing."""
    draft = request.session.get(NAME)
    return str(draft["said"]) if draft and draft["site"] == site.slug else ""


def forget(request: HttpRequest) -> None:
    """Drop the draft: it was booked, or somebody starts over."""
    request.session.pop(NAME, None)
