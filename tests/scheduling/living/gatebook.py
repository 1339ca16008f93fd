"""What a visit needs before it begins, worked out once more from the protocol as written and the rows as stored."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from tests.scheduling.living.picture import Picture, Row

OF_THE_PATIENT = {"consult", "screening", "rems_enrollment"}
OF_A_VISIT = {"drug_on_hand", "escort", "ride", "fasting"}
_DAYS_GOOD = {"consent": 182, "medical_clearance": 30, "preop_clearance": 30}


def asked(definition: Mapping[str, Any]) -> list[str]:
    """Return what a protocol asks for before a visit."""
    kinds = [each if isinstance(each, str) else each["kind"] for each in definition.get("gates") or []]
    company = {"required": "escort", "ride": "ride"}.get(definition.get("escort", "none"))
    if company:
        kinds = [kind for kind in kinds if kind not in ("escort", "ride")] + [company]
    return kinds + (["fasting"] if definition.get("fasting") else [])


def lacking(picture: Picture, definition: Mapping[str, Any], visit: Row, now: dt.datetime) -> list[str]:
    """Return what is not there for a visit at an instant."""
    return [kind for kind in asked(definition) if not _is_there(picture, definition, kind, visit, now)]


def in_force(picture: Picture, kind: str, visit: Row) -> Iterator[Row]:
    """Yield what was shown for one gate of a visit and was not withdrawn."""
    for row in picture.shown.values():
        if row["kind"] != kind or row["withdrawn_at"] or row["patient_id"] != visit["patient_id"]:
            continue
        if row["session_id"]:
            if (row["session_id"], row["starts_at"]) == (visit["id"], visit["starts_at"]):
                yield row
        elif row["course_id"]:
            if row["course_id"] == visit["course_id"] and kind not in OF_A_VISIT:
                yield row
        elif kind in OF_THE_PATIENT:
            yield row


def _is_there(picture: Picture, definition: Mapping[str, Any], kind: str, visit: Row, now: dt.datetime) -> bool:
    if kind == "authorization" and visit["authorization_id"]:
        return True
    is_refused = kind == "authorization" and visit["uncovered"]
    return any(
        row["is_override"] or (not is_refused and _is_good(definition, row, visit, now))
        for row in in_force(picture, kind, visit)
    )


def _is_good(definition: Mapping[str, Any], row: Row, visit: Row, now: dt.datetime) -> bool:
    zone = ZoneInfo(visit["zone"])
    if row["kind"] == "fasting":
        return _has_fasted(definition["fasting"], row, visit, now, zone)
    days = _DAYS_GOOD.get(row["kind"])
    last = row["at"].astimezone(zone).date() + dt.timedelta(days=days) if days else dt.date.max
    return bool(row["is_confirmed"] and visit["day"] <= min(last, row["valid_until"] or dt.date.max))


def _has_fasted(rule: Any, row: Row, visit: Row, now: dt.datetime, zone: ZoneInfo) -> bool:
    if rule == "midnight":
        return all(at is None or at.astimezone(zone).date() < visit["day"] for at in (row["ate_at"], row["drank_at"]))
    hours = ((row["ate_at"], rule["food_hours"]), (row["drank_at"], rule["fluid_hours"]))
    return all(at is None or now - at >= dt.timedelta(hours=wait) for at, wait in hours)
