"""What people type, read into values. A form checks shape; actions check truth."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from clinic.errors import Malformed, Rejected
from patients import phones
from patients.domain.contact import Language
from patients.domain.details import NewPatient, clean_name, parse_birth_date
from scheduling.domain import local_time
from scheduling.queries.planning import CourseWish

WINDOWS = {"7-9": (420, 540), "9-11": (540, 660), "11-1": (660, 780), "1-3": (780, 900), "3-5": (900, 1020)}


def new_patient(data: Mapping[str, str], *, region: str, today: dt.date) -> NewPatient:
    """Return the patient typed into quick add.

    :raises Rejected: with the words for every field that can't be used.
    """
    faults: dict[str, str] = {}

    def read(field: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(data.get(field, ""))
        except ValueError as error:
            faults[field] = str(error)
            return None

    first = read("first_name", lambda text: clean_name(text, what="first name"))
    last = read("last_name", lambda text: clean_name(text, what="last name"))
    born = read("birth_date", lambda text: parse_birth_date(text, today=today, region=region))
    phone = read("phone", lambda text: phones.to_e164(text, region=region) if text.strip() else None)
    if faults:
        raise Rejected("Some fields need another look.", code="fields", fields=faults)
    return NewPatient(
        first_name=first,
        last_name=last,
        birth_date=born,
        phone=phone,
        email=data.get("email", "").strip() or None,
        language=Language.SPANISH if data.get("language") == "es" else Language.ENGLISH,
        sms_consent=bool(data.get("sms_consent")),
        email_consent=bool(data.get("email_consent")),
    )


def course_wish(data: Mapping[str, str], *, protocol_kind: Callable[[int], str | None]) -> CourseWish:
    """Return the wish of the planner's form; `protocol_kind` names the kind of a device by its id.

    :raises Malformed: a date, time or device that can't be read.
    """
    try:
        start_on = dt.date.fromisoformat(data.get("start_on", ""))
    except ValueError as error:
        raise Malformed("Pick the day of the first visit.", fields={"start_on": "Pick a day."}) from error
    window = WINDOWS.get(data.get("wish", ""))
    preferred = None
    if text := data.get("preferred_time", "").strip():
        try:
            preferred = local_time.parse_wall(text)
        except ValueError as error:
            raise Malformed(str(error), fields={"preferred_time": str(error)}) from error
    return CourseWish(
        patient_id=_number(data.get("patient", "")) or 0,
        protocol_code=data.get("protocol", ""),
        start_on=start_on,
        preferred_minute=preferred,
        window=window if preferred is None else None,
        pins=_pins(data.get("device", ""), protocol_kind),
        weekdays=[day for day in range(1, 8) if data.get(f"weekday_{day}")] or None,
        max_travel_days=_number(data.get("max_travel_days", "")),
        is_same_trip=bool(data.get("same_trip")),
        is_any_time=data.get("same_time") == "off",
        first_only=_number(data.get("first_only", "")),
    )


def _pins(text: str, kind_of: Callable[[int], str | None]) -> dict[str, int]:
    device = _number(text)
    if device is None:
        return {}
    kind = kind_of(device)
    if kind is None:
        raise Malformed("There is no such device at this site.", fields={"device": "Pick another device."})
    return {kind: device}


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 19 else None
