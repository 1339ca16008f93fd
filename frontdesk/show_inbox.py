"""What people wrote back, as the page of messages prints it: first what waits for a person, then the rest."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from attention import queries as attention
from attention.domain.items import Kind
from clinic.domain.permissions import Permission
from clinic.models import Site
from frontdesk.guard import who
from frontdesk.show_names import short_name
from notifications import inbox
from notifications.inbox import InboundLine
from patients import actions as patient_actions
from scheduling import access
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text

EARLIER = 20
ANSWERED_BY_A_PERSON = (Kind.CRISIS, Kind.CANT_COME, Kind.REPLY, Kind.MEANT_VISIT, Kind.RUNNING_LATE)


@dataclass(frozen=True, slots=True)
class Shown:
    """One text as it is printed."""

    line: InboundLine
    name: str
    when: str
    visit: str
    done: str


def inbox_context(request: HttpRequest, site: Site, now: dt.datetime) -> dict[str, Any]:
    """Return what came in at a site, for whoever may see patients there, and note the look; for others nothing."""
    if not access.holds(request.user, site.pk, Permission.VIEW_PATIENT):  # type: ignore[arg-type]
        return {"may_read": False}
    found = inbox.waiting(site_ids=[site.pk], now=now, unworked_for=dt.timedelta(0))
    waiting = _open([line for line in found if line.is_waiting], site)
    waiting.sort(key=lambda line: (not line.is_crisis, line.received_at))
    rest = inbox.came_in(site_ids=[site.pk], without=[line.inbound_id for line in waiting])
    earlier = inbox.lines(rest[:EARLIER])
    seen = sorted({line.patient_id for line in [*waiting, *earlier]}, key=lambda pk: pk or 0)
    if seen:
        patient_actions.record_access(request=who(request), site=site, patient_ids=seen, action="inbound.read", now=now)
    return {
        "may_read": True,
        "may_settle": access.holds(request.user, site.pk, Permission.SETTLE_MISS),  # type: ignore[arg-type]
        "waiting": [_shown(line) for line in waiting],
        "earlier": [_shown(line) for line in earlier],
    }


def _open(lines: Sequence[InboundLine], site: Site) -> list[InboundLine]:
    """Return the texts nobody has called done, here or on the list of what needs a person."""
    keys = {f"{kind}:{line.inbound_id}": line.inbound_id for line in lines for kind in ANSWERED_BY_A_PERSON}
    done = {keys[key] for key in attention.finished(keys=keys, site_ids=[site.pk])}
    return [line for line in lines if line.inbound_id not in done]


def _shown(line: InboundLine) -> Shown:
    about = line.about
    return Shown(
        line=line,
        name=name_of(line),
        when=_wall(line.received_at, line.zone),
        visit=f"{day_text(about.day)}, {clock_text(about.minute)}" if about else "",
        done=f"{line.done_what}: {line.done_by}, {_wall(line.done_at, line.zone)}" if line.done_at else "",
    )


def name_of(line: InboundLine) -> str:
    """Return who wrote, as a list names them."""
    if line.person_name:
        return f"{line.person_name}, who drives {short_name(line.last_name, line.first_name, is_private=False)}"
    if not line.last_name:
        return "Nobody known by this number"
    return short_name(line.last_name, line.first_name, is_private=False)


def _wall(at: dt.datetime, zone: str) -> str:
    day, minute = local_time.wall(at, zone)
    return f"{day_text(day)}, {clock_text(minute)}"
