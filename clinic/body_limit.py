"""Nothing here takes large bodies: refuse one before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse


class BodyLimit:
    """Answer 413 to a request whose body is announced to be larger than the limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdigit() or int(announced) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return self.get_response(request)
        body = {
            "code": "too_large",
            "message": "The body is larger than 1 MB. Send less.",
            "fields": {},
            "alternatives": [],
        }
        return JsonResponse(body, status=413)
