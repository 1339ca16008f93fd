"""Shapes that go out about how full a site is, and about levelling its future."""

import datetime as dt
from typing import Any

from api.show import instant, planned
from scheduling.domain import local_time
from scheduling.domain.capacity import Imagined, Start
from scheduling.domain.load import Cell, DayLoad, DeviceLoad, times_of
from scheduling.plan_token import unpacked
from scheduling.queries.load import Load, WhatIf


def load(found: Load) -> dict[str, Any]:
    """Return a load; the minutes of a day stand in the order of `times`, the half hours any device is ever there."""
    times = times_of(found.devices)
    return {
        "first": str(found.first),
        "last": str(found.last),
        "times": [_time(30 * place) for place in times],
        "devices": [_device(device, times) for device in found.devices],
        "kinds": [{"kind": kind, "slots": [_slot(cell) for cell in cells]} for kind, cells in found.cells],
    }


def _device(device: DeviceLoad, times: range) -> dict[str, Any]:
    return {
        "resource": device.resource_id,
        "kind": device.kind,
        "name": device.name,
        "days": [_day(day, times) for day in device.days],
    }


def _day(day: DayLoad, times: range) -> dict[str, Any]:
    return {
        "day": str(dt.date.fromordinal(day.day)),
        "open": [day.minutes_open[place] for place in times],
        "free": [day.minutes_free[place] for place in times],
    }


def _slot(cell: Cell) -> dict[str, Any]:
    return {
        "weekday": cell.weekday,
        "time": _time(cell.minute),
        "days_open": cell.days_open,
        "days_free": cell.days_free,
        "minutes_free": cell.minutes_free,
        "scarcity": cell.scarcity,
    }


def start(rank: int, row: Start) -> dict[str, Any]:
    """Return where a course could begin."""
    return {
        "rank": rank,
        "day": str(row.day),
        "time": _time(row.minute),
        "resource": row.resource_id,
        "name": row.name,
        "days_free": row.days_free,
        "days": row.days,
        "scarcity": row.scarcity,
        "ends_on": str(row.ends_on),
        "why": row.why,
    }


def what_if(found: WhatIf) -> dict[str, Any]:
    """Return some more courses, and the load before and after them."""
    return {
        "courses": [_imagined(row) for row in found.courses],
        "before": load(found.before),
        "after": load(found.after),
    }


def _imagined(row: Imagined) -> dict[str, Any]:
    plan = row.plan
    deviations = plan.deviations if plan else ()
    return {
        "number": row.number,
        "fits": plan is not None,
        "starts_on": str(plan.sessions[0].day) if plan else None,
        "ends_on": str(plan.sessions[-1].day) if plan else None,
        "time": _time(plan.standing_minute) if plan else None,
        "days_later": row.later_days,
        "deviations": [{"number": each.number, "code": each.code, "text": each.text} for each in deviations],
        "text": row.text,
    }


def level_proposal(row: Any) -> dict[str, Any]:
    """Return a proposal to level the future; whose visits they are is said by the visits, not here."""
    zone = row.site.zone
    return {
        "id": row.pk,
        "site": row.site_id,
        "state": row.state,
        "version": row.version,
        "made_at": instant(row.made_at, zone),
        "decided_at": instant(row.decided_at, zone) if row.decided_at else None,
        "decided_by": row.decided_by.name if row.decided_by else None,
        "reason": row.reason,
        "text": row.gain["text"],
        "opens": [
            {"day": each["day"], "time": _time(each["minute"]), "visit": each["visit"], "protocols": each["protocols"]}
            for each in row.gain["starts"]
        ],
        "room": row.gain["room"],
        "moves": [_move(move, zone) for move in row.moves],
    }


def _move(move: dict[str, Any], zone: str) -> dict[str, Any]:
    was = move["from"]
    starts_at = local_time.to_utc(dt.date.fromisoformat(was["day"]), was["minute"], zone)
    return {
        "session": move["session"],
        "course": move["course"],
        "was": {"starts_at": instant(starts_at, zone), "resource": was["resource"], "name": was["name"]},
        "to": planned(unpacked(move["to"]), zone),
    }


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
