"""Answers patients gave in a form that a clinician looks at the same day."""

import datetime as dt
from collections.abc import Sequence

from attention.domain.items import Item, Kind, Severity, look
from attention.queries.measures import NAMES
from patients import forms
from patients.forms import Alarm
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_bounds, day_text

_OFTEN = {1: "several days", 2: "more than half the days", 3: "nearly every day"}


def alarming_answers(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return the answers that alarm: from the moment they are given, sent or not, until somebody says it is done."""
    return [_item(alarm) for alarm in forms.alarms(site_ids=site_ids, now=now)]


def _item(alarm: Alarm) -> Item:
    day, minute = local_time.wall(alarm.at, alarm.zone)
    name = NAMES.get(alarm.instrument, alarm.instrument)
    return Item(
        # A graver answer to the same question is a new cause.
        key=f"item_nine:{alarm.run_id}:{alarm.answer}",
        kind=Kind.ITEM_NINE,
        site_id=alarm.site_id,
        zone=alarm.zone,
        patient_id=alarm.patient_id,
        last_name=alarm.last_name,
        first_name=alarm.first_name,
        about=(alarm.patient_id,),
        title=f"{name} question 9: {_OFTEN[alarm.answer]}",
        detail=f"Answered {day_text(day)}, {clock_text(minute)}. A clinician calls the same day.",
        severity=Severity.HIGH,
        since=alarm.at,
        deadline=day_bounds(day, alarm.zone)[1],
        action=look(f"patients/{alarm.patient_id}/contacts/", "Call"),
    )
