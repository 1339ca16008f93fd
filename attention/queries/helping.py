"""A chair at which somebody asked for help."""

import datetime as dt
from collections.abc import Sequence

from attention.domain.items import Item, Kind, Severity, look
from scheduling.domain import local_time
from scheduling.queries import watch


def help_asked(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the chairs that need help; whose patient it is stands on the page of the visit."""
    return [
        Item(
            key=f"help:{call.session_id}:{call.event_id}",
            kind=Kind.HELP_ASKED,
            site_id=call.site_id,
            zone=call.zone,
            course_id=call.course_id,
            course_version=call.course_version,
            session_id=call.session_id,
            session_version=call.session_version,
            resource_id=call.resource_id,
            about=(call.patient_id,),
            title=f"{call.place} needs help",
            detail=f"{call.by} asked at {local_time.clock_text(local_time.wall(call.at, call.zone)[1])}.",
            severity=Severity.HIGH,
            since=call.at,
            deadline=call.at,
            action=look(f"sessions/{call.session_id}/", "See the visit"),
        )
        for call in watch.help_asked(site_ids=site_ids, now=now)
    ]
