"""A course with its sessions and its history."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic import access as clinic_access
from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk.guard import needs, who
from frontdesk.show_people import course_page
from patients import actions as patient_actions
from scheduling import access


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
