"""One way back for everything: the deed a toast names, or this person's latest one on any page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Conflict, Malformed
from frontdesk import toasts
from frontdesk.guard import needs
from frontdesk.sent_back import back
from frontdesk.toasts import Toast, Undo
from frontdesk.undoables import BY_KEY, COURSE_OF, FOCUS, UNDOABLES


@require_POST
@needs(Permission.VIEW_DAY)
def undo(request: HttpRequest) -> HttpResponse:
    """Take one deed back, and stay where one is."""
    now = clock.now()
    wanted = _wanted(request)
    mine = toasts.latest(request)
    if mine and mine.undo == wanted and now - mine.at > toasts.KEPT:
        raise Conflict("That was more than 3 minutes ago. Change it by hand, or put it back from its history.")
    said = UNDOABLES[wanted.kind](request, wanted.id, wanted.version, now)
    if mine and mine.undo == wanted:
        toasts.forget(request)
    focus = FOCUS.get(wanted.kind, "").format(id=wanted.id)
    toast = Toast(said, course_id=_course(request, wanted), focus=focus)
    if not request.headers.get("HX-Request"):
        toasts.leave(request, toast)
        return redirect(back(request))
    if not request.headers.get("X-Live"):
        toasts.leave(request, toast)
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    response = render(request, "frontdesk/parts/_toast_oob.html", {"toast": toast})
    response["HX-Trigger"] = "changed"
    return response


def _wanted(request: HttpRequest) -> Undo:
    kind, key, version = (request.POST.get(name, "") for name in ("kind", "id", "version"))
    is_known = kind in UNDOABLES and version.isdecimal() and (key.isdecimal() or (kind in BY_KEY and key != ""))
    if not is_known:
        raise Malformed("There is nothing to undo by that name. Reload the page.")
    return Undo(kind, int(key) if key.isdecimal() else key, int(version))


def _course(request: HttpRequest, undone: Undo) -> int | None:
    """Return the course whose patient may have to hear of it."""
    find = COURSE_OF.get(undone.kind)
    return find(request, undone.id) if find else None
