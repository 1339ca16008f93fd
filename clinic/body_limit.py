"""Nothing here takes large bodies, a list of patients aside: refuse one before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

LARGER = {"/settings/import/": 8_388_608}


class BodyLimit:
    """Answer 413 to a request whose body is announced to be larger than the limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        most = LARGER.get(request.path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if not announced.isdigit() or int(announced) <= most:
            return self.get_response(request)
        if request.path in LARGER:
            words = f"The file is larger than {most // 1_048_576} MB. Go back, split it and import each part."
            return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")
        body = {
            "code": "too_large",
            "message": "The body is larger than 1 MB. Send less.",
            "fields": {},
            "alternatives": [],
        }
        return JsonResponse(body, status=413)
