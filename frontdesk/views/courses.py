"""A course with its sessions and its history."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Rejected
from frontdesk.guard import needs, who
from frontdesk.show_people import course_page
from notifications.wake import wake_sender
from patients import actions as patient_actions
from scheduling import access
from scheduling.actions import holds


@require_GET
@needs(Permission.VIEW_COURSE)
def course(request: HttpRequest, course_id: int) -> HttpResponse:
    """Show one course."""
    now = clock.now()
    found = access.course(request.user, course_id)  # type: ignore[arg-type]
    patient_actions.record_access(
        request=who(request), site=found.site, patient_ids=[found.patient_id], action="course.opened", now=now
    )
    may_read = found.site_id in clinic_access.site_ids(request.user, Permission.VIEW_MESSAGES)  # type: ignore[arg-type]
    return render(
        request,
        "frontdesk/courses/course.html",
        course_page(found, now=now, with_messages=may_read) | {"page": "patients"},
    )


@require_POST
@needs(Permission.BOOK_COURSE)
def confirm(request: HttpRequest, course_id: int) -> HttpResponse:
    """Book the times a course holds."""
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    try:
        holds.confirm_hold(request=who(request), course_id=found.pk, now=clock.now())
        wake_sender()
        messages.success(request, "Booked.")
    except Rejected as refusal:
        messages.error(request, refusal.message)
    return redirect("course", found.pk)


@require_POST
@needs(Permission.BOOK_COURSE)
def release(request: HttpRequest, course_id: int) -> HttpResponse:
    """Give the held times of a course back."""
    found = access.course(request.user, course_id, Permission.BOOK_COURSE)  # type: ignore[arg-type]
    try:
        holds.release_hold(request=who(request), course_id=found.pk, reason="", now=clock.now())
        messages.success(request, "Released. The times are free again.")
    except Rejected as refusal:
        messages.error(request, refusal.message)
    return redirect("course", found.pk)
