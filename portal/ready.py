"""Get ready: the steps before the next visit, ticked and unticked by a tap, and good on paper."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal import show, show_ready
from portal.pages import Visitor, go, number, page
from portal.pages import show as shown
from portal.words.ready import WORDS
from scheduling.actions import prep as actions
from scheduling.queries import prep


@page(level=2)
def ready(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the steps before the next visit, and tick one or take that back."""
    if request.method == "POST":
        return _ticked(request, visitor)
    visit = next(iter(show.coming_of(visitor)), None)
    found = prep.prep_of(visit.session_id) if visit else None
    context = {"next": show.as_read(visit, visitor), **show_ready.steps_of(visitor, found)} if visit and found else {}
    return shown(request, visitor, "portal/ready.html", context, WORDS)


def _ticked(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Do what the box says and go back to it."""
    step = request.POST.get("step", "")
    is_said = actions.tick_step(
        request=visitor.request,
        patient_id=visitor.link.patient_id,
        session_id=number(request, "visit"),
        step=step,
        is_done=request.POST.get("do") == "tick",
        now=visitor.now,
        agent=visitor.agent,
    )
    if not is_said:
        return go(visitor, "ready/", changed="1")
    return HttpResponseRedirect(f"{visitor.url('ready/')}#{step}", status=303)
