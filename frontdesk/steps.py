"""One step of a visit as the desk asks for it: the verb in the address, what else it needs in the form's fields."""

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from django.http import HttpRequest

from clinic.domain.permissions import Permission
from clinic.errors import Malformed, NotAllowed
from frontdesk.guard import who
from scheduling import access
from scheduling.actions import attendance, undoing
from scheduling.actions.cancelling import cancel_sessions
from scheduling.domain.states import CancelledBy, Scope, StoppedEarly, TurnedAway

Choice = TypeVar("Choice", bound=StrEnum)
MOST_MG = 2000
SAID = {
    "arrive": "{name} is here.",
    "start": "{name} is in the chair.",
    "monitor": "{name} is being watched.",
    "complete": "{name} is done.",
    "no-show": "{name} didn't come. The session is still owed.",
    "cancel": "Visit cancelled. The time is free.",
    "not-treated": "{name} was turned away.",
    "stop-early": "{name} stopped early.",
    "undo": "Taken back.",
}


def take(request: HttpRequest, session: Any, verb: str, *, version: int, now: dt.datetime) -> None:
    """Record one step of a visit.

    :raises Rejected: the rules refuse it, or a field of its form is missing.
    """
    step = {"session_id": session.pk, "version": version, "now": now}
    if verb in _ASKING:
        _ASKING[verb](request, session, step)
    elif verb in _PLAIN:
        _PLAIN[verb](**step, by=request.user)
    else:
        raise Malformed("There is no such step.")


def _start(request: HttpRequest, session: Any, step: dict[str, Any]) -> None:
    attendance.start(**step, by=_by(request), dose_mg=_dose(request))


def _complete(request: HttpRequest, session: Any, step: dict[str, Any]) -> None:
    attendance.complete(**step, by=_by(request), let_go_by=request.POST.get("let_go_by", ""))


def _turn_away(request: HttpRequest, session: Any, step: dict[str, Any]) -> None:
    code = _one_of(TurnedAway, request.POST.get("code") or TurnedAway.OTHER)
    reason = request.POST.get("reason", "").strip() or ("" if code is TurnedAway.OTHER else TURNED_AWAY[code])
    attendance.turn_away(**step, by=_by(request), reason=reason, code=code)


def _stop_early(request: HttpRequest, session: Any, step: dict[str, Any]) -> None:
    code = _one_of(StoppedEarly, request.POST.get("code") or StoppedEarly.OTHER)
    reason = request.POST.get("reason", "").strip() or ("" if code is StoppedEarly.OTHER else STOPPED_EARLY[code])
    counts = request.POST.get("counts") == "on"
    if counts and not access.holds(_by(request), session.site_id, Permission.DECIDE_COURSE):
        raise NotAllowed("Whether a session that was stopped early counts is a clinician's to say.")
    let_go_by = request.POST.get("let_go_by", "")
    attendance.stop_early(**step, by=_by(request), reason=reason, code=code, counts=counts, let_go_by=let_go_by)


def _cancel(request: HttpRequest, session: Any, step: dict[str, Any]) -> None:
    by_whom = request.POST.get("by", "")
    if by_whom not in (CancelledBy.PATIENT, CancelledBy.CLINIC):
        raise Malformed("Say who cancels: the patient or the clinic.")
    cancel_sessions(
        request=who(request),
        **step,
        reason=request.POST.get("reason", ""),
        by_whom=CancelledBy(by_whom),
        scope=_one_of(Scope, request.POST.get("scope") or Scope.ONE),
    )


def _one_of(choices: type[Choice], value: str) -> Choice:
    try:
        return choices(value)
    except ValueError as error:
        raise Malformed("There is no such choice. Reload the page.") from error


def _dose(request: HttpRequest) -> int | None:
    text = request.POST.get("dose_mg", "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= MOST_MG:
        raise Malformed("Enter the dose in milligrams, for example 84.")
    return int(text)


def _by(request: HttpRequest) -> Any:
    return request.user


_PLAIN: dict[str, Callable[..., None]] = {
    "arrive": attendance.arrive,
    "monitor": attendance.monitor,
    "no-show": attendance.mark_no_show,
    "undo": undoing.undo,
}
_ASKING: dict[str, Callable[[HttpRequest, Any, dict[str, Any]], None]] = {
    "start": _start,
    "complete": _complete,
    "not-treated": _turn_away,
    "stop-early": _stop_early,
    "cancel": _cancel,
}
TURNED_AWAY: dict[TurnedAway, str] = {
    TurnedAway.ATE: "Ate or drank too late",
    TurnedAway.NO_ESCORT: "Nobody to go home with",
    TurnedAway.BLOOD_PRESSURE: "Blood pressure too high",
    TurnedAway.ACUTE_RISK: "Acute risk",
    TurnedAway.DEVICE_DOWN: "Device down",
    TurnedAway.NO_IV_ACCESS: "No IV access",
    TurnedAway.TOO_LATE: "Came too late",
    TurnedAway.LEFT: "Left before treatment",
    TurnedAway.OTHER: "Something else",
}
STOPPED_EARLY: dict[StoppedEarly, str] = {
    StoppedEarly.PATIENT_ASKED: "The patient asked to stop",
    StoppedEarly.PAIN: "Pain",
    StoppedEarly.SEIZURE: "Seizure",
    StoppedEarly.REACTION: "A reaction",
    StoppedEarly.DEVICE_DOWN: "Device down",
    StoppedEarly.OTHER: "Something else",
}
