"""What a card shows before it is opened: the menu of what can be done, and a glance at the visit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk import show_menu, show_visit
from frontdesk.guard import needs
from frontdesk.noting import note_listed
from frontdesk.show_names import short_name
from frontdesk.views.panel import head_context, phone_of
from frontdesk.views.visits import user_of
from scheduling import access
from scheduling.queries import courses


@require_GET
@needs(Permission.VIEW_DAY)
def menu(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show what can be done about a visit: verbs alone, so that nobody's record is looked at."""
    session = access.session(user_of(request), session_id)
    if not request.headers.get("HX-Request"):
        return redirect("visit", session_id)
    held = access.permissions(user_of(request), session.site_id)
    lines = show_menu.groups(session, held=held, now=clock.now())
    return render(request, "frontdesk/visit/_menu.html", {"session": session, "groups": lines})


@require_GET
@needs(Permission.VIEW_DAY)
def peek(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show a little of a visit's panel beside its card; without names on the board, no number either."""
    now = clock.now()
    session = access.session(user_of(request), session_id)
    if not request.headers.get("HX-Request"):
        return redirect("visit", session_id)
    note_listed(request, session.site, [session.patient_id], "visit.peeked", now)
    patient, is_private = session.patient, user_of(request).is_private
    first = patient.preferred_name or patient.first_name
    sessions = courses.course_strip(session.course_id)
    context = head_context(session, now=now) | {
        "name": short_name(patient.last_name, first, is_private=is_private),
        "phone": "" if is_private else phone_of(patient),
        "dots": show_visit.dots(sessions, session.pk),
        "course_words": show_visit.course_words(session, sessions),
    }
    return render(request, "frontdesk/visit/_peek.html", context)
