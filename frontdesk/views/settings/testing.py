"""The test text: one message to the manager's own phone, and the gateway's answer beside it."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.domain.permissions import Permission
from clinic.errors import Malformed
from clinic.models import Site
from frontdesk import show_testing
from frontdesk.guard import needs, who
from frontdesk.settings_pages import page, site_of, tried
from frontdesk.show_settings import Field
from notifications.actions.testing import MOST, Tested, in_the_way, send_test
from notifications.domain import texts


@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_SITE)
def test_text(request: HttpRequest) -> HttpResponse:
    """Show the text, and send it; no redirect follows: the number is kept nowhere, and a key sends but once."""
    site = site_of(request)
    if request.method != "POST":
        return _shown(request, site, {})
    key = request.POST.get("key", "")
    if not 1 <= len(key) <= 255:
        raise Malformed("This page is out of date. Reload it.")
    came: list[Tested] = []

    def send() -> None:
        asked = who(request, key=key, route="test-text")
        came.append(send_test(request=asked, site=site, to=request.POST.get("number", ""), now=clock.now()))

    if refusal := tried(send):
        faults = {"refusal": refusal, "error": refusal.fields.get("number", "")}
        return _shown(request, site, faults, status=refusal.status)
    return _shown(request, site, {"came": show_testing.told(came[0])})


def _shown(request: HttpRequest, site: Site, more: dict[str, object], *, status: int = 200) -> HttpResponse:
    standing = in_the_way()
    field = Field(
        name="number",
        label="Your mobile number",
        value=request.POST.get("number", ""),
        error=str(more.get("error", "")),
        hint=f"Kept nowhere. At most {MOST} tests an hour.",
        kind="tel",
        longest=30,
        complete="tel",
    )
    context = {
        "text": texts.trial_text(site.message_name),
        "standing": show_testing.STANDING[standing] if standing and "came" not in more else None,
        "came": None,
        "fields": [field],
        "key": uuid.uuid4(),
        "version_now": "",
        "can_send": standing is None,
    }
    return page(request, site, "test", context | more, status=status)
