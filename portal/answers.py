"""I'll be there, taken back, and the whole week at once; said again, nothing changes."""

from django.http import HttpRequest, HttpResponse

from portal import show
from portal.pages import Visitor, go, number, page
from scheduling.actions import answers


@page()
def answer(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Note that the patient comes, or take that back."""
    if request.method == "POST" and not _say(request, visitor):
        return go(visitor, changed="1")
    return go(visitor)


@page()
def week(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Note that the patient comes to every visit of the week of the next one."""
    if request.method != "POST":
        return go(visitor)
    shown = {(int(pk), int(timing)) for pk, _dot, timing in (each.partition(".") for each in _pairs(request))}
    mine = {(each.session_id, each.timing_version) for each in show.week_of(show.coming_of(visitor), visitor)}
    if not mine or mine != shown:
        return go(visitor, changed="1")
    said = [_confirm(visitor, session_id, timing) for session_id, timing in sorted(mine)]
    return go(visitor, **({} if all(said) else {"changed": "1"}))


def _pairs(request: HttpRequest) -> list[str]:
    given = request.POST.getlist("of")
    return [each for each in given if each.replace(".", "", 1).isdecimal() and each.isascii() and "." in each]


def _say(request: HttpRequest, visitor: Visitor) -> bool:
    return answers.answer_on_page(
        patient_id=visitor.link.patient_id,
        session_id=number(request, "visit"),
        timing_version=number(request, "timing"),
        is_coming=request.POST.get("answer") == "yes",
        now=visitor.now,
        agent=visitor.agent,
    )


def _confirm(visitor: Visitor, session_id: int, timing: int) -> bool:
    return answers.answer_on_page(
        patient_id=visitor.link.patient_id,
        session_id=session_id,
        timing_version=timing,
        is_coming=True,
        now=visitor.now,
        agent=visitor.agent,
    )
