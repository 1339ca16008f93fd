"""I can't make it: another time, a call, or not this time; running late; and taken back."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse

from notifications.actions import tapping
from notifications.domain.inbound import Outcome as Told
from portal import show as pages_show
from portal import words
from portal.pages import Visitor, go, number, page, show
from portal.words.change import WORDS
from scheduling.actions import own_changes
from scheduling.actions.own_changes import REASONS, Outcome, Why
from scheduling.queries import other_times

CALL, NOT_COMING = "call", "not"
_DID = ("moved", "cancelled", "call")
MINUTES = (5, 10, 15, 20, 30)


@page()
def change(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Offer other times for a visit, a call, or not to come; a POST does what was chosen."""
    session = _session(request, visitor)
    if session is None:
        return go(visitor, changed="1")
    if request.method == "POST" and (chosen := request.POST.get("to", "")):
        return _do(request, visitor, chosen)
    if other_times.is_too_late(session, now=visitor.now):
        return _too_late(request, visitor)
    is_empty = request.method == "POST"
    context = _offered(session, visitor) | {"is_empty": is_empty}
    return show(request, visitor, "portal/change.html", context, WORDS, 422 if is_empty else 200)


@page()
def late(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask how late somebody will be, and tell the desk."""
    session = _session(request, visitor)
    if session is None or session.starts_at - visitor.now > pages_show.LATE_AHEAD:
        return go(visitor, changed="1")
    minutes = number(request, "minutes")
    if request.method != "POST" or minutes not in MINUTES:
        minutes_said = [(each, WORDS[visitor.language]["minutes"].format(count=each)) for each in MINUTES]
        context = {"minutes": minutes_said, "session": session}
        return show(request, visitor, "portal/late.html", context, WORDS)
    _tell(visitor, session.pk, number(request, "timing"), Told.LATE, f"Running {minutes} minutes late.", minutes)
    return go(visitor, did="late")


@page()
def back(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Take back what the patient did last."""
    if request.method != "POST":
        return go(visitor)
    done = own_changes.take_back_own(
        request=visitor.request,
        patient_id=visitor.link.patient_id,
        session_id=number(request, "visit"),
        version=number(request, "version"),
        now=visitor.now,
    )
    return go(visitor, **({"did": "back"} if done else {"changed": "1"}))


@page()
def feel(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show whom to call now, and go on."""
    did = request.GET.get("did", "")
    context = {"on": visitor.url(**({"did": did} if did in _DID else {}))}
    return show(request, visitor, "portal/feel.html", context, WORDS)


def said(request: HttpRequest, visitor: Visitor) -> dict[str, Any]:
    """Return what the first page says of what was just done, and the patient's own step that can be taken back."""
    w, did = WORDS[visitor.language], request.GET.get("did", "")
    step = other_times.own_step(visitor.link.patient_id, now=visitor.now)
    if step is None:
        return {"did": w[f"did_{did}"] if did in ("back", "call", "late") else "", "step": None, "undo": w["undo"]}
    day, minute = (step.day, step.minute) if step.is_cancelled else (step.now_on, step.now_at)
    key = "did_cancelled" if step.is_cancelled else "did_moved"
    return {"did": w[key].format(**_when(day, minute, visitor)), "step": step, "undo": w["undo"]}


def _session(request: HttpRequest, visitor: Visitor) -> Any:
    return other_times.visit_to_change(number(request, "visit"), patient_id=visitor.link.patient_id, now=visitor.now)


def _do(request: HttpRequest, visitor: Visitor, chosen: str) -> HttpResponse:
    why, session_id, timing = _why(request), number(request, "visit"), number(request, "timing")
    if chosen == CALL:
        words_of = f"Please call me. {REASONS[why]}." if why else "Please call me."
        _tell(visitor, session_id, timing, Told.ASKED, words_of)
        outcome, did = Outcome.DONE, "call"
    else:
        outcome, did = _changed(visitor, session_id, timing, chosen, why)
    if outcome is Outcome.TOO_LATE:
        return _too_late(request, visitor)
    if why is Why.FEEL:
        _tell(visitor, session_id, timing, Told.UNWELL, "I can't come because of how I feel.")
        return go(visitor, "feel/", **({"did": did} if outcome is Outcome.DONE else {"changed": "1"}))
    return go(visitor, **({"did": did} if outcome is Outcome.DONE else {"changed": "1"}))


def _too_late(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return show(request, visitor, "portal/too_late.html", {}, WORDS)


def _changed(visitor: Visitor, session_id: int, timing: int, chosen: str, why: Why) -> tuple[Outcome, str]:
    asked: dict[str, Any] = {
        "request": visitor.request,
        "patient_id": visitor.link.patient_id,
        "session_id": session_id,
        "timing_version": timing,
        "why": why,
        "now": visitor.now,
    }
    if chosen == NOT_COMING:
        return own_changes.cancel_own(**asked), "cancelled"
    place = _place(chosen)
    return (own_changes.move_own(to=place, **asked), "moved") if place else (Outcome.GONE, "")


def _tell(
    visitor: Visitor, session_id: int, timing: int, outcome: Told, words_of: str, minutes: int | None = None
) -> None:
    tapping.tell_desk(
        patient_id=visitor.link.patient_id,
        session_id=session_id,
        timing_version=timing,
        outcome=outcome,
        words=words_of,
        minutes=minutes,
        now=visitor.now,
    )


def _why(request: HttpRequest) -> Why:
    given = request.POST.get("why", "")
    return Why(given) if given in list(Why) else Why.NONE


def _place(chosen: str) -> tuple[dt.date, int] | None:
    day, _space, minute = chosen.partition(" ")
    try:
        return dt.date.fromisoformat(day), int(minute)
    except ValueError:
        return None


def _offered(session: Any, visitor: Visitor) -> dict[str, Any]:
    w = WORDS[visitor.language]
    times = [
        {
            "value": f"{each.day.isoformat()} {each.minute}",
            "take": w["take"].format(**_when(each.day, each.minute, visitor, is_short=True)),
            **_when(each.day, each.minute, visitor),
            "day": " ".join(words.long_day(each.day, visitor.language)),
        }
        for each in other_times.other_times(session, now=visitor.now)
    ]
    return {
        "session": session,
        "times": times,
        "instead": w["instead"].format(**_when(session.day, session.minute, visitor)),
        "reasons": [(why.value, w[why.value]) for why in Why if why],
    }


def _when(day: dt.date, minute: int, visitor: Visitor, *, is_short: bool = False) -> dict[str, str]:
    language = visitor.language
    said_day = words.weekday(day, language) if is_short else words.in_sentence(day, language)
    return {"day": said_day, "time": words.clock(minute, language, visitor.site.region)}
