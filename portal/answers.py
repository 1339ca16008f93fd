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
    mine = show.week_of(show.coming_of(visitor), visitor)
    if not mine or {f"{each.session_id}.{each.timing_version}" for each in mine} != set(request.POST.getlist("of")):
        return go(visitor, changed="1")
    said = [_confirm(visitor, each.session_id, each.timing_version) for each in mine]
    return go(visitor, **({} if all(said) else {"changed": "1"}))


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
