"""What providers call: the signature first, then one row, then the answer. Work is done later, by the worker."""

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clinic import clock
from notifications.actions import events, inbound
from notifications.domain import twilio
from notifications.wake import wake_listener

LARGEST_BODY = 64 * 1024
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """Keep what became of a message; forged or unsigned calls are answered 403 and leave nothing."""
    fields = signed_fields(request)
    if fields is None:
        return HttpResponse(status=403)
    events.store_status(provider="twilio", message_id=message_id, fields=fields, now=clock.now())
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """Keep what somebody wrote and answer at once with nothing to say; the worker answers in its own time.

    STOP counts before the answer leaves. Forged or unsigned calls are answered 403 and leave nothing.
    """
    fields = signed_fields(request)
    if fields is None:
        return HttpResponse(status=403)
    try:
        is_new = inbound.store_inbound(provider="twilio", fields=fields, now=clock.now())
    except inbound.NoId:
        return HttpResponse(status=400)
    if is_new:
        wake_listener()
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml; charset=utf-8")


def signed_fields(request: HttpRequest) -> dict[str, str] | None:
    """Return the fields of a call signed by Twilio, or None. The old token counts while the two are exchanged.

    The signature is over the address Twilio was given: ours as the world knows it, whatever a proxy made of it.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return None
    fields = {name: values[0] for name, values in request.POST.lists() if len(values) == 1}
    if len(fields) != len(request.POST):
        return None
    url = f"{settings.BASE_URL.rstrip('/')}{request.get_full_path()}"
    tokens = [settings.SMS.get("token", ""), settings.SMS.get("old_token", "")]
    given = request.headers.get("X-Twilio-Signature", "")
    return fields if twilio.is_signed(url, fields, given, tokens) else None
