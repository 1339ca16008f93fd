"""What was said, and what would be."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic import clock
from clinic.domain.permissions import Permission
from frontdesk.guard import needs, who
from frontdesk.site import current_site
from notifications import queries
from patients import actions as patient_actions
from scheduling.domain import local_time


@require_GET
@needs(Permission.VIEW_MESSAGES)
def outbox(request: HttpRequest) -> HttpResponse:
    """Show the messages of a site, newest first."""
    now = clock.now()
    site = current_site(request, Permission.VIEW_MESSAGES)
    lines = queries.outbox(site_ids=[site.pk])
    seen = {line.patient_id for line in lines if line.patient_id}
    patient_actions.record_access(
        request=who(request), site=site, patient_ids=sorted(seen), action="message.listed", now=now
    )
    rows = []
    for line in lines:
        day, minute = local_time.wall(line.due_at, line.zone)
        rows.append((line, f"{local_time.day_text(day)}, {local_time.clock_text(minute)}", *_LOOKS[line.state.value]))
    context = {"site": site, "rows": rows, "sending": settings.SEND_MESSAGES, "page": "messages"}
    return render(request, "frontdesk/messages/outbox.html", context)


_LOOKS = {
    "pending": ("Waiting", "clock", "is-booked"),
    "claimed": ("Sending", "clock", "is-confirmed"),
    "sending": ("Sending", "clock", "is-confirmed"),
    "accepted": ("Sent", "done", "is-done"),
    "sent": ("Sent", "done", "is-done"),
    "delivered": ("Delivered", "done", "is-done"),
    "undelivered": ("Did not arrive", "noshow", "is-noshow"),
    "failed": ("Did not arrive", "noshow", "is-noshow"),
    "abandoned": ("Nobody knows if it arrived", "late", "is-late"),
    "shown": ("Would be sent", "info-circle", "is-booked"),
    "unknown": ("Not sure it arrived", "late", "is-late"),
    "dead": ("Not sent", "noshow", "is-noshow"),
    "unreachable": ("No way to reach", "late", "is-late"),
    "skipped_stale": ("Too late to send", "cancelled", "is-cancelled"),
    "skipped_merged": ("Said in another message", "cancelled", "is-cancelled"),
    "skipped_list": ("Not on the list to send to", "cancelled", "is-cancelled"),
    "skipped_changed": ("Not needed any more", "cancelled", "is-cancelled"),
    "suppressed": ("Held back", "cancelled", "is-cancelled"),
}
