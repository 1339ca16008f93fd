"""What people wrote back and nobody has answered yet; a cry for help before everything else."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from attention.domain.items import Item, Kind, Severity, look
from notifications import inbox
from notifications.domain.inbound import LATE_AFTER_START, Outcome
from notifications.inbox import InboundLine
from scheduling.domain.local_time import clock_text, day_text

SOON = dt.timedelta(days=1)
_TITLES: dict[str, tuple[str, Severity]] = {
    Outcome.FREE: ("A text to read", Severity.MEDIUM),
    Outcome.STOPPED_AND_MORE: ("Texts are off now, and they wrote more", Severity.MEDIUM),
    Outcome.UNCLEAR: ("An answer that fits no visit, or more than one", Severity.MEDIUM),
    Outcome.STRANGER: ("A text from a number nobody here has", Severity.LOW),
    Outcome.NOT_STARTED: ("Somebody wants texts and never said yes to them here", Severity.LOW),
}
# Of a visit that stays booked: the title, and what to find.
_CANT_COME: dict[str, tuple[str, str]] = {
    Outcome.ASKED: ("Can't come, by text", "another time"),
    Outcome.RIDE_NO: ("Who drives can't come", "another driver"),
    Outcome.NO_RIDE: ("Has no ride", "a driver"),
}


def of_replies(site_ids: Sequence[int], now: dt.datetime) -> list[Item]:
    """Return what people wrote that waits for a person; what settled itself is left out. One statement."""
    return [item for line in inbox.waiting(site_ids=site_ids, now=now) if (item := _item(line, now))]


def _item(line: InboundLine, now: dt.datetime) -> Item | None:
    if line.is_crisis:
        return _of(line, Kind.CRISIS, "They may be in danger", "Call the number now.", Severity.HIGH)
    if not line.is_handled:
        return _of(line, Kind.REPLY, "A text waits to be worked", "Read it. The worker is behind.", Severity.HIGH)
    if line.outcome == Outcome.UNWELL:
        words = "They say it is how they feel, and were shown the numbers for a crisis. Call today."
        return _of(line, Kind.CANT_COME, "Can't come: how they feel", words, Severity.HIGH)
    if line.outcome == Outcome.LATE:
        return _late(line, now)
    if line.outcome in _CANT_COME:
        return _cant_come(line, now)
    if line.outcome == Outcome.STOPPED:
        return _meant_the_visit(line, now)
    title, severity = _TITLES[line.outcome]
    if line.outcome == Outcome.STOPPED_AND_MORE and _is_open(line, now):
        severity = Severity.HIGH
    return _of(line, Kind.REPLY, title, "Read it, answer by phone, and say what you did.", severity)


def _cant_come(line: InboundLine, now: dt.datetime) -> Item | None:
    if line.about is None:
        return _of(line, Kind.CANT_COME, "Wants to change a visit", "They did not say which. Call.", Severity.MEDIUM)
    if not _is_open(line, now):
        return None
    is_near = line.about.starts_at - now <= SOON
    title, wanted = _CANT_COME[line.outcome]
    if line.is_tapped:
        title = "Wants another time: call them"
    words = f"{_when(line)}. It stays booked. Call, and find {wanted}."
    return _of(line, Kind.CANT_COME, title, words, Severity.HIGH if is_near else Severity.MEDIUM)


def _meant_the_visit(line: InboundLine, now: dt.datetime) -> Item | None:
    if line.about is None or not _is_open(line, now):
        return None
    words = f"They may have meant the visit. {_when(line)}; it stays booked. Call."
    return _of(line, Kind.MEANT_VISIT, "Texts are off now", words, Severity.HIGH)


def _late(line: InboundLine, now: dt.datetime) -> Item | None:
    if line.about is None or not line.about.is_same or now >= line.about.starts_at + LATE_AFTER_START:
        return None
    title = f"Running {line.minutes} minutes late" if line.minutes else "Running late"
    return _of(line, Kind.RUNNING_LATE, title, f"{_when(line)}. Nothing was moved.", Severity.MEDIUM)


def _is_open(line: InboundLine, now: dt.datetime) -> bool:
    about = line.about
    return about is not None and about.is_same and not about.is_promised and about.starts_at > now


def _when(line: InboundLine) -> str:
    assert line.about is not None
    return f"{day_text(line.about.day)}, {clock_text(line.about.minute)}"


def _of(line: InboundLine, kind: Kind, title: str, detail: str, severity: Severity) -> Item:
    return Item(
        key=f"{kind}:{line.inbound_id}",
        kind=kind,
        site_id=line.site_id,
        zone=line.zone,
        title=title,
        detail=detail,
        severity=severity,
        since=line.received_at,
        action=look(f"inbound/{line.inbound_id}/", "Read and call"),
        patient_id=line.patient_id,
        last_name=line.last_name,
        first_name=line.first_name,
        about=(line.patient_id,) if line.patient_id else (),
        **_visit(line),
    )


def _visit(line: InboundLine) -> dict[str, Any]:
    about = line.about
    if about is None:
        return {}
    return {
        "deadline": about.starts_at,
        "course_id": about.course_id,
        "course_version": about.course_version,
        "session_id": about.session_id,
        "session_version": about.version,
    }
