"""I can't make it: another time, a call, or not this time; running late; and taken back."""

import datetime as dt
from collections.abc import Sequence
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
from scheduling.queries.other_times import OtherTime

CALL, NOT_COMING = "call", "not"
TOLD = ("back", "call", "late", "too_late")  # said once, right after
_DID = ("moved", "cancelled", *TOLD)
MINUTES = (5, 10, 15, 20, 30)


@page()
def change(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Offer other times for a visit, a call, or not to come; a POST does what was chosen."""
    if request.method == "POST" and (chosen := request.POST.get("to", "")):
        return _do(request, visitor, chosen)
    session = _session(request, visitor)
    if session is None:
        return go(visitor, changed="1")
    if other_times.is_too_late(session, now=visitor.now):
        return _too_late(request, visitor, session.pk)
    is_empty = request.method == "POST"
    context = _offered(session, visitor) | {"is_empty": is_empty}
    return show(request, visitor, "portal/change.html", context, WORDS, 422 if is_empty else 200)


@page()
def late(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask how late somebody will be, and tell the desk."""
    wanted = number(request, "visit")
    visit = next((each for each in pages_show.coming_of(visitor) if each.session_id == wanted), None)
    if visit is None or visit.starts_at - visitor.now > pages_show.LATE_AHEAD:
        return go(visitor, changed="1")
    minutes = number(request, "minutes")
    if request.method != "POST" or minutes not in MINUTES:
        minutes_said = [(each, WORDS[visitor.language]["minutes"].format(count=each)) for each in MINUTES]
        return show(request, visitor, "portal/late.html", {"minutes": minutes_said, "visit": visit}, WORDS)
    if number(request, "timing") != visit.timing_version:
        return go(visitor, changed="1")
    _tell(visitor, wanted, Told.LATE, f"Running {minutes} minutes late.", minutes)
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
    said = {"did": did} if did in _DID else {"changed": "1"} if "changed" in request.GET else {}
    context = {"on": visitor.url(**said)}
    return show(request, visitor, "portal/feel.html", context, WORDS)


def said(request: HttpRequest, visitor: Visitor) -> dict[str, Any]:
    """Return what the first page says of what was just done, and the patient's own step that can be taken back."""
    w, did = WORDS[visitor.language], request.GET.get("did", "")
    step = other_times.own_step(visitor.link.patient_id, now=visitor.now)
    told = w[f"did_{did}"] if did in TOLD else ""
    found: dict[str, Any] = {"did": told, "is_too_late": did == "too_late", "own": "", "step": step, "undo": w["undo"]}
    if step:
        day, minute = (step.day, step.minute) if step.is_cancelled else (step.now_on, step.now_at)
        key = "did_cancelled" if step.is_cancelled else "did_moved"
        found["own"] = w[key].format(**_when(day, minute, visitor))
    return found


def _session(request: HttpRequest, visitor: Visitor) -> Any:
    return other_times.visit_to_change(number(request, "visit"), patient_id=visitor.link.patient_id, now=visitor.now)


def _do(request: HttpRequest, visitor: Visitor, chosen: str) -> HttpResponse:
    """Do what was chosen; how somebody feels is told first, whatever becomes of the visit."""
    why, session_id = _why(request), number(request, "visit")
    is_told = why is Why.FEEL and _tell(visitor, session_id, Told.UNWELL, "I can't come because of how I feel.")
    if chosen == CALL:
        outcome, did = _asked_for_call(request, visitor, session_id, why), "call"
    else:
        outcome, did = _changed(visitor, session_id, number(request, "timing"), chosen, why)
    said = {Outcome.DONE: {"did": did}, Outcome.TOO_LATE: {"did": "too_late"}, Outcome.GONE: {"changed": "1"}}[outcome]
    if is_told:
        return go(visitor, "feel/", **said)
    return _too_late(request, visitor, session_id) if outcome is Outcome.TOO_LATE else go(visitor, **said)


def _asked_for_call(request: HttpRequest, visitor: Visitor, session_id: int, why: Why) -> Outcome:
    if _session(request, visitor) is None:
        return Outcome.GONE
    words_of = f"Please call me. {REASONS[why]}." if why else "Please call me."
    return Outcome.DONE if _tell(visitor, session_id, Told.ASKED, words_of) else Outcome.GONE


def _too_late(request: HttpRequest, visitor: Visitor, session_id: int) -> HttpResponse:
    return show(request, visitor, "portal/too_late.html", {"session_id": session_id}, WORDS)


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


def _tell(visitor: Visitor, session_id: int, outcome: Told, words_of: str, minutes: int | None = None) -> bool:
    return tapping.tell_desk(
        patient_id=visitor.link.patient_id,
        session_id=session_id,
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


def _in_order(found: Sequence[OtherTime]) -> list[OtherTime]:
    return sorted(found[: other_times.SHOWN], key=lambda each: (each.day, each.minute))


def _offered(session: Any, visitor: Visitor) -> dict[str, Any]:
    w = WORDS[visitor.language]
    times = [
        {
            "value": f"{each.day.isoformat()} {each.minute}",
            "take": w["take"].format(**_when(each.day, each.minute, visitor, is_short=True)),
            **_when(each.day, each.minute, visitor),
            "day": " ".join(words.long_day(each.day, visitor.language)),
        }
        for each in _in_order(other_times.other_times(session, now=visitor.now))
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
