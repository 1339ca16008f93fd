"""What a toast says about the text that is held: send it now, or do not send it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk import toasts
from frontdesk.guard import needs, who
from frontdesk.sent_back import back
from frontdesk.toasts import Toast
from notifications.actions import holding
from notifications.wake import wake_sender
from scheduling import access


@require_POST
@needs(Permission.BOOK_COURSE)
def send(request: HttpRequest, course_id: int) -> HttpResponse:
    """Send what is held as soon as the site may write."""
    answer = _answered(request, course_id, holding.send_now, "The text goes out now.")
    wake_sender()
    return answer


@require_POST
@needs(Permission.BOOK_COURSE)
def drop(request: HttpRequest, course_id: int) -> HttpResponse:
    """Send nothing of what is held."""
    return _answered(request, course_id, holding.dont_send, "Nobody is texted. Tell them yourself.")


def _answered(request: HttpRequest, course_id: int, act: Callable[..., Any], said: str) -> HttpResponse:
    user: Any = request.user
    course = access.course(user, course_id, Permission.BOOK_COURSE)
    act(request=who(request), course_id=course.pk, now=clock.now())
    mine = toasts.latest(request)
    # The deed itself can still be taken back.
    toast = Toast(said, mine.undo if mine else None, is_again=True)
    if request.headers.get("HX-Request"):
        return render(request, "frontdesk/parts/_toast_oob.html", {"toast": toast})
    toasts.leave(request, toast)
    return redirect(back(request))
