"""Whose records a person saw in a list: noted before the answer leaves, and not again for half an hour."""

import datetime as dt
from collections.abc import Iterable

from django.http import HttpRequest

from clinic import queries
from clinic.models import Site
from frontdesk.guard import who
from patients import actions as patient_actions

NOTED_AGAIN_AFTER = dt.timedelta(minutes=30)


def note_listed(
    request: HttpRequest, site: Site, patient_ids: Iterable[int | None], action: str, now: dt.datetime
) -> None:
    """Note whose records were listed, but for those this person saw the same way within the last half hour.

    A page that stays open asks every few seconds: a row of the log for each look would say nothing more.
    """
    asked, seen = who(request), {patient_id for patient_id in patient_ids if patient_id}
    if seen:
        seen -= queries.seen_lately(user=asked.staff, action=action, patient_ids=seen, since=now - NOTED_AGAIN_AFTER)
    if seen:
        patient_actions.record_access(request=asked, site=site, patient_ids=sorted(seen), action=action, now=now)
