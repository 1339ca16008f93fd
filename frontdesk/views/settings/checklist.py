"""The checklist: how far a site is, from an empty installation to the first booking."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from clinic import staff_queries
from clinic.domain.permissions import Permission
from frontdesk import show_settings
from frontdesk.guard import needs
from frontdesk.settings_pages import page, site_of
from notifications import site_texts
from notifications.actions import arming
from scheduling.queries import setup

OFF = "Messages are off. Nothing will be sent until you finish step 6."
DISARMED = "The sender is not armed, as after a restore: nothing is sent. Run manage.py arm_sender."


@require_GET
@needs(Permission.MANAGE_SITE)
def checklist(request: HttpRequest) -> HttpResponse:
    """Show every step with its state; each can be done again."""
    site = site_of(request)
    faults = sum(bool(text.faults) for text in site_texts.texts_of(site))
    steps = show_settings.steps(
        setup.state_of(site=site),
        slug=site.slug,
        people=len(staff_queries.staff_of(site=site)),
        text_faults=faults,
        sending=_sending(),
    )
    done = sum(step.state != "open" for step in steps)
    context = {"steps": steps, "done": done, "is_off": not settings.SEND_MESSAGES}
    return page(request, site, "checklist", context)


def _sending() -> str:
    if not settings.SEND_MESSAGES:
        return "Off on this server: what would be sent waits in Messages. SEND_MESSAGES=true turns it on."
    return "" if arming.looks_armed() else DISARMED
