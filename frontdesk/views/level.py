"""A proposal made by night: whose visits would move so that first visits fit, accepted whole or dismissed."""

import datetime as dt
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk import toasts
from frontdesk.guard import needs, version_in, who
from frontdesk.toasts import Toast
from notifications import queries as messages
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import levelling
from scheduling.domain import local_time
from scheduling.domain.local_time import clock_text, day_text
from scheduling.plan_token import unpacked
from scheduling.queries.cards import people_of


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def proposal(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Show a proposal, or decide it."""
    user: Any = request.user
    row = access.level_proposal(user, proposal_id, Permission.MANAGE_SITE)
    now = clock.now()
    if request.method == "POST":
        return _decide(request, row, now)
    names = people_of([move["session"] for move in row.moves])
    seen = sorted({patient_id for patient_id, _last, _first in names.values()})
    if seen:
        patient_actions.record_access(
            request=who(request), site=row.site, patient_ids=seen, action="level.opened", now=now
        )
    context = {
        "proposal": row,
        "text": row.gain["text"],
        "moves": [(*names.get(move["session"], (0, "", ""))[1:], *_times(move)) for move in row.moves],
        "page": "attention",
    }
    return render(request, "frontdesk/attention/proposal.html", context)


def _times(move: dict[str, Any]) -> tuple[str, str]:
    was, to = move["from"], unpacked(move["to"])
    day = day_text(dt.date.fromisoformat(was["day"]))
    return f"{day}, {clock_text(was['minute'])}, {was['name']}", clock_text(to.minute)


def _decide(request: HttpRequest, row: Any, now: dt.datetime) -> HttpResponse:
    asked = {"request": who(request), "proposal_id": row.pk, "version": version_in(request), "now": now}
    if request.POST.get("decision") == "accept":
        levelling.accept(told=partial(messages.told_of, today=local_time.today(now, row.site.zone)), **asked)
        wake_sender()
        toasts.leave(request, Toast("Moved. Nobody had been told of the old times."))
    else:
        levelling.dismiss(reason=request.POST.get("reason", ""), **asked)
        toasts.leave(request, Toast("Dismissed. Nobody moves."))
    return redirect("attention")
